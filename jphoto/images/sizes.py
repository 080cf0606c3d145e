"""How large to work, and getting there: Lanczos in floating point, channel by channel."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32
from PIL import Image

STRIP = 64
"""Rows converted at a time, so that what conversion needs beside a picture stays small."""


def strips(height: int) -> Iterator[slice]:
    """The rows of a picture from top to bottom, some at a time."""
    for top in range(0, height, STRIP):
        yield slice(top, min(top + STRIP, height))


def working_size(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Choose the size at which a photo is worked on.

    Args:
      size: (height, width) of the photo.
      long_side: the most pixels that either side may have, at least 1.

    Returns: (height, width) of the same proportions, never larger than the photo, at least 1.
    """
    longest = max(size)
    if longest <= long_side:
        return size
    height, width = (max(1, (2 * side * long_side + longest) // (2 * longest)) for side in size)
    return height, width


def resize(
    picture: Float32[np.ndarray, "h w c"], size: tuple[int, int], *, clip: bool = True
) -> Float32[np.ndarray, "h2 w2 c"]:
    """Bring a picture to another size, by Lanczos without rounding to 8 bits.

    Args:
      picture: values in [0, 1], or beyond without `clip`.
      size: (height, width) to return.
      clip: whether to cut Lanczos' overshoot to [0, 1].

    Returns: the picture itself, not a copy, if it has that size.
    """
    if picture.shape[:2] == size:
        return picture
    height, width = size
    resized = np.empty((height, width, picture.shape[2]), np.float32)
    for channel in range(
        picture.shape[2]
    ):  # one at a time, so that a large photo is never held twice over
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        plane = plane.resize((width, height), Image.Resampling.LANCZOS)
        resized[..., channel] = np.asarray(plane)
    return np.clip(resized, 0, 1, out=resized) if clip else resized
