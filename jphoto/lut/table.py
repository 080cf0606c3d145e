"""Lookup tables as they are: interpolated, applied to pictures, and held against a picture.

Pictures are h x w x 3, sRGB in [0, 1], worked through in strips of rows, so that what is in memory
beside them is small however large they are.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Int

from jphoto.metrics import color_differences
from jphoto.metrics.pictures import HostPicture, check_sizes

Lut: TypeAlias = Float32[np.ndarray, "n n n 3"]

STRIP = 1 << 18
"""Pixels that are worked on at a time, about."""


class LutError(NamedTuple):
    """CIEDE2000 between a table's picture and the one that it stands for; 1 is about the least that
    is seen.
    """

    mean: float
    high: float
    """The 95th percentile."""


def identity_lut(size: int) -> Lut:
    """The table that changes nothing.

    Args:
      size: nodes along an axis, at least 2.
    """
    line = np.linspace(0, 1, size, dtype=np.float32)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)


def apply_lut(lut: Lut, picture: Float[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    """A picture's colors looked up, trilinear between nodes.

    Args:
      lut: of any size.
      picture: sRGB; what lies outside [0, 1] is clipped first.

    Returns: sRGB in the range of the table.
    """
    nodes = lut.reshape(-1, 3)
    result = np.zeros(picture.shape, np.float32)
    for rows in strips(picture):
        found = result[rows].reshape(-1, 3)
        for index, weight in corners(picture[rows].reshape(-1, 3), len(lut)):
            found += weight[:, None] * nodes[index]
    return result


def lut_error(lut: Lut, content: HostPicture, result: HostPicture) -> LutError:
    """How far the table's picture of the content is from the full result.

    Args:
      lut: of any size.
      content: h x w x 3.
      result: the same size.

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
    """The rows of a picture, a few at a time."""
    height, width, _ = picture.shape
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        yield slice(top, top + rows)


def corners(
    colors: Float[np.ndarray, "n 3"], size: int
) -> Iterator[tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]]:
    """The eight nodes around each color and what they count: number, weight.

    Args:
      colors: clipped to [0, 1].
      size: nodes along an axis; they are numbered with blue running fastest.
    """
    place = np.clip(colors, 0, 1) * (size - 1)
    low = np.minimum(place.astype(np.int32), size - 2)
    share = (place - low.astype(place.dtype)).T
    sides, steps = np.stack([1 - share, share]), np.array([size * size, size, 1])
    first = low @ steps
    for corner in np.ndindex(2, 2, 2):
        red, green, blue = (sides[side, axis] for axis, side in enumerate(corner))
        yield first + corner @ steps, red * green * blue
