"""Memory of `jphoto batch` on pairs of mixed sizes: what its process holds after each pair.

Pairs are crops of a bundled pair, each with one of a dozen proportions. They come in turn, so that
no two neighbors share programs unless the batch arranges them. Memory does not depend on the number
of steps, so short mode takes one. Beside it, a few of the pairs are transferred by processes of
their own, twice each; the second time compiles nothing. In the batch, the median pair compiles
nothing either.
"""

import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness import photos
from bench.harness.context import DEFAULTS, Context
from bench.harness.network import backbone
from bench.harness.processes import held_bytes, module_command
from bench.harness.transfers import environment, transfer_twice, write_pair
from jphoto.batches.records import JOURNAL

HEIGHTS = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
"""Height of a crop, as a share of the photo's; every second half of the pairs stands upright."""
SINGLES = 3
"""Pairs that are also transferred alone."""
FLAT_FROM = 10
"""Pair from which on memory should not grow."""
LOOKS_SECONDS = 0.2
"""Time between two looks at the process."""


def run(context: Context) -> dict[str, Any]:
    sizes = context.sizes(short=(128,), full=(700,))
    return context.rows(sizes, lambda size: measure(context, size))


def measure(context: Context, size: int) -> dict[str, Any]:
    count, steps = (48, DEFAULTS.steps) if context.mode == "full" else (12, 1)
    pairs = context.folder / "pairs"
    shape = write_crops(pairs, size, count)
    options = ["--size", size, "--steps", steps, "--backbone", backbone()]
    batch = ["batch", pairs, "--out", context.folder / "out", "--suffix", ".png", *options]
    after = watch(module_command("jphoto", *map(str, batch)), context.folder)
    if len(after) != count:
        raise RuntimeError(f"{len(after)} of {count} pairs were made")
    return {
        "long_side": size,
        "size": dict(zip(("height", "width"), shape, strict=False)),
        "pairs": count,
        "steps": steps,
        "after_pairs": after,
        "peak_bytes": max(one["peak"] for one in after),
        "growth": after[-1]["resident"] / after[min(FLAT_FROM, count) - 1]["resident"],
        "most_mappings": max(one["mappings"] for one in after),
        "seconds_a_pair": after[-1]["seconds"] / count,
        "median_seconds_a_pair": statistics.median(np.diff([one["seconds"] for one in after])),
        "alone_seconds": [
            transfer_twice(pair, options, context.folder)[-1]
            for pair in sorted(pairs.iterdir())[:SINGLES]
        ],
    }


def write_crops(folder: Path, size: int, count: int) -> tuple[int, ...]:
    """Photos and masks of so many pairs, of twelve sizes in turn, one folder for each pair.

    Args:
      folder: that they are written into.
      size: long side of the photos, in pixels.
      count: of pairs.

    Returns: height and width of the first content photo.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sources = photos.sources(size)
    for number in range(count):
        share, upright = HEIGHTS[number % len(HEIGHTS)], number // len(HEIGHTS) % 2
        pair = [array[: round(share * len(array))] for array in sources]
        # Every pair differs, so that no targets are shared.
        pair[0] = pair[0] * (1 - 0.002 * number)
        write_pair(folder / f"{number:02}", pair, portrait=bool(upright))
    return sources[0].shape[:2]


def watch(command: list[str], folder: Path) -> list[dict[str, float]]:
    """Run a batch, and look at its process whenever a pair is done.

    Args:
      command: of the batch, with `folder / "out"` as its output.
      folder: for the output and the compiled programs, as `environment` has them.

    Returns: resident and peak bytes, memory mappings and seconds after each pair.
    """
    journal, after, began = folder / "out" / JOURNAL, [], time.monotonic()
    with subprocess.Popen(command, env=environment(folder), stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            time.sleep(LOOKS_SECONDS)
            done = journal.read_bytes().count(b"\n") if journal.exists() else 0
            if done > len(after) and (held := memory_of(process.pid)):
                after += [{**held, "seconds": time.monotonic() - began}] * (done - len(after))
    if process.returncode:
        raise RuntimeError(f"the batch ended with status {process.returncode}")
    return after


def memory_of(process: int) -> dict[str, int]:
    """Resident and peak bytes and memory mappings; nothing if the process has ended.

    Of the process, or of the one among those it started that holds most: `jphoto` works in a child.
    """
    folder = Path("/proc") / str(process)
    try:
        held, mappings = held_bytes(process), (folder / "maps").read_bytes().count(b"\n")
        found = {"resident": held["VmRSS"], "peak": held["VmHWM"], "mappings": mappings}
        lists = [path.read_text() for path in folder.glob("task/*/children")]
    except (OSError, KeyError):
        return {}
    started = [memory_of(int(child)) for child in " ".join(lists).split()]
    return max([found, *started], key=lambda memory: memory.get("resident", 0))
