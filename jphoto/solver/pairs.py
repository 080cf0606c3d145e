"""Two photos with masks, as they are or in larger arrays, so that many sizes share a program.

Few shapes of arrays serve photos of all sizes: sides are rounded up to a coarse grid. A pair's
shape depends on nothing but itself, so a pair is solved by the same program alone, in a batch, in
any part of it and on any host.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Float32

from jphoto.arrays.padding import Valid, reduced
from jphoto.arrays.pyramid import halved, halved_picture

PARTS = 16
"""Of the working size: sides are rounded up to a multiple of one. The usual proportions of photos,
3:2, 4:3, 16:9, 5:4, lose at most 5 % by that."""
ROWS = "rows"
"""The axis of a mesh of devices that a picture's rows are laid over."""
STEP = 4
"""Pixels; sides of arrays are multiples of it, halved twice without a rest."""


class Pair(NamedTuple):
    """Two photos at working size, with the masks of the regions they share."""

    content: Float32[np.ndarray, "h w 3"]
    style: Float32[np.ndarray, "hs ws 3"]
    content_masks: Float32[np.ndarray, "k h w"]
    style_masks: Float32[np.ndarray, "k hs ws"]


class Shape(NamedTuple):
    """Of arrays that a pair fits into."""

    content: tuple[int, int]
    style: tuple[int, int]
    regions: int


class Photo(NamedTuple):
    """A photo in arrays, with masks of its regions."""

    picture: Float[Array, "h w 3"]
    masks: Float[Array, "k h w"]
    valid: Valid = None
    """Where it is, see `padding`; None in arrays of its size."""


def bucket(pair: Pair, size: int, devices: int = 1) -> Shape:
    """The shape whose programs solve a pair, which others near its size and number of regions
    share.

    Args:
      pair: photos at working size.
      size: the long side that they were brought to, unless they were smaller.
      devices: that the content's rows are to be laid over.
    """
    own = Shape(pair.content.shape[:2], pair.style.shape[:2], len(pair.content_masks))
    return rounded(own, size, devices)


def rounded(own: Shape, size: int, devices: int = 1) -> Shape:
    """The shape of the arrays for photos of their own shape; arguments as in `bucket`."""

    def up(photo: tuple[int, int]) -> tuple[int, int]:
        # A side that was itself rounded up by less than half a pixel belongs to the part below.
        parts = (math.ceil((side - 0.5) * PARTS / size) for side in photo)
        height, width = (STEP * math.ceil(part * size / PARTS / STEP) for part in parts)
        return height, width

    regions = max(2, 1 << (own.regions - 1).bit_length())
    height, width = up(own.content)
    height = -(-height // devices) * devices
    return Shape((height, width), up(own.style), regions)


def photo_of(
    picture: Float32[np.ndarray, "h w 3"],
    masks: Float32[np.ndarray, "k h w"],
    shape: tuple[int, int] | None = None,
    regions: int | None = None,
) -> Photo:
    """A photo on the device: in arrays of its own size, or in the corners of larger ones.

    Args:
      picture: sRGB in [0, 1].
      masks: of its regions.
      shape: height and width of the arrays.
      regions: that they have room for.
    """
    if shape is None or regions is None:
        return Photo(*jax.device_put((picture, masks)))
    valid = np.ones(picture.shape[:2], np.float32)
    shapes = (*shape, 3), (regions, *shape), shape
    arrays = map(_padded, (picture, masks, valid), shapes)
    return Photo(*jax.device_put(tuple(arrays)))


def rows_mesh(devices: Sequence[jax.Device]) -> Mesh:
    """Devices in a column, for the rows of a picture to be laid over."""
    return jax.make_mesh((len(devices),), (ROWS,), (AxisType.Auto,), devices=devices)


def laid_by_rows(photo: Photo, mesh: Mesh) -> Photo:
    """A photo whose rows are spread over devices; XLA moves what lies beyond a device's own.

    Args:
      photo: its height a multiple of the number of devices.
      mesh: from `rows_mesh`.
    """
    picture, masks = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in ((ROWS,), (None, ROWS)))
    valid = None if photo.valid is None else picture
    laid: Photo = jax.device_put(photo, Photo(picture, masks, valid))  # type: ignore[arg-type]
    return laid


def _padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros after an array, along all its axes."""
    after = [(0, most - side) for most, side in zip(shape, array.shape, strict=True)]
    return np.pad(array, after)


@jax.jit
def halved_photo(photo: Photo) -> Photo:
    """A photo and its masks at half the size."""
    picture, masks, valid = photo
    return Photo(halved_picture(picture, valid), halved(masks, valid), reduced(valid, 2))
