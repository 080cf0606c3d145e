"""The first transfer of a photo of new proportions, beside the second: what compilation takes.

Each is a process of its own. All share a cache of compiled programs, which begins empty, so the
first row is the first transfer on a machine.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import backbone
from bench.harness.processes import module_command, module_environment
from jphoto.pipeline.finish import ROLES

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
    content, style, *masks = write_crops(context.folder, width / height, size)
    command = module_command(
        "jphoto", "transfer", content, style, "--content-mask", masks[0], "--style-mask", masks[1],
        "--size", str(size), "--backbone", backbone(), "--out", context.folder / "out.png",
        "--force",
    )  # fmt: skip
    compiled = module_environment(JAX_COMPILATION_CACHE_DIR=str(context.folder / "compiled"))
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(command, env=compiled, capture_output=True, check=True)
        seconds.append(time.monotonic() - began)
    return {
        "proportions": proportions,
        "long_side": size,
        "first_seconds": seconds[0],
        "second_seconds": seconds[1],
        "further_seconds": seconds[0] - seconds[1],
        "limit_seconds": LIMIT_SECONDS,
    }


def write_crops(folder: Path, ratio: float, size: int) -> list[Path]:
    """Files of a bundled pair and its masks, cropped.

    Args:
      folder: that they are written into.
      ratio: of width to height.
      size: least long side, in pixels.
    """
    paths = [folder / f"{role}.png" for role in ROLES]
    # A crop of 3:2 to a square keeps two thirds of the long side.
    for path, array in zip(paths, photos.sources(round(1.5 * size)), strict=True):
        lying = max(ratio, 1 / ratio)
        height, width = array.shape[:2]
        crop = array[: min(height, round(width / lying)), : min(width, round(height * lying))]
        levels = crop if crop.dtype == np.uint8 else np.uint8(np.rint(255 * crop))
        oriented = levels if ratio >= 1 else levels.swapaxes(0, 1)
        Image.fromarray(np.ascontiguousarray(oriented)).save(path)
    return paths
