"""Many pairs: one after another, and several at once in one program.

Both use the arrays of one bucket and analyze every photo again. On a CPU a batch solves its pairs
one after another, with the same results to the bit. Elsewhere other kernels round differently,
which a descent amplifies, so there the objectives are compared. Where the device counts its memory,
the peak is recorded beside the estimate of `pipeline.capacity`.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network, params
from bench.harness.timing import check, seconds
from jphoto.pipeline.capacity import expected_bytes
from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.pairs import Pair, Shape, bucket
from jphoto.solver.single import Solution, solve

COUNTS = {"cpu": (4,), "gpu": (8, 32, 1, 4, 16)}
"""Pairs at once, the most informative first."""
STEPS = {"short": 2, "full": Settings().steps}
"""At full size, by mode."""
CROP = 2
"""Pixels by which each pair is smaller than the one before, along both sides."""
TOLERANCE = 0.02
"""Largest relative distance of the last objectives."""


class Row(NamedTuple):
    """What is solved."""

    size: int
    """Long side, in pixels."""
    count: int
    """Pairs at once."""
    pairs: int
    """Number of all pairs; a multiple of `count` leaves no batch smaller than the others."""


def run(context: Context) -> dict[str, Any]:
    sizes = context.sizes(short=(64,), full=(256, 700) if context.accelerated else (256,))
    counts = COUNTS["gpu" if context.accelerated else "cpu"]
    pairs = max(counts) if context.mode == "full" else counts[0]
    rows = [Row(size, count, pairs) for size in sizes for count in counts if count <= pairs]
    return context.rows(rows, functools.partial(measure, context))


def measure(context: Context, row: Row) -> dict[str, Any]:
    settings = Settings(size=row.size, steps=STEPS[context.mode])
    pairs = variants(photos.pair(row.size), row.pairs)
    shapes = [bucket(pair, row.size) for pair in pairs]
    shape = Shape(*(max(of) for of in zip(*shapes, strict=True)))
    singly, single_seconds = solved_singly(row.size, row.pairs, shape, settings)
    before = held_bytes()
    together, total = timed(
        functools.partial(solve_at_once, row.count, shape, settings), pairs, warm_up=row.count
    )
    check(distances(singly, together), TOLERANCE)
    return {
        "long_side": row.size,
        "pairs": row.pairs,
        "array": dict(zip(("height", "width"), shape.content, strict=True)),
        "at_once": row.count,
        "seconds_a_pair": total / row.pairs,
        "pairs_a_minute": 60 * row.pairs / total,
        "alone": {"seconds_a_pair": single_seconds / row.pairs},
        "ratio": single_seconds / total,
        "most_levels_apart": largest_distance(singly, together),
        **memory(shape, row.count, settings, before),
    }


def variants(pair: Pair, count: int) -> list[Pair]:
    """Pairs of different sizes: crops of one pair, every second one mirrored."""
    pairs = []
    for number in range(count):
        height, width, _ = (side - CROP * (number % 8) for side in pair.content.shape)
        direction = -1 if number % 2 else 1
        content = np.ascontiguousarray(pair.content[:height, :width][:, ::direction])
        masks = np.ascontiguousarray(pair.content_masks[:, :height, :width][:, :, ::direction])
        pairs.append(pair._replace(content=content, content_masks=masks))
    return pairs


@functools.cache
def solved_singly(
    size: int, count: int, shape: Shape, settings: Settings
) -> tuple[list[Solution], float]:
    """The variants of the pair, solved one after another, and the seconds of all."""
    return timed(
        lambda pairs: [
            solve(pair, params(), network().preprocessing, settings, shape=shape) for pair in pairs
        ],
        variants(photos.pair(size), count),
        warm_up=1,
    )


def timed(
    run: Callable[[list[Pair]], list[Solution]], pairs: list[Pair], warm_up: int
) -> tuple[list[Solution], float]:
    """The solutions of all pairs and the seconds of all, after some of them to compile."""
    run(pairs[:warm_up])
    solutions: list[Solution] = []
    return solutions, seconds(lambda: solutions.extend(run(pairs)))


def solve_at_once(
    count: int, shape: Shape, settings: Settings, pairs: list[Pair]
) -> list[Solution]:
    """Solve all pairs, `count` at a time."""
    solutions = []
    for first in range(0, len(pairs), count):
        some = pairs[first : first + count]
        solutions += solve_batch(some, shape, params(), network().preprocessing, settings)
    return solutions


def distances(singly: list[Solution], together: list[Solution]) -> dict[str, float]:
    """The relative distance of the last objectives, by pair."""
    return {
        f"pair {number}": abs(one.steps[-1].total / other.steps[-1].total - 1)
        for number, (one, other) in enumerate(zip(singly, together, strict=True))
    }


def largest_distance(singly: list[Solution], together: list[Solution]) -> float:
    """The largest distance of any color, in 255ths."""
    pictures = [
        (np.clip(one.picture, 0, 1), np.clip(other.picture, 0, 1))
        for one, other in zip(singly, together, strict=True)
    ]
    return max(float(255 * np.abs(one - other).max()) for one, other in pictures)


def memory(shape: Shape, count: int, settings: Settings, before: int) -> dict[str, int]:
    """Peak and estimated bytes of a batch; empty where the batch has not raised the peak.

    Args:
      shape: of the arrays.
      count: pairs at once.
      settings: of the batch.
      before: peak bytes before the batch.
    """
    held, platform = held_bytes(), jax.default_backend()
    expected = expected_bytes(*shape, settings, platform, count)
    return {"expected_bytes": expected, "held_bytes": held} if held > before else {}


def held_bytes() -> int:
    """Peak bytes on the device so far; 0 where the device does not count them."""
    return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0)
