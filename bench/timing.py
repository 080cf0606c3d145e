"""How the benchmarks take time: after warm-up, in turns, the garbage collector off, quartiles.

Contenders take turns, a block of runs each, so that whatever else the machine is doing falls on
all alike; between blocks there is a pause in which the other's threads go to sleep. Every run ends
when the device has done its work. Compilation is timed apart.
"""

import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax

from jphoto.compilation import compiler_options

Contender: TypeAlias = Callable[[int, int], list[float]]
"""From a number of runs, and of others to warm up before, to the seconds of each run."""

PAUSE = 0.1
"""Seconds. Idle threads of OpenMP and XLA spin for some milliseconds, then sleep."""
MOST_RUNS = 20
"""In one block."""


class Effort(NamedTuple):
    """How long to measure."""

    blocks: int
    """Of runs, for each contender; at least 2."""
    seconds: float
    """That a block takes, about; one run, if that is longer."""


class Disagreement(Exception):
    """A contender computes something else: its speed says nothing."""


def seconds(run: Callable[[], Any]) -> float:
    """One run, waiting for whatever device arrays it returns."""
    began = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - began


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The function compiled for these arguments, as jphoto does it, and the seconds that took."""
    began = time.perf_counter()
    options = compiler_options(jax.default_backend())
    program = jax.jit(function, compiler_options=options).lower(*arguments).compile()
    return program, time.perf_counter() - began


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Collects now, so that it need not in between."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def local(run: Callable[[], Any]) -> Contender:
    """A contender of this process."""

    def contender(runs: int, warm_up: int) -> list[float]:
        for _ in range(warm_up):
            jax.block_until_ready(run())
        with without_garbage_collection():
            return [seconds(run) for _ in range(runs)]

    return contender


def take_turns(contenders: Mapping[str, Contender], effort: Effort) -> dict[str, dict[str, float]]:
    """Median and quartiles of each contender's seconds."""
    runs = {}
    for name, contender in contenders.items():
        (once,) = contender(1, 1)
        runs[name] = min(max(int(effort.seconds / once), 1), MOST_RUNS)
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(effort.blocks):
        for name, contender in contenders.items():
            time.sleep(PAUSE)
            # The others have had caches and memory meanwhile; in use, runs follow one another.
            taken[name] += contender(runs[name], 1 + runs[name] // 4)
    return {name: quartiles(times) for name, times in taken.items()}


def quartiles(times: list[float]) -> dict[str, float]:
    """Median and quartiles of seconds, and of how many runs."""
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": median, "quartile_1": low, "quartile_3": high, "runs": len(times)}


def check(errors: Mapping[str, float], tolerance: float) -> None:
    """Let nothing be timed that is wrong.

    Raises: Disagreement, if an error is not within the tolerance.
    """
    wrong = {name: error for name, error in errors.items() if not error <= tolerance}
    if wrong:
        raise Disagreement(f"more than {tolerance:g} off: {wrong}")
