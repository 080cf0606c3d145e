"""Runs the cases of `cases/`, one file each, and writes their records into one JSON file.

    python bench/run.py --mode short
    python bench/run.py --mode full --out bench/results/cpu.json

A GPU is used where jax finds one. Without PyTorch there is no rival, and jphoto is timed alone.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

if not __package__:  # started as a script, so that Python looks beside this file for modules
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.cases import (
    batch,
    batch_memory,
    busy_cores,
    ceilings,
    features,
    first_look,
    laplacian,
    memory,
    objective,
    proportions,
    solve,
    steps,
)
from bench.harness.context import Context
from bench.harness.machine import cores, describe
from bench.harness.records import error_text, failed, to_json, write_record
from bench.torch_rival.client import Rival

Run: TypeAlias = Callable[[Context], dict[str, Any]]


class Case(NamedTuple):
    """One file of `cases/`."""

    run: Run
    share: float
    """Share of the total time; time that a case leaves unused goes to the cases after it."""


# The evaluation is compiled once in a process, so the case that reports its compile time has to be
# the first that needs it.
CASES = {
    "laplacian": Case(laplacian.run, 0.1),
    "objective": Case(objective.run, 0.4),
    "ceilings": Case(ceilings.run, 0.1),
    "features": Case(features.run, 0.1),
    "solve": Case(solve.run, 0.15),
    "steps": Case(steps.run, 0.05),
    "busy_cores": Case(busy_cores.run, 0.1),
    "memory": Case(memory.run, 0.1),
    "batch": Case(batch.run, 0.1),
    "first_look": Case(first_look.run, 0.1),
    "proportions": Case(proportions.run, 0.1),
    "batch_memory": Case(batch_memory.run, 0.1),
}
LIMITS_SECONDS = {"short": 80.0, "full": 420.0}
"""By mode. After this time no case begins; near the end of its share a case begins no further row.
The last row that has begun then has until 2 and 8 minutes."""
LIMIT_SECONDS_ON_CPU = 3600.0
"""In full mode without an accelerator."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=LIMITS_SECONDS, default="short")
    parser.add_argument("--cases", default=",".join(CASES), help="names, separated by commas")
    parser.add_argument("--seconds", type=float, help="limit, in place of the mode's own")
    parser.add_argument("--alone", action="store_true", help="do not compare with PyTorch")
    parser.add_argument("--size", type=int, help="in place of all sizes, for quick trials")
    parser.add_argument("--out", type=Path, help="JSON file; without it, JSON is printed")
    options = parser.parse_args()
    names = options.cases.split(",")
    if unknown := sorted(set(names) - set(CASES)):
        parser.error(f"no such case: {', '.join(unknown)}")
    set_threads()
    # Garbage is collected before every block of runs; what is imported by now is none.
    gc.freeze()
    record: dict[str, Any] = {"mode": options.mode, "machine": describe(), "cases": {}}
    with tempfile.TemporaryDirectory() as folder:
        rivals = not options.alone and Rival.available()
        context = Context(options.mode, Path(folder), size=options.size, rivals=rivals)
        on_cpu = options.mode == "full" and not context.accelerated
        limit = options.seconds or (
            LIMIT_SECONDS_ON_CPU if on_cpu else LIMITS_SECONDS[options.mode]
        )
        for name, case in measured({name: CASES[name] for name in names}, context, limit):
            record["cases"][name] = case
            if options.out is not None:
                write_record(options.out, record)
    if options.out is None:
        print(to_json(record), end="")
    return int(any(failed(case) for case in record["cases"].values()))


def set_threads() -> None:
    """Give each side as many threads as processors, and let both share one accelerator's memory."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(cores())
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"


def measured(
    cases: Mapping[str, Case], context: Context, limit: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Measure case by case.

    Args:
      cases: by name, in order.
      context: each case gets it with a deadline of its own.
      limit: seconds for all cases.

    Yields: the record of each case when it ends; its error, if it fails.
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
            record = case.run(context.until(began + limit * share / total))
        except Exception as error:
            traceback.print_exception(error)
            record = {"error": error_text(error)}
        yield name, {**record, "took_seconds": time.monotonic() - started}


if __name__ == "__main__":
    sys.exit(main())
