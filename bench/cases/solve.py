"""The time to reach the same objective: jphoto's descent, and torch.optim.LBFGS.

jphoto takes its default steps, coarse sizes first. Its work is counted in evaluations at full size,
by pixels, and its objective is that at full size. The rival starts from the same color transfer and
stops when it has reached the same objective, or at a limit. It uses L-BFGS as published (fixed
steps, history 100) and with a strong Wolfe line search. Set-up and compilation are timed apart.
"""

import dataclasses
import functools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network, params
from bench.harness.sides import OURS, Theirs, ready, rivals
from bench.harness.work import full_size_evaluations
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, bucket
from jphoto.solver.progress import Progress
from jphoto.solver.single import solve

METHODS = {"published": "published-lbfgs", "wolfe": "wolfe-lbfgs"}
"""The rival's methods, and their names in records."""
MOST_EVALUATIONS = 2000
MOST_SECONDS = {"short": 5.0, "full": 240.0}
"""For each of the rival's methods, by mode."""
TRIALS = 3
"""Timed evaluations that decide which rival descends: the faster one."""


def run(context: Context) -> dict[str, Any]:
    sizes = context.sizes(short=(128,), full=(700 if context.accelerated else 256,))
    return context.rows(sizes, functools.partial(measure, context))


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    settings = Settings(size=size)
    began = time.monotonic()
    # Compiles everything, because the number of steps is traced.
    descent(pair, dataclasses.replace(settings, steps=1))
    compile_seconds = time.monotonic() - began
    methods = {OURS: descent(pair, settings)}
    _, picture = ready(pair)
    with rivals(context, pair, context.precision) as theirs:
        if theirs:
            worker = min(theirs.values(), key=evaluation_seconds)
            start = worker.send(picture)
            target = methods[OURS]["objective"]
            for method, name in METHODS.items():
                methods[name] = their_descent(context, worker, start, method, target)
    return {
        "long_side": size,
        "size": photos.size_of(pair),
        "regions": len(pair.content_masks),
        "precision": context.precision,
        "compile_seconds": compile_seconds,
        "methods": methods,
    }


def descent(pair: Pair, settings: Settings) -> dict[str, Any]:
    """The descent of jphoto, as `jphoto.transfer` runs it."""
    reports: list[Progress] = []
    shape = bucket(pair, settings.size)
    solution = solve(pair, params(), network().preprocessing, settings, reports.append, shape)
    taken, done = solution.steps, full_size_evaluations(solution.steps)
    # There is a report after every chunk of steps; in between, time is interpolated.
    times = np.interp(
        np.arange(1, len(taken) + 1),
        [0, *(report.step for report in reports)],
        [0, *(report.seconds for report in reports)],
    )
    full = [k for k, step in enumerate(taken) if step.size == taken[-1].size]
    totals = [taken[k].total for k in full]
    return {
        "status": solution.status.value,
        "objective": min(totals),
        "evaluations": round(float(done[-1]), 2),
        "seconds": solution.seconds["solve"],
        "prepare_seconds": solution.seconds["prepare"],
        "curve": curve(totals, times[full].tolist(), done[full].tolist()),
    }


def their_descent(
    context: Context, worker: Theirs, start: Any, method: str, target: float
) -> dict[str, Any]:
    """The descent of the rival, until it has reached the target."""
    opened, plan = worker.opened["seconds"], {"method": method, "start": start}
    worker.rival.request("solve", **plan, steps=1, out=context.folder / "warm.npy")
    limit = min(MOST_SECONDS[context.mode], max(context.time_left / len(METHODS), 5.0))
    answer = worker.rival.request(
        "solve",
        **plan,
        steps=MOST_EVALUATIONS,
        target=target,
        seconds=limit,
        out=context.folder / "solved.npy",
    )
    return {
        "status": answer["ended"],
        "objective": min(answer["objective"]),
        "evaluations": len(answer["objective"]),
        "seconds": answer["seconds"][-1],
        "prepare_seconds": opened["matrix"] + opened["targets"],
        "compiled": worker.opened["compiled"],
        "curve": curve(
            answer["objective"], answer["seconds"], range(1, len(answer["seconds"]) + 1)
        ),
    }


def evaluation_seconds(worker: Theirs) -> float:
    """The seconds of the fastest of some evaluations."""
    return min(worker.contender("evaluate")(TRIALS, 1))


def curve(totals: list[float], times: list[float], done: Sequence[float]) -> dict[str, list[float]]:
    """The best objective so far, over evaluations and seconds, wherever it improves."""
    best = np.minimum.accumulate(np.nan_to_num(totals, nan=np.inf))
    better = np.flatnonzero(np.diff(best, prepend=np.inf) < 0)
    return {
        "evaluations": [round(done[k], 2) for k in better],
        "seconds": [round(times[k], 5) for k in better],
        "objective": [round(float(best[k]), 6) for k in better],
    }
