"""Memory of a batch of mixed sizes: resident bytes and memory mappings after each pair.

Pairs are crops of a bundled pair, each with one of a dozen proportions. They come in turn, so that
no two neighbors share programs unless the batch arranges them. Memory does not depend on the number
of steps, so short mode takes one. Beside it, a few of the pairs are transferred by themselves,
twice each; the second time compiles nothing. In the batch, the median pair compiles nothing.
"""

import statistics
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

import jphoto
from bench.harness import photos
from bench.harness.context import DEFAULTS, Context
from bench.harness.machine import peak_memory
from bench.harness.network import backbone

HEIGHTS = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
"""Height of a crop, as a share of the photo's; every second half of the pairs stands upright."""
SINGLES = 3
"""Pairs that are also transferred alone."""
FLAT_FROM = 10
"""Pair from which on memory should not grow."""


def run(context: Context) -> dict[str, Any]:
    sizes = context.sizes(short=(128,), full=(700,))
    return context.rows(sizes, lambda size: measure(context, size))


def measure(context: Context, size: int) -> dict[str, Any]:
    jax.config.update("jax_compilation_cache_dir", str(context.folder / "compiled"))
    count, steps = (48, DEFAULTS.steps) if context.mode == "full" else (12, 1)
    settings = jphoto.Settings(size=size, steps=steps, backbone=backbone())
    pairs, after = crops(size, count), []
    began = time.monotonic()

    def note(progress: Any) -> None:
        if progress.ended > len(after):
            after.append({**held(), "seconds": time.monotonic() - began})

    results = jphoto.transfer_many(pairs, settings, progress=note)
    failed = [str(one) for one in results if not isinstance(one, jphoto.Result)]
    if failed:
        raise RuntimeError(failed[0])
    total = time.monotonic() - began
    return {
        "long_side": size,
        "size": dict(zip(("height", "width"), pairs[0][0].shape, strict=False)),
        "pairs": count,
        "steps": steps,
        "after_pairs": after,
        "peak_bytes": peak_memory(),
        "growth": after[-1]["resident"] / after[min(FLAT_FROM, count) - 1]["resident"],
        "most_mappings": max(one["mappings"] for one in after),
        "seconds_a_pair": total / count,
        "median_seconds_a_pair": statistics.median(np.diff([one["seconds"] for one in after])),
        "alone_seconds": [alone(pair, settings) for pair in pairs[:SINGLES]],
    }


def crops(size: int, count: int) -> list[tuple[np.ndarray, ...]]:
    """Photos and masks of so many pairs, of twelve sizes in turn."""
    sources, pairs = photos.sources(size), []
    for number in range(count):
        share, upright = HEIGHTS[number % len(HEIGHTS)], number // len(HEIGHTS) % 2
        pair = [array[: round(share * len(array))] for array in sources]
        # Every pair differs, so that no targets are shared.
        pair[0] = pair[0] * (1 - 0.002 * number)
        turned = [array.swapaxes(0, 1) for array in pair] if upright else pair
        pairs.append(tuple(np.ascontiguousarray(array) for array in turned))
    return pairs


def alone(pair: tuple[np.ndarray, ...], settings: jphoto.Settings) -> float:
    """Seconds of one transfer, after another of the same pair."""
    content, style, content_mask, style_mask = pair
    for _ in range(2):
        began = time.monotonic()
        jphoto.transfer(
            content, style, content_mask=content_mask, style_mask=style_mask, settings=settings
        )
    return time.monotonic() - began


def held() -> dict[str, int]:
    """Resident bytes and memory mappings of this process."""
    status = Path("/proc/self/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    mappings = Path("/proc/self/maps").read_bytes().count(b"\n")
    return {"resident": 1024 * resident, "mappings": mappings}
