"""Closed-form color transfer: the start of the solver, and a fair guess by itself.

Each region's colors are mapped so that their mean and covariance become the style region's, by the
linear map that moves colors least.

Source: Pitie, Kokaram 2007, "The Linear Monge-Kantorovitch Linear Colour Mapping", eq. 17.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Masks, Picture
from jphoto.arrays.padding import Valid

RIDGE = 1e-5
"""Added to each covariance, so that each has a root and an inverse."""
LARGEST_GAIN = 6.0
"""No direction of color is stretched more: the faint colors of a gray photo are mostly noise."""


class Moments(NamedTuple):
    """Of the colors of each region, and, last, of the whole photo."""

    means: Float[Array, "n 3"]
    covariances: Float[Array, "n 3 3"]


def color_moments(picture: Picture, masks: Masks, valid: Valid = None) -> Moments:
    """What `color_transfer` takes from the style.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      masks: k x h x w.
      valid: where the picture is, see `padding`.

    Returns: of k + 1 regions.
    """
    sources = jnp.concatenate([masks, _whole(picture, valid)])
    with jax.default_matmul_precision("highest"):
        return Moments(*jax.vmap(_moments, (None, 0))(picture, sources))


def color_transfer(content: Picture, masks: Masks, goals: Moments, valid: Valid = None) -> Picture:
    """The content photo with each region's mean and covariance of color those of the style's.

    Args:
      content: h x w x 3, sRGB in [0, 1].
      masks: k x h x w; what no region claims is mapped as the whole photo would be.
      goals: of the style's regions.
      valid: where the content is, see `padding`.

    Returns: h x w x 3, clipped to [0, 1].
    """
    unclaimed = _whole(content, valid) - jnp.sum(masks, 0, keepdims=True)
    shares = jnp.concatenate([masks, unclaimed])
    own = color_moments(content, masks, valid)
    with jax.default_matmul_precision("highest"):
        maps = jax.vmap(_transport)(own.covariances, goals.covariances)
        offsets = goals.means - jnp.einsum("kij,kj->ki", maps, own.means)
        mapped = jnp.einsum("khw,kij,hwj->hwi", shares, maps, content)
        return jnp.clip(mapped + jnp.einsum("khw,ki->hwi", shares, offsets), 0, 1)


def _whole(picture: Picture, valid: Valid) -> Float[Array, "1 h w"]:
    return (jnp.ones(picture.shape[:2]) if valid is None else valid)[None]


def _moments(
    picture: Picture, mask: Float[Array, "h w"]
) -> tuple[Float[Array, "3"], Float[Array, "3 3"]]:
    """Mean and covariance of the colors under a mask."""
    weight = mask / jnp.maximum(jnp.sum(mask), 1e-6)
    mean = jnp.einsum("hw,hwi->i", weight, picture)
    centered = picture - mean
    covariance = jnp.einsum("hw,hwi,hwj->ij", weight, centered, centered)
    return mean, covariance + RIDGE * jnp.eye(3)


def _transport(source: Float[Array, "3 3"], target: Float[Array, "3 3"]) -> Float[Array, "3 3"]:
    """The symmetric T with T source T = target: C^-1/2 (C^1/2 D C^1/2)^1/2 C^-1/2, limited."""
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    transport = inverse @ _power(root @ target @ root, 0.5) @ inverse
    gains, directions = jnp.linalg.eigh(transport)
    limited: Float[Array, "3 3"] = (directions * jnp.minimum(gains, LARGEST_GAIN)) @ directions.T
    return limited


def _power(matrix: Float[Array, "3 3"], exponent: float) -> Float[Array, "3 3"]:
    """A power of a symmetric positive matrix; rounding below zero is cut off."""
    values, vectors = jnp.linalg.eigh(matrix)
    power: Float[Array, "3 3"] = (vectors * jnp.maximum(values, 1e-12) ** exponent) @ vectors.T
    return power
