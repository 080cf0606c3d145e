"""Padding: pictures of different sizes in arrays of one size, so that they share compiled programs.

A picture lies in the upper left corner of its array, with zeros to its right and below it. The
plane `valid` is 1 where the array holds the picture and 0 in the padding; None means that the
picture fills its array, and costs nothing. Functions that read neighboring pixels take `valid`: for
a padded picture they return the same values as for the picture alone, and zeros in the padding.
"""

from typing import TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Plane, Planes, Scalar

Valid: TypeAlias = Plane | None
"""1 where the array holds the picture, 0 in the padding; None without padding."""


def subsampled(valid: Valid, factor: int) -> Float[Array, "_ _"] | None:
    """The valid plane of a picture that is smaller by a factor, with its size rounded up."""
    return None if valid is None else valid[::factor, ::factor]


def zero_outside(features: Float[Array, "h w c"], valid: Valid) -> Float[Array, "h w c"]:
    """Sets the padding to zero."""
    return features if valid is None else features * valid[..., None]


def pixel_count(shape: tuple[int, ...], valid: Valid) -> float | Scalar:
    """Number of pixels of the picture, without padding.

    Args:
      shape: of the picture's array; height and width come first.
      valid: 1 where the array holds the picture.
    """
    return float(shape[0] * shape[1]) if valid is None else jnp.sum(valid)


def padding_ratio(shape: tuple[int, ...], valid: Valid) -> float | Scalar:
    """Pixels of the array divided by pixels of the picture, at least 1.

    This factor turns a mean over the array into a mean over the picture.

    Args:
      shape: of the picture's array; height and width come first.
      valid: 1 where the array holds the picture.
    """
    return shape[0] * shape[1] / pixel_count(shape, valid)


def whole_windows(valid: Plane) -> Plane:
    """1 at each pixel whose 3 x 3 window ends inside the picture, on the right and below."""
    return jnp.pad(valid[1:, 1:], ((0, 1), (0, 1)))


def edge_extended(planes: Planes, valid: Valid) -> Planes:
    """Fills the padding by repeating the picture's last row and last column."""
    if valid is None:
        return planes
    height, width = jnp.sum(valid[:, 0]).astype(int), jnp.sum(valid[0]).astype(int)
    rows = jnp.minimum(jnp.arange(valid.shape[0]), height - 1)
    columns = jnp.minimum(jnp.arange(valid.shape[1]), width - 1)
    return planes[:, rows][:, :, columns]
