"""The first transfer of a photo of new proportions, beside the second: what compilation takes.

Each is a process of its own. All share a cache of compiled programs, which begins empty, so the
first row is the first transfer on a machine.
"""

from typing import Any

import numpy as np

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import backbone
from bench.harness.transfers import transfer_twice, write_pair

PROPORTIONS = {"short": ("3:2", "2:3"), "full": ("3:2", "2:3", "16:9", "4:3", "5:4", "1:1")}
"""Width to height of the photos, in the order of their transfers, by mode."""
LIMIT_SECONDS = 20.0
"""What the first transfer of new proportions may take more than the second."""


def run(context: Context) -> dict[str, Any]:
    (size,) = context.sizes(short=(256,), full=(700,))
    return context.rows(PROPORTIONS[context.mode], lambda words: measure(context, words, size))


def measure(context: Context, proportions: str, size: int) -> dict[str, Any]:
    """Seconds of the first transfer and of the second, and what the first took more."""
    width, height = map(int, proportions.split(":"))
    write_pair(context.folder, crops(width / height, size), portrait=height > width)
    options = ["--size", size, "--backbone", backbone()]
    first, second = transfer_twice(context.folder, options, context.folder)
    return {
        "proportions": proportions,
        "long_side": size,
        "first_seconds": first,
        "second_seconds": second,
        "further_seconds": first - second,
        "limit_seconds": LIMIT_SECONDS,
    }


def crops(ratio: float, size: int) -> list[np.ndarray]:
    """Photos and masks of a bundled pair, cropped to landscapes.

    Args:
      ratio: of one side to the other.
      size: least long side, in pixels.
    """
    cropped, landscape = [], max(ratio, 1 / ratio)
    # A crop of 3:2 to a square keeps two thirds of the long side.
    for array in photos.sources(round(1.5 * size)):
        height, width = array.shape[:2]
        rows, columns = round(width / landscape), round(height * landscape)
        cropped.append(array[: min(height, rows), : min(width, columns)])
    return cropped
