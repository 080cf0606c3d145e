"""Pictures of many sizes in arrays of one: each in the upper left corner, zeros to its right and
below it.

Functions that look beyond a pixel take the plane `valid`, 1 where the picture is and 0 elsewhere.
They give for a padded picture what they give for the picture alone, and zeros beyond it. None
stands for a picture without padding, which then costs nothing.
"""

from typing import TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Plane, Planes, Scalar

Valid: TypeAlias = Plane | None


def reduced(valid: Valid, factor: int) -> Float[Array, "_ _"] | None:
    """Where the picture is when each block of pixels is one, sizes rounded up."""
    return None if valid is None else valid[::factor, ::factor]


def within(features: Float[Array, "h w c"], valid: Valid) -> Float[Array, "h w c"]:
    """Zeros wherever the picture is not."""
    return features if valid is None else features * valid[..., None]


def area(shape: tuple[int, ...], valid: Valid) -> float | Scalar:
    """Pixels of a picture whose array begins with h and w in its shape."""
    return float(shape[0] * shape[1]) if valid is None else jnp.sum(valid)


def excess(shape: tuple[int, ...], valid: Valid) -> float | Scalar:
    """How many times as large as the picture its array is: by this, a mean over the array becomes
    one over the picture.
    """
    return shape[0] * shape[1] / area(shape, valid)


def whole_windows(valid: Plane) -> Plane:
    """Ones where a 3 x 3 window's middle may lie, as far as the picture's end is concerned."""
    return jnp.pad(valid[1:, 1:], ((0, 1), (0, 1)))


def extended(planes: Planes, valid: Valid) -> Planes:
    """The picture's last row and column repeated to the end of the array."""
    if valid is None:
        return planes
    height, width = jnp.sum(valid[:, 0]).astype(int), jnp.sum(valid[0]).astype(int)
    rows = jnp.minimum(jnp.arange(valid.shape[0]), height - 1)
    columns = jnp.minimum(jnp.arange(valid.shape[1]), width - 1)
    return planes[:, rows][:, :, columns]
