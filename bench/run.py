"""Every benchmark of jphoto, one file a case under `cases/`, into one JSON file.

    python bench/run.py --mode short
    python bench/run.py --mode full --out bench/results/cpu.json

On a GPU it needs nothing else. Without PyTorch there is no rival, and jphoto is timed alone.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cases import batch, ceilings, features, laplacian, memory, objective, solve, steps
from context import Context
from machine import cores, describe
from torch_rival.client import Rival

Run: TypeAlias = Callable[[Context], dict[str, Any]]


class Case(NamedTuple):
    """One file of `cases/`."""

    run: Run
    share: float
    """Of the time that there is; what a case leaves goes to those after it."""


# The evaluation is compiled once in a process: the case that reports how long that takes is the
# first to need it.
CASES = {
    "laplacian": Case(laplacian.run, 0.1),
    "objective": Case(objective.run, 0.4),
    "ceilings": Case(ceilings.run, 0.1),
    "features": Case(features.run, 0.1),
    "solve": Case(solve.run, 0.15),
    "steps": Case(steps.run, 0.05),
    "memory": Case(memory.run, 0.1),
    "batch": Case(batch.run, 0.1),
}
LIMITS = {"short": 80.0, "full": 420.0}
"""Seconds, after which no case begins; near the end of its share a case begins no further row. The
last one begun has until 2 and 8 minutes."""
LIMIT_ON_PROCESSOR = 3600.0
"""Of the full mode, without an accelerator."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=LIMITS, default="short")
    parser.add_argument("--cases", default=",".join(CASES), help="of these, with commas between")
    parser.add_argument("--seconds", type=float, help="limit, in place of the mode's own")
    parser.add_argument("--alone", action="store_true", help="without PyTorch, even if it is there")
    parser.add_argument("--size", type=int, help="in place of all sizes, for trying things out")
    parser.add_argument("--out", type=Path, help="JSON file; without it, to the terminal")
    options = parser.parse_args()
    names = options.cases.split(",")
    if unknown := sorted(set(names) - set(CASES)):
        parser.error(f"no such case: {', '.join(unknown)}")
    pin()
    record: dict[str, Any] = {"mode": options.mode, "machine": describe(), "cases": {}}
    with tempfile.TemporaryDirectory() as folder:
        rivals = not options.alone and Rival.available()
        context = Context(options.mode, Path(folder), size=options.size, rivals=rivals)
        patient = options.mode == "full" and not context.accelerated
        limit = options.seconds or (LIMIT_ON_PROCESSOR if patient else LIMITS[options.mode])
        for name, found in measured({name: CASES[name] for name in names}, context, limit):
            record["cases"][name] = found
            if options.out is not None:
                options.out.write_text(written(record))
    if options.out is None:
        print(written(record), end="")
    return int(any(failed(found) for found in record["cases"].values()))


def pin() -> None:
    """As many threads on either side as processors; room for both on one accelerator."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(cores())
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"


def measured(
    cases: Mapping[str, Case], context: Context, limit: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Measure case by case.

    Args:
      cases: by name, in order.
      context: whose deadline each case gets in its own time.
      limit: seconds for all.

    Returns: the record of each as it is done; of one that fails, its error.
    """
    began = time.monotonic()
    total, share = sum(case.share for case in cases.values()), 0.0
    for name, case in cases.items():
        print(f"{name}, at {time.monotonic() - began:.0f} s", file=sys.stderr)
        share += case.share
        started = time.monotonic()
        if started > began + limit:
            yield name, {"rows": [], "left_out": "all"}
            continue
        try:
            found = case.run(context.until(began + limit * share / total))
        except Exception as error:
            traceback.print_exception(error)
            found = {"error": f"{type(error).__name__}: {error}"}
        yield name, {**found, "took_seconds": time.monotonic() - started}


def failed(found: Mapping[str, Any]) -> bool:
    """Whether a case, or one of its rows, has an error to tell."""
    return "error" in found or any("error" in row for row in found.get("rows", ()))


def written(record: Mapping[str, Any]) -> str:
    """JSON for people: a list of numbers is one line."""
    text = json.dumps(record, indent=2)
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda match: " ".join(match[0].split()), text) + "\n"


if __name__ == "__main__":
    sys.exit(main())
