"""Soft masks of the regions of a photo, in padded arrays that photos of many sizes share."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32, Int

from jphoto import images
from jphoto.arrays import Masks
from jphoto.compilation import program
from jphoto.matting.lift import linear_weights
from jphoto.regions import HostMasks, borders
from jphoto.regions.matching import Labels
from jphoto.solver.pairs import Photo, Shape, photo_arrays, rounded

HostPicture: TypeAlias = Float32[np.ndarray, "_ _ 3"]


def soft_masks(photo: HostPicture, labels: Labels, regions: Sequence[Sequence[int]]) -> HostMasks:
    """Masks of regions whose borders follow the photo's edges.

    Args:
      photo: at working size.
      labels: the number of the segment at each place.
      regions: the numbers of each region's segments.
    """
    masks = np.zeros((len(regions), *photo.shape[:2]), np.float32)
    cells = [np.isin(labels, region) for region in regions]
    partial = [k for k, share in enumerate(cells) if share.any() and not share.all()]
    for k, share in enumerate(cells):
        masks[k] = share.all()
    if partial:
        masks[partial] = _refined(photo, np.array([cells[k] for k in partial], np.float32))
    whole: HostMasks = masks / np.maximum(masks.sum(0), 1)
    return whole


def soft_masks_at_half_size(
    photo: HostPicture, labels: Labels, regions: Sequence[Sequence[int]]
) -> HostMasks:
    """The same masks, computed at half the photo's size and enlarged, in a quarter of the time."""
    height, width = photo.shape[:2]
    small = images.resize(photo, (-(-height // 2), -(-width // 2)))
    masks = soft_masks(small, labels, regions)
    return np.stack([images.resize(mask[..., None], (height, width))[..., 0] for mask in masks])


def load_ahead(photo: HostPicture, *, quick: bool) -> None:
    """Begin to load the program of a photo's soft masks, if it has no more regions than usual.

    Args:
      photo: at working size.
      quick: whether for `soft_masks_at_half_size`.
    """
    height, width = (-(-side // 2) if quick else side for side in photo.shape[:2])
    (height, width), _, regions = _soft_masks_shape(height, width, 1)
    shapes = (height, width, 3), (regions, height, width), (height, width)
    arrays: list[Any] = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    _soft_masks.ahead(Photo(*arrays), jax.ShapeDtypeStruct((), jnp.int32))


def _refined(photo: HostPicture, shares: Float32[np.ndarray, "k y x"]) -> HostMasks:
    """Soft masks from shares on a grid, in padded arrays that photos of many sizes share."""
    height, width = photo.shape[:2]
    for axis, length in ((1, height), (2, width)):
        lower, upper, weight = linear_weights(length, shares.shape[axis])
        weight = weight[:, None] if axis == 1 else weight
        low = np.take(shares, lower, axis)
        shares = low + weight * (np.take(shares, upper, axis) - low)
    shape = _soft_masks_shape(height, width, len(shares))
    padded = photo_arrays(photo, shares, shape.content, shape.regions)
    masks: HostMasks = np.asarray(_soft_masks(padded, jnp.int32(len(shares))))
    return masks[: len(shares), :height, :width]


def _soft_masks_shape(height: int, width: int, regions: int) -> Shape:
    return rounded(Shape((height, width), (height, width), regions), max(height, width))


@program()
def _soft_masks(photo: Photo, count: Int[Array, ""]) -> Masks:
    return borders.soft_masks(photo.picture, photo.masks, count, photo.valid)
