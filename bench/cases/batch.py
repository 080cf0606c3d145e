"""Many pairs: one after the other, against several at once in one program.

Both in the arrays of one bucket, and both looking at every photo anew. On a CPU a batch goes
through its pairs in turn, and gives the same to the bit; elsewhere other kernels round otherwise,
which a descent amplifies, so there it is the objectives that must agree. Where the device says how
much memory it has held, that is put beside what `capacity` counts on.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import photos
from context import Context, network
from sides import params
from timing import check, seconds

from jphoto.pipeline.capacity import expected_bytes
from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.pairs import Pair, Shape, bucket
from jphoto.solver.single import Solution, solve

COUNTS = {"cpu": (4,), "gpu": (1, 2, 4, 8, 16, 32)}
"""Pairs at once."""
CROP = 2
"""Pixels that each pair is smaller than the one before, along both sides."""
TOLERANCE = 0.02
"""Relative, of the last objective."""


def run(context: Context) -> dict[str, Any]:
    sizes = context.sizes(short=(64,), full=(256, 700) if context.accelerated else (256,))
    return context.rows(sizes, functools.partial(measure, context))


def measure(context: Context, size: int) -> dict[str, Any]:
    counts = COUNTS["gpu" if context.accelerated else "cpu"]
    settings = Settings(size=size) if context.mode == "full" else Settings(size=size, steps=2)
    pairs = variants(photos.pair(size), counts[-1] if context.mode == "full" else counts[0])
    shapes = [bucket(pair, size) for pair in pairs]
    shape = Shape(*(max(of) for of in zip(*shapes, strict=True)))
    alone, each = twice(lambda: [alone_in(shape, pair, settings) for pair in pairs])
    rows = []
    for count in counts:
        together, spent = twice(functools.partial(at_once, pairs, count, shape, settings))
        check(distances(alone, together), TOLERANCE)
        rows.append(
            {
                "at_once": count,
                "seconds_a_pair": spent / len(pairs),
                "ratio": each / spent,
                "most_levels_apart": apart(alone, together),
                **memory(shape, count, settings),
            }
        )
    return {
        "long_side": size,
        "pairs": len(pairs),
        "array": dict(zip(("height", "width"), shape.content, strict=True)),
        "alone": {"seconds_a_pair": each / len(pairs)},
        "batches": rows,
    }


def variants(pair: Pair, count: int) -> list[Pair]:
    """Pairs of as many sizes, by crops of one, in turn mirrored."""
    found = []
    for number in range(count):
        height, width, _ = (side - CROP * (number % 8) for side in pair.content.shape)
        turn = -1 if number % 2 else 1
        content = np.ascontiguousarray(pair.content[:height, :width][:, ::turn])
        masks = np.ascontiguousarray(pair.content_masks[:, :height, :width][:, :, ::turn])
        found.append(pair._replace(content=content, content_masks=masks))
    return found


def twice(run: Callable[[], list[Solution]]) -> tuple[list[Solution], float]:
    """What it gives, and the seconds of the second time: nothing is compiled then."""
    run()
    found: list[Solution] = []
    return found, seconds(lambda: found.extend(run()))


def alone_in(shape: Shape, pair: Pair, settings: Settings) -> Solution:
    return solve(pair, params(), network().preprocessing, settings, shape=shape)


def at_once(pairs: list[Pair], count: int, shape: Shape, settings: Settings) -> list[Solution]:
    """All pairs, so many at a time."""
    found = []
    for first in range(0, len(pairs), count):
        some = pairs[first : first + count]
        found += solve_batch(some, shape, params(), network().preprocessing, settings)
    return found


def distances(alone: list[Solution], together: list[Solution]) -> dict[str, float]:
    """Of the last objectives, relative, by pair."""
    return {
        f"pair {number}": abs(one.steps[-1].total / other.steps[-1].total - 1)
        for number, (one, other) in enumerate(zip(alone, together, strict=True))
    }


def apart(alone: list[Solution], together: list[Solution]) -> float:
    """The largest distance of any color, in 255ths."""
    pictures = [
        (np.clip(one.picture, 0, 1), np.clip(other.picture, 0, 1))
        for one, other in zip(alone, together, strict=True)
    ]
    return max(float(255 * np.abs(one - other).max()) for one, other in pictures)


def memory(shape: Shape, count: int, settings: Settings) -> dict[str, int]:
    """Bytes held at most by now, and expected for so many pairs; nothing where none are counted."""
    device = jax.devices()[0]
    held = (device.memory_stats() or {}).get("peak_bytes_in_use")
    expected = expected_bytes(*shape, settings, device.platform, count)
    return {"expected_bytes": expected, "held_bytes": held} if held else {}
