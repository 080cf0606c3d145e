"""The benchmark of the app: ten minutes on a quiet machine.

    python -m bench.app run --out bench/results/app-cpu.json
    python -m bench.app run --parts preview,zoom --out record.json
    python -m bench.app run --parts "" --soak 200 --out record.json

The part `page` needs Playwright and Chromium. The soak, by `scripts/soak_app.py`, takes ten minutes
more.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.app.page import page
from bench.app.parts import PARTS
from bench.app.server import running
from bench.harness.processes import ROOT, module_environment
from bench.harness.rows import write_row

CASE, SOAK = "app", "app_soak"
"""Cases of the record."""
ALL = {"page": page, **PARTS}
RUNS = 4
"""Counted runs of each part."""


def main() -> int:
    options = _parser().parse_args()
    for name in options.parts:
        with running() as app:
            row = ALL[name](app, options.runs)
        write_row(options.out, CASE, row)
        for title, seconds in row["seconds"].items():
            print(f"{name}: {title}: {seconds['median']:.2f} s", flush=True)
    if options.soak:
        write_row(options.out, SOAK, _soak(options.soak))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.app", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    run = parser.add_subparsers(required=True).add_parser("run", help="measure")
    run.add_argument("--out", type=Path, required=True, help="JSON file; other rows of it stay")
    run.add_argument("--parts", type=_parts, default=[*ALL], help="names with commas between")
    run.add_argument("--runs", type=int, default=RUNS, help="counted runs of each part")
    run.add_argument("--soak", type=int, default=0, metavar="JOBS", help="also a soak of so many")
    return parser


def _parts(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in ALL:
            raise argparse.ArgumentTypeError(f"{name} is not one of {', '.join(ALL)}")
    return names


def _soak(jobs: int) -> dict[str, Any]:
    """The record of a soak."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "soak.json"
        command = [sys.executable, ROOT / "scripts" / "soak_app.py", "--jobs", jobs, "--json", path]
        subprocess.run([*map(str, command)], env=module_environment(), check=False)
        return {"row": "soak", **json.loads(path.read_text("utf-8"))}


if __name__ == "__main__":
    sys.exit(main())
