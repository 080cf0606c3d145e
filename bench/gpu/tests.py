"""Step 2: the tests that are marked gpu."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.gpu.plan import Emit
from bench.harness.context import Context
from bench.harness.processes import ROOT

OPTIONS = ("-m", "gpu", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib")
FULL_OPTIMIZATION = (
    "--xla_backend_optimization_level=3 --xla_llvm_disable_expensive_passes=false"  # as by default
)


def run(context: Context, emit: Emit) -> None:
    """Run the tests; a row has the outcome of one test."""
    # The tests lower this for CPUs. Of two flags of one name, XLA takes the last.
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FULL_OPTIMIZATION}"
    files = [str(path) for path in marked(ROOT / "tests")]
    if not files:
        raise RuntimeError("no test is marked gpu")
    # Warnings of another version of jax are no errors here.
    status = pytest.main(
        [*OPTIONS, "-o", "filterwarnings=default", f"--rootdir={ROOT}", *files], [Reporter(emit)]
    )
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {pytest.ExitCode(status).name}")


def marked(folder: Path) -> list[Path]:
    """The files with such tests; others may import packages that are not installed."""
    return [path for path in sorted(folder.rglob("test_*.py")) if MARK in path.read_text()]


MARK = "pytest." + "mark.gpu"  # not found in this file itself


class Reporter:
    """A plugin of pytest that emits a row for each test."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Emit the outcome of a test, or of its set-up if it did not run."""
        if report.when != "call" and report.passed:
            return
        row = {"test": report.nodeid, "outcome": report.outcome, "seconds": report.duration}
        if report.failed:
            row["error"] = str(report.longrepr).splitlines()[-1]
            print(report.longrepr, file=sys.stderr)
        self.emit(row)

    def pytest_collectreport(self, report: Any) -> None:
        """Emit what keeps a file from being read."""
        if report.failed:
            error = str(report.longrepr).splitlines()[-1]
            self.emit({"test": report.nodeid, "outcome": "error", "error": error})
