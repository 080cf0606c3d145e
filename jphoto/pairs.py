"""Two photos with masks, as they are or in larger arrays, so that many sizes share a program.

Few shapes of arrays serve photos of all sizes: sides are rounded up to a coarse grid. A pair's
shape depends on nothing but itself, so a pair is solved by the same program alone, in a batch, in
any part of it and on any host.
"""

import math
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jaxtyping import Float, Float32

from jphoto.padding import Valid, reduced
from jphoto.pyramid import halved, halved_picture

PARTS = 16
"""Of the working size: sides are rounded up to a multiple of one. The usual proportions of photos,
3:2, 4:3, 16:9, 5:4, lose at most 4 % by that."""
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


class Photos(NamedTuple):
    """A pair in arrays."""

    content: Float[Array, "h w 3"]
    style: Float[Array, "hs ws 3"]
    content_masks: Float[Array, "k h w"]
    style_masks: Float[Array, "k hs ws"]
    valid: Valid = None
    """Where the content is, see `padding`."""
    style_valid: Float[Array, "hs ws"] | None = None


def bucket(pair: Pair, size: int) -> Shape:
    """The shape whose programs solve a pair, which others near its size and number of regions
    share.

    Args:
      pair: photos at working size.
      size: the long side that they were brought to, unless they were smaller.
    """

    def rounded(photo: np.ndarray) -> tuple[int, int]:
        height, width = (
            STEP * math.ceil(math.ceil(side * PARTS / size) * size / PARTS / STEP)
            for side in photo.shape[:2]
        )
        return height, width

    regions = 1 << (len(pair.content_masks) - 1).bit_length()
    return Shape(rounded(pair.content), rounded(pair.style), regions)


def photos_of(pair: Pair, shape: Shape | None = None) -> Photos:
    """A pair on the device: in arrays of its own size, or in the corners of arrays of a shape."""
    if shape is None:
        return Photos(*jax.device_put(tuple(pair)))
    content, style = ((*size, 3) for size in (shape.content, shape.style))
    masks = ((shape.regions, *size) for size in (shape.content, shape.style))
    valid, style_valid = (
        _padded(np.ones(photo.shape[:2], np.float32), size)
        for photo, size in ((pair.content, shape.content), (pair.style, shape.style))
    )
    arrays = map(_padded, pair, (content, style, *masks))
    return Photos(*jax.device_put((*arrays, valid, style_valid)))


def _padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros after an array, along all its axes."""
    after = [(0, most - side) for most, side in zip(shape, array.shape, strict=True)]
    return np.pad(array, after)


@jax.jit
def halved_photos(photos: Photos) -> Photos:
    """All that a pair is made of, at half its size."""
    content, style, masks, style_masks, valid, style_valid = photos
    return Photos(
        halved_picture(content, valid),
        halved_picture(style, style_valid),
        halved(masks, valid),
        halved(style_masks, style_valid),
        reduced(valid, 2),
        reduced(style_valid, 2),
    )
