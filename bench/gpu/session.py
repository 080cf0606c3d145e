"""Runs steps in processes of their own, and writes the record after every row.

A step that fails, crashes or is not done in time leaves its rows and its error in the record, and
the next one runs. Nothing here imports jax, so this process holds no memory of the device.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from bench.gpu.plan import Step
from bench.harness.processes import module_command
from bench.harness.records import write_record

Command: TypeAlias = Callable[[str, float], list[str]]
"""The command of a step, from its name and the seconds that it has."""


class Session(NamedTuple):
    """Where the record goes, and the time for all steps."""

    record: dict[str, Any]
    out: Path
    began: float
    """Of the monotonic clock."""
    seconds: float
    environment: Mapping[str, str]
    command: Command

    def run(self, steps: Mapping[str, Step], missing: Sequence[str]) -> None:
        """Run all steps in order.

        Args:
          steps: by name.
          missing: packages that are not installed.
        """
        total, share = sum(step.share for step in steps.values()), 0.0
        for name, step in steps.items():
            share += step.share
            needed = [package for package in missing if package in step.needs]
            if needed:
                self._report(name, {"rows": [], "left_out": f"needs {', '.join(needed)}"})
                continue
            left = self.began + self.seconds * share / total - time.monotonic()
            self._run_step(name, left)
        self.record["took_seconds"] = round(time.monotonic() - self.began, 1)
        write_record(self.out, self.record)

    def _run_step(self, name: str, left: float) -> None:
        case: dict[str, Any] = {"rows": [], "unfinished": True}
        self._report(name, case)
        if left <= 0:
            del case["unfinished"]
            self._report(name, {"rows": [], "left_out": "no time was left"})
            return
        started = time.monotonic()
        error = self._collect(case, self.command(name, left), left)
        if error and "error" not in case:
            case["error"] = error
        del case["unfinished"]
        case["took_seconds"] = round(time.monotonic() - started, 1)
        self._report(name, case)

    def _collect(self, case: dict[str, Any], command: list[str], left: float) -> str:
        """Run a step's process and add its lines to the record.

        Returns: why the process did not end by itself, or empty.
        """
        late = threading.Event()
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=self.environment, start_new_session=True,
        ) as process:  # fmt: skip

            def stop() -> None:
                late.set()
                _kill(process)

            timer = threading.Timer(left, stop)
            timer.start()
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    # The last line of a killed process may be cut off.
                    with contextlib.suppress(json.JSONDecodeError):
                        self._add(case, json.loads(line))
                status = process.wait()
            finally:
                timer.cancel()
                _kill(process)
        if late.is_set():
            return f"stopped after {left:.0f} seconds"
        return f"the process ended with status {status}" if status else ""

    def _add(self, case: dict[str, Any], line: dict[str, Any]) -> None:
        if "row" in line:
            case["rows"].append(line["row"])
        else:
            case |= line
        write_record(self.out, self.record)

    def _report(self, name: str, case: dict[str, Any]) -> None:
        self.record["cases"][name] = case
        write_record(self.out, self.record)
        seconds = time.monotonic() - self.began
        state = "running" if "unfinished" in case else summary(case)
        print(f"{seconds:5.0f} s  {name}: {state}", file=sys.stderr, flush=True)


def worker_command(options: dict[str, Any]) -> Command:
    """The commands of the real steps.

    Args:
      options: of every step, see `worker`.
    """

    def command(name: str, seconds: float) -> list[str]:
        text = json.dumps({**options, "seconds": seconds})
        return module_command("bench.gpu.worker", name, text)

    return command


def summary(case: Mapping[str, Any]) -> str:
    """A step's record in a few words."""
    bad = sum("error" in row for row in case["rows"])
    words = [f"{len(case['rows'])} rows", f"{bad} failed" if bad else ""]
    words += [str(case.get(key, "")) for key in ("left_out", "error")]
    return ", ".join(filter(None, words))


def slug(device: str) -> str:
    """The name of a device as that of a file, such as nvidia-h100."""
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")


def _kill(process: subprocess.Popen[str]) -> None:
    """End a step and the processes that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
