"""The array types that all array modules share.

Pictures are height x width x 3, float32 sRGB in [0, 1]. Functions take one picture; `jax.vmap`
makes the batch. Planes (channels x height x width) appear where code slices and shifts whole
planes, which is faster in that layout.
"""

from typing import TypeAlias

import jax
from jaxtyping import Float

Scalar: TypeAlias = Float[jax.Array, ""]
Picture: TypeAlias = Float[jax.Array, "h w 3"]
Plane: TypeAlias = Float[jax.Array, "h w"]
Planes: TypeAlias = Float[jax.Array, "c h w"]
Masks: TypeAlias = Float[jax.Array, "k h w"]
"""Share of each of k regions in each pixel, in [0, 1]; the shares of a pixel sum to at most 1."""
Features: TypeAlias = Float[jax.Array, "y x c"]
"""Features of one layer of a network: c channels at y x x positions."""


def to_planes(picture: Float[jax.Array, "h w c"]) -> Planes:
    """Reorders height x width x channels to channels x height x width."""
    return picture.transpose(2, 0, 1)


def to_picture(planes: Planes) -> Float[jax.Array, "h w c"]:
    """Reorders channels x height x width to height x width x channels."""
    return planes.transpose(1, 2, 0)
