"""Two photos with masks, in arrays of their size or padded to a bucket that many sizes share.

Buckets keep compiled programs few: photos are padded to the usual proportions, and a pair with a
portrait is solved transposed, in the arrays of a landscape. A pair's bucket depends on nothing but
the pair, so the same program solves it alone, in a batch, and on any host.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Float32

from jphoto import images
from jphoto.arrays.padding import Valid, subsampled
from jphoto.arrays.pyramid import halved, halved_picture
from jphoto.compilation import program
from jphoto.errors import ImageError
from jphoto.solver.checks import SMALLEST_SIDE

BUCKETS_PER_SIDE = 8
"""Long sides are rounded up to a multiple of this part of the working size."""
PROPORTIONS = (1.0, 4 / 5, 3 / 4, 2 / 3, 9 / 16, 1 / 2, 3 / 8, 1 / 4, 1 / 8, 1 / 16)
"""Short sides are rounded up to one of these shares of the long side. The first five are those of
cameras and telephones and need no padding; what is cropped to others gains a tenth, at most a
quarter, and compiles nothing of its own."""
FEWEST_REGIONS = 4
"""Masks that arrays have room for at least; on a CPU, empty ones hardly cost time."""
ROWS_AXIS = "rows"
"""Name of the mesh axis that a picture's rows are sharded over."""
SIDE_MULTIPLE = 4
"""Sides of arrays are multiples of this many pixels, so they halve twice without a remainder."""


class Pair(NamedTuple):
    """Two photos at working size, with the masks of the regions they share."""

    content: Float32[np.ndarray, "h w 3"]
    style: Float32[np.ndarray, "hs ws 3"]
    content_masks: Float32[np.ndarray, "k h w"]
    style_masks: Float32[np.ndarray, "k hs ws"]


class Shape(NamedTuple):
    """Sizes (height, width) and number of regions that a pair's arrays have room for."""

    content: tuple[int, int]
    style: tuple[int, int]
    regions: int


class Photo(NamedTuple):
    """A photo and the masks of its regions, as arrays on a device."""

    picture: Float[Array, "h w 3"]
    masks: Float[Array, "k h w"]
    valid: Valid = None
    """1 where padded arrays hold the photo, see `arrays.padding`; None without padding."""


def working_photo(
    picture: Float32[np.ndarray, "h w 3"], role: str, size: int
) -> Float32[np.ndarray, "h2 w2 3"]:
    """Resize a photo to working size; a smaller photo keeps its size.

    Args:
      picture: at its own size.
      role: "content" or "style", for messages.
      size: long side of the working picture, in pixels.

    Raises: ImageError, if it would be too small for the network.
    """
    height, width = images.working_size(picture.shape[:2], size)
    if min(height, width) < SMALLEST_SIDE:
        own_size = f"{picture.shape[1]} x {picture.shape[0]}"
        shrunk = (
            "" if (height, width) == picture.shape[:2] else f", {width} x {height} at size {size}"
        )
        raise ImageError(
            f"{role}: the photo is {own_size} pixels{shrunk}; the network needs at least "
            f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
        )
    return images.resize(picture, (height, width))


def bucket(pair: Pair, size: int, devices: int = 1) -> Shape:
    """The shape of the padded arrays for a pair, shared by pairs of about the same size.

    Args:
      pair: photos at working size.
      size: long side of the working photos in pixels, unless these were smaller.
      devices: number of devices that the content photo's rows are sharded over.
    """
    order = -1 if is_portrait(pair) else 1
    content, style = (photo.shape[:2][::order] for photo in (pair.content, pair.style))
    return rounded(Shape(content, style, len(pair.content_masks)), size, devices)


def is_portrait(pair: Pair) -> bool:
    """Whether the content photo is higher than wide, so that a bucket holds the pair transposed."""
    height, width, _ = pair.content.shape
    return bool(height > width)


def transposed(pair: Pair) -> Pair:
    """The pair with rows and columns swapped in both photos and all masks."""
    content, style, *masks = pair
    pictures = (np.ascontiguousarray(photo.swapaxes(0, 1)) for photo in (content, style))
    return Pair(*pictures, *(np.ascontiguousarray(mask.swapaxes(1, 2)) for mask in masks))


def rounded(own: Shape, size: int, devices: int = 1) -> Shape:
    """A shape rounded up to its bucket; arguments as in `bucket`."""

    def up(photo: tuple[int, int]) -> tuple[int, int]:
        parts = range(1, BUCKETS_PER_SIDE + 1)
        long = _fitting(max(photo), [part / BUCKETS_PER_SIDE * size for part in parts])
        short = min(long, _fitting(min(photo), [share * long for share in PROPORTIONS]))
        return (long, short) if photo[0] > photo[1] else (short, long)

    regions = max(FEWEST_REGIONS, 1 << (own.regions - 1).bit_length())
    height, width = up(own.content)
    height = -(-height // devices) * devices
    return Shape((height, width), up(own.style), regions)


def _fitting(side: int, lengths: Iterable[float]) -> int:
    """The least of some lengths, each rounded up, that a side fits into."""
    rounded_up = (SIDE_MULTIPLE * math.ceil(length / SIDE_MULTIPLE) for length in lengths)
    return min(length for length in rounded_up if length >= side)


def photo_arrays(
    picture: Float32[np.ndarray, "h w 3"],
    masks: Float32[np.ndarray, "k h w"],
    shape: tuple[int, int] | None = None,
    regions: int | None = None,
) -> Photo:
    """A photo on the device, in arrays of its size or in the upper left corner of larger ones.

    Args:
      picture: sRGB in [0, 1].
      masks: of its regions.
      shape: height and width of padded arrays.
      regions: number of masks in padded arrays.
    """
    if shape is None or regions is None:
        return Photo(*jax.device_put((picture, masks)))
    valid = np.ones(picture.shape[:2], np.float32)
    shapes = (*shape, 3), (regions, *shape), shape
    arrays = map(_padded, (picture, masks, valid), shapes)
    return Photo(*jax.device_put(tuple(arrays)))


def rows_mesh(devices: Sequence[jax.Device]) -> Mesh:
    """A mesh of devices for the rows of a picture."""
    return jax.make_mesh((len(devices),), (ROWS_AXIS,), (AxisType.Auto,), devices=devices)


def shard_rows(photo: Photo, mesh: Mesh) -> Photo:
    """A photo with its rows sharded over devices; XLA exchanges the rows at borders.

    Args:
      photo: its height a multiple of the number of devices.
      mesh: from `rows_mesh`.
    """
    picture, masks = (
        NamedSharding(mesh, PartitionSpec(*axes)) for axes in ((ROWS_AXIS,), (None, ROWS_AXIS))
    )
    valid = None if photo.valid is None else picture
    sharded: Photo = jax.device_put(photo, Photo(picture, masks, valid))  # type: ignore[arg-type]
    return sharded


def _padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The array with zeros appended along all axes."""
    after = [(0, length - side) for length, side in zip(shape, array.shape, strict=True)]
    return np.pad(array, after)


def halvings(photo: Photo, levels: int) -> list[Photo]:
    """A photo at so many sizes, each half of the next, the smallest first."""
    photos = [photo]
    for _ in range(levels - 1):
        photos.insert(0, halved_photo(photos[0]))
    return photos


@program(once=True)
def halved_photo(photo: Photo) -> Photo:
    """A photo and its masks at half the size, see `halvings`."""
    picture, masks, valid = photo
    return Photo(halved_picture(picture, valid), halved(masks, valid), subsampled(valid, 2))
