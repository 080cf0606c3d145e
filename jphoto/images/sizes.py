"""Sizes of pictures: the working size of a photo, resizing, and strips of rows."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32
from PIL import Image

STRIP_ROWS = 64
"""Rows converted at a time, so that a conversion needs little memory beside the picture."""
LANCZOS_REDUCTION = 4.0
"""A picture is averaged over blocks of pixels first as long as it stays this much larger than the
size asked for, before the Lanczos filter: within .6 8-bit levels of the filter alone, in half the
time."""


def strips(height: int) -> Iterator[slice]:
    """Split the rows of a picture into strips of `STRIP_ROWS`, from top to bottom."""
    for top in range(0, height, STRIP_ROWS):
        yield slice(top, min(top + STRIP_ROWS, height))


def working_size(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Compute the size at which the transfer of a photo works.

    Args:
      size: (height, width) of the photo.
      long_side: the most pixels that either side may have, at least 1.

    Returns: (height, width) of the same proportions, at least 1 and never larger than the photo.
    """
    longest = max(size)
    if longest <= long_side:
        return size
    height, width = (max(1, (2 * side * long_side + longest) // (2 * longest)) for side in size)
    return height, width


def resize(
    picture: Float32[np.ndarray, "h w c"], size: tuple[int, int], *, clip: bool = True
) -> Float32[np.ndarray, "h2 w2 c"]:
    """Resize a picture with a Lanczos filter, in floating point.

    Args:
      picture: values in [0, 1]; any values without `clip`.
      size: (height, width) to return.
      clip: whether to clip the filter's overshoot to [0, 1].

    Returns: the picture itself, not a copy, if it has that size.
    """
    if picture.shape[:2] == size:
        return picture
    height, width = size
    channels = picture.shape[2]
    resized = np.empty((height, width, channels), np.float32)
    # One channel at a time, so that a large photo is never in memory twice.
    for channel in range(channels):
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        plane = plane.resize(
            (width, height), Image.Resampling.LANCZOS, reducing_gap=LANCZOS_REDUCTION
        )
        resized[..., channel] = np.asarray(plane)
    return np.clip(resized, 0, 1, out=resized) if clip else resized
