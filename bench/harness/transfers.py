"""Whole transfers by processes of their own, from files that are written for them."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.harness.processes import module_command, module_environment
from jphoto.pipeline.finish import ROLES


def write_pair(folder: Path, arrays: Sequence[np.ndarray], portrait: bool) -> None:
    """Write photos and masks, one PNG file for each role.

    Args:
      folder: for the files.
      arrays: content, style and their masks, as `photos.sources` returns them.
      portrait: whether to swap rows and columns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for role, array in zip(ROLES, arrays, strict=True):
        levels = array if array.dtype == np.uint8 else np.uint8(np.rint(255 * array))
        turned = levels.swapaxes(0, 1) if portrait else levels
        Image.fromarray(np.ascontiguousarray(turned)).save(folder / f"{role}.png")


def transfer_twice(pair: Path, options: Sequence[Any], folder: Path) -> list[float]:
    """Seconds of two transfers of a pair, one after the other; the second compiles nothing.

    Args:
      pair: folder from `write_pair`, for the result as well.
      options: further ones of `jphoto transfer`.
      folder: see `environment`.
    """
    content, style, *masks = (pair / f"{role}.png" for role in ROLES)
    named = ["--content-mask", masks[0], "--style-mask", masks[1], "--out", pair / "result.png"]
    arguments = [content, style, *named, "--force", *options]
    command, seconds = module_command("jphoto", "transfer", *map(str, arguments)), []
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(command, env=environment(folder), capture_output=True, check=True)
        seconds.append(time.monotonic() - began)
    return seconds


def environment(folder: Path) -> dict[str, str]:
    """Of processes that share a cache of compiled programs in a folder, where it begins empty."""
    return module_environment(JAX_COMPILATION_CACHE_DIR=str(folder / "compiled"))
