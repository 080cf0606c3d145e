"""Closed-form color transfer, region by region: the picture that a solve starts from.

Each region's colors get the mean and covariance of the style region's, by the linear map that moves
colors least.

Source: Pitie, Kokaram 2007, "The Linear Monge-Kantorovitch Linear Colour Mapping", eq. 17.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Scalar
from jphoto.arrays.padding import Valid, subsampled
from jphoto.arrays.pyramid import quartered_picture

RIDGE = 1e-5
"""Added to the diagonal of each covariance, in squared colors, so that it has an inverse."""
LARGEST_GAIN = 6.0
"""Largest stretch of any direction of color: the faint colors of a gray photo are mostly noise."""

GRAY_SPREAD, COLORFUL_SPREAD = 1 / 255, 2 / 255
"""Standard deviation of the colors that lightness does not explain, up to which a photo is gray or
toned, and from which it has colors. That of the noise of a camera or of JPEG is about 1/2 of 255,
in means of 4 x 4 pixels; a white church has 2."""


class Moments(NamedTuple):
    """Moments of the colors of each region and, last, of the whole photo."""

    means: Float[Array, "n 3"]
    covariances: Float[Array, "n 3 3"]


def color_moments(picture: Picture, masks: Masks, valid: Valid = None) -> Moments:
    """Mean and covariance of the colors of each region and of the whole photo.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      masks: k x h x w.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: moments of k + 1 regions, the last the whole photo.

    Example:
    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import color_moments
    >>> gray, whole = np.full((4, 4, 3), 0.25, np.float32), np.ones((1, 4, 4), np.float32)
    >>> jax.jit(color_moments)(gray, whole).means.tolist()
    [[0.25, 0.25, 0.25], [0.25, 0.25, 0.25]]
    """
    sources = jnp.concatenate([masks, _whole(picture, valid)])
    with jax.default_matmul_precision("highest"):
        return Moments(*jax.vmap(_moments, (None, 0))(picture, sources))


def color_transfer(content: Picture, masks: Masks, goals: Moments, valid: Valid = None) -> Picture:
    """The content photo with each region's mean and covariance of colors matched to the style's.

    Args:
      content: h x w x 3, sRGB in [0, 1].
      masks: k x h x w; pixels in no region are mapped with the whole photo's moments.
      goals: moments of the style's regions, from `color_moments`.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: h x w x 3, clipped to [0, 1].

    Example: the result has the mean color of the style.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import color_moments, color_transfer
    >>> content, style = np.random.default_rng(0).random((2, 6, 6, 3), np.float32)
    >>> style, whole = 0.3 + 0.2 * style, np.ones((1, 6, 6), np.float32)
    >>> @jax.jit
    ... def transfer(content, style, whole):
    ...     return color_transfer(content, whole, color_moments(style, whole))
    >>> result = np.asarray(transfer(content, style, whole))
    >>> bool(abs(result.mean((0, 1)) - style.mean((0, 1))).max() < 0.01)
    True
    """
    own = color_moments(content, masks, valid)
    shares = _with_unclaimed(content, masks, valid)
    with jax.default_matmul_precision("highest"):
        maps = jax.vmap(_transport)(own.covariances, goals.covariances)
        offsets = goals.means - jnp.einsum("kij,kj->ki", maps, own.means)
        mapped = jnp.einsum("khw,kij,hwj->hwi", shares, maps, content)
        return jnp.clip(mapped + jnp.einsum("khw,ki->hwi", shares, offsets), 0, 1)


def weakened_colors(
    texture: Picture, content: Picture, masks: Masks, goals: Moments, valid: Valid = None
) -> Picture:
    """What `color_transfer` takes from the colors of a texture, without what it would amplify.

    The maps of a transfer to black and white take the colors of a texture as well. But the faint
    texture of a photo is also noise, which nobody wants stronger, so gains above 1 count as 1.
    Lightness stays, so that clouds do not vanish from a sky that gets the colors of a hazy one.

    Args:
      texture: part of the content photo, h x w x 3, with the mean 0.
      content, masks, goals, valid: as in `color_transfer`.

    Returns: h x w x 3, the texture after the transfer minus the texture, which changes no mean of
      red, green and blue.

    Example: in a gray photo no color of the texture remains.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import color_moments, weakened_colors
    >>> content = np.random.default_rng(0).random((6, 6, 3), np.float32)
    >>> gray = content.mean(-1, keepdims=True) * np.ones(3, np.float32)
    >>> whole = np.ones((1, 6, 6), np.float32)
    >>> @jax.jit
    ... def transferred(texture, content, gray, whole):
    ...     goals = color_moments(gray, whole)
    ...     return texture + weakened_colors(texture, content, whole, goals)
    >>> texture = 0.01 * (content - content.mean((0, 1)))
    >>> result = np.asarray(transferred(texture, content, gray, whole))
    >>> bool(np.ptp(texture, -1).mean() > 0.004), bool(np.ptp(result, -1).max() < 0.0005)
    (True, True)
    """
    own = color_moments(content, masks, valid)
    shares = _with_unclaimed(content, masks, valid)
    with jax.default_matmul_precision("highest"):
        maps = jax.vmap(_transport)(own.covariances, goals.covariances)
        gains, directions = jax.vmap(jnp.linalg.eigh)(maps)
        losses = jnp.minimum(gains, 1) - 1
        return chroma(
            jnp.einsum("khw,kij,kj,klj,hwl->hwi", shares, directions, losses, directions, texture)
        )


def _with_unclaimed(picture: Picture, masks: Masks, valid: Valid) -> Float[Array, "n h w"]:
    """The masks, and last the share of each pixel that is in no region."""
    unclaimed = _whole(picture, valid) - jnp.sum(masks, 0, keepdims=True)
    return jnp.concatenate([masks, unclaimed])


def colorfulness(picture: Picture, valid: Valid = None) -> Scalar:
    """Whether a photo has colors: 0 for a gray or toned photo with noise, 1 for one with colors.

    Colors of a toned photo lie on a line. So what counts is the variance beside their main axis; it
    is measured in means of 4 x 4 pixels, which have little noise.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      valid: 1 where the array holds the photo, see `arrays.padding`.

    Example: a sepia photo has no colors of its own.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import colorfulness
    >>> colors = np.random.default_rng(0).random((16, 16, 3), np.float32)
    >>> sepia = colors[..., :1] * np.float32([1, 0.8, 0.6])
    >>> [float(jax.jit(colorfulness)(photo)) for photo in (colors, sepia)]
    [1.0, 0.0]
    """
    quarter = quartered_picture(picture, valid)
    with jax.default_matmul_precision("highest"):
        _, covariance = _moments(quarter, _whole(quarter, subsampled(valid, 4))[0])
    minor = jnp.sum(jnp.linalg.eigvalsh(covariance)[:2]) - 2 * RIDGE
    spread = jnp.sqrt(jnp.maximum(minor, 0))
    return jnp.clip((spread - GRAY_SPREAD) / (COLORFUL_SPREAD - GRAY_SPREAD), 0, 1)


def chroma(picture: Picture) -> Picture:
    """What red, green and blue differ by from their mean; 0 for a gray picture."""
    return picture - jnp.mean(picture, -1, keepdims=True)


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
    """A power of a symmetric positive matrix; negative rounding errors are clipped."""
    values, vectors = jnp.linalg.eigh(matrix)
    power: Float[Array, "3 3"] = (vectors * jnp.maximum(values, 1e-12) ** exponent) @ vectors.T
    return power
