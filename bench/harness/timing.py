"""Takes times: after warm-up, in turns, with the garbage collector off, as median and quartiles.

Contenders take turns, a block of runs each, so that other load on the machine affects all of them
alike. Between blocks is a pause, in which the threads of the last contender go to sleep. A run ends
when the device has finished. Compilation is timed separately.
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
"""Takes a number of runs and a number of warm-up runs; returns the seconds of each run."""

PAUSE_SECONDS = 0.1
"""Between blocks. Idle threads of OpenMP and XLA spin for some milliseconds before they sleep."""
MOST_RUNS = 20
"""In one block."""


class Effort(NamedTuple):
    """How long to measure."""

    blocks: int
    """Blocks of runs of each contender; at least 2."""
    seconds: float
    """Approximate length of a block; a block has at least one run."""


class Disagreement(Exception):
    """A contender computes something else, so its speed says nothing."""


def seconds(run: Callable[[], Any]) -> float:
    """The seconds of one run, which ends when the device arrays it returns are ready."""
    began = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - began


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The function compiled for these arguments, as jphoto compiles, and the seconds that took."""
    began = time.perf_counter()
    options = compiler_options(jax.default_backend())
    program = jax.jit(function, compiler_options=options).lower(*arguments).compile()
    return program, time.perf_counter() - began


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Collect garbage now, and not inside the block."""
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
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(effort.blocks):
        for name, contender in contenders.items():
            time.sleep(PAUSE_SECONDS)
            # The other contenders have just used the caches; in a transfer, runs follow each other.
            times[name] += contender(runs[name], 1 + runs[name] // 4)
    return {name: quartiles(values) for name, values in times.items()}


def quartiles(times: list[float]) -> dict[str, float]:
    """Median, quartiles and number of the seconds of runs."""
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": median, "quartile_1": low, "quartile_3": high, "runs": len(times)}


def check(errors: Mapping[str, float], tolerance: float) -> None:
    """Stop before something is timed that computes a wrong result.

    Raises: Disagreement, if an error is not within the tolerance.
    """
    wrong = {name: error for name, error in errors.items() if not error <= tolerance}
    if wrong:
        raise Disagreement(f"more than {tolerance:g} off: {wrong}")
