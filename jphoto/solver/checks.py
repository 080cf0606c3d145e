"""Shapes of the arrays that callers pass: refused early, with what was expected and found."""

from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Picture
from jphoto.errors import ImageError, MaskError

Values: TypeAlias = Float[Array | np.ndarray, "..."]
"""A picture or masks, of jax or of NumPy, of any shape."""

SMALLEST_SIDE = 32
"""Least side of a photo at the smallest size, in pixels: VGG's deepest layer has 2 x 2 features."""


def checked_picture(picture: Values, role: str) -> Picture:
    """The picture as an array of jax.

    Raises: ImageError, if its shape does not fit.
    """
    shape = jnp.shape(picture)
    if len(shape) != 3 or shape[2] != 3 or min(shape[:2]) < SMALLEST_SIDE:
        raise ImageError(
            f"{role}: the array has the shape {shape}; expected (height, width, 3), both sides at "
            f"least {SMALLEST_SIDE}; use jax.vmap for a batch"
        )
    return jnp.asarray(picture)


def checked_masks(picture: Values, masks: Values | None, role: str) -> Float[Array, "k h w"]:
    """The masks of a photo, or one that covers it, as an array of jax.

    Raises: MaskError, if their shape does not fit.
    """
    size = jnp.shape(picture)[:2]
    if masks is None:
        # Behind a barrier, for XLA would take seconds to compute with constants as it compiles.
        whole: Float[Array, "k h w"] = lax.optimization_barrier(jnp.ones((1, *size), jnp.float32))
        return whole
    shape = jnp.shape(masks)
    if len(shape) != 3 or shape[1:] != size:
        raise MaskError(
            f"{role} masks: the array has the shape {shape}; expected (regions, height, width) of "
            f"the photo, (k, {size[0]}, {size[1]})"
        )
    return jnp.asarray(masks)


def check_regions(content: int, style: int) -> None:
    """Raise a MaskError if two photos have different numbers of regions."""
    if content != style:
        raise MaskError(
            f"the content photo has {content} regions and the style photo {style}; give masks of "
            "the same regions in the same order"
        )


def check_levels(content: Values, style: Values, levels: int) -> None:
    """Raise an ImageError if photos cannot be halved for so many sizes."""
    shortest = min(*content.shape[:2], *style.shape[:2])
    if not levels or -(-shortest // 2 ** (levels - 1)) < SMALLEST_SIDE:
        raise ImageError(
            f"photos with a short side of {shortest} pixels cannot be solved at {levels} sizes: "
            f"the smallest must have at least {SMALLEST_SIDE} pixels; give fewer steps"
        )
