"""The shapes that every array module speaks of.

Pictures are height x width x 3, float32 sRGB in [0, 1], one at a time; a batch is `jax.vmap`.
Channel planes (3 x h x w) appear where shifted slices of whole planes are the fast layout.
"""

from typing import TypeAlias

import jax
from jaxtyping import Float

Scalar: TypeAlias = Float[jax.Array, ""]
Picture: TypeAlias = Float[jax.Array, "h w 3"]
Plane: TypeAlias = Float[jax.Array, "h w"]
Planes: TypeAlias = Float[jax.Array, "c h w"]
Masks: TypeAlias = Float[jax.Array, "k h w"]
"""Share of each region k in each pixel; a pixel's shares sum to at most 1."""
Features: TypeAlias = Float[jax.Array, "y x c"]
"""At one layer of the network, y x x positions."""


def to_planes(picture: Float[jax.Array, "h w c"]) -> Planes:
    """Height x width x channels to channels x height x width."""
    return picture.transpose(2, 0, 1)


def to_picture(planes: Planes) -> Float[jax.Array, "h w c"]:
    """Channels x height x width to height x width x channels."""
    return planes.transpose(1, 2, 0)
