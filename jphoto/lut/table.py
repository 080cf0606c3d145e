"""Lookup tables applied to pictures, and the error of a table.

Pictures are h x w x 3, sRGB in [0, 1]. They are processed in strips of rows, so that even large
pictures need little further memory.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Int

from jphoto.metrics import color_differences
from jphoto.metrics.pictures import HostPicture, check_sizes

Lut: TypeAlias = Float32[np.ndarray, "n n n 3"]

STRIP_PIXELS = 1 << 18
"""Pixels processed at a time, rounded down to whole rows, but at least one row."""


class LutError(NamedTuple):
    """CIEDE2000 between a table's picture and the picture that it approximates.

    The smallest visible difference is about 1.
    """

    mean: float
    high: float
    """The 95th percentile over the pixels."""


def identity_lut(size: int) -> Lut:
    """The table that leaves every color as it is.

    Args:
      size: nodes along an axis, at least 2.
    """
    line = np.linspace(0, 1, size, dtype=np.float32)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)


def apply_lut(lut: Lut, picture: Float[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    """Look up the colors of a picture, with trilinear interpolation between nodes.

    Args:
      lut: of any size.
      picture: sRGB; values outside [0, 1] are clipped first.

    Returns: sRGB, in the range of the table.
    """
    nodes = lut.reshape(-1, 3)
    result = np.zeros(picture.shape, np.float32)
    for rows in strips(picture):
        colors = result[rows].reshape(-1, 3)
        for index, weight in corners(picture[rows].reshape(-1, 3), len(lut)):
            colors += weight[:, None] * nodes[index]
    return result


def lut_error(lut: Lut, content: HostPicture, result: HostPicture) -> LutError:
    """The difference between the content photo with the table applied and the full result.

    Args:
      lut: of any size.
      content: the content photo, h x w x 3.
      result: of the transfer, the same size.

    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, content)
    differences = np.concatenate(
        [
            color_differences(apply_lut(lut, content[rows]), result[rows]).ravel()
            for rows in strips(content)
        ]
    )
    return LutError(float(np.mean(differences)), float(np.percentile(differences, 95)))


def strips(picture: HostPicture) -> Iterator[slice]:
    """Slices of a picture's rows, about `STRIP_PIXELS` pixels at a time."""
    height, width, _ = picture.shape
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, top + rows)


def corners(
    colors: Float[np.ndarray, "n 3"], size: int
) -> Iterator[tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]]:
    """The eight nodes around each color, and their trilinear weights.

    Args:
      colors: are clipped to [0, 1].
      size: nodes along an axis.

    Yields: for each of the eight corners, the number of the node and its weight for each color.
      Nodes are numbered with blue varying fastest.
    """
    position = np.clip(colors, 0, 1) * (size - 1)
    low = np.minimum(position.astype(np.int32), size - 2)
    share = (position - low.astype(position.dtype)).T
    sides, steps = np.stack([1 - share, share]), np.array([size * size, size, 1])
    first = low @ steps
    for corner in np.ndindex(2, 2, 2):
        red, green, blue = (sides[side, axis] for axis, side in enumerate(corner))
        yield first + corner @ steps, red * green * blue
