"""Closed-form transfer of fine detail, region by region: how soft the style photo is.

The finest detail of a picture is what halving takes from it: the first level of its Laplacian
pyramid. That of a region is weakened as a whole, so that edges stay where they are.

Source: Bae, Paris, Durand 2006, "Two-scale Tone Management for Photographic Look", which matches
the amount of texture; Burt, Adelson 1983, "The Laplacian Pyramid as a Compact Image Code".
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Planes, Scalar, to_picture, to_planes
from jphoto.arrays.padding import Valid, subsampled
from jphoto.arrays.pyramid import doubled, halved

DetailStrengths = Float[Array, "k"]
"""Mean square of the finest detail of each region, over pixels and colors."""

NOISE = 3e-6
"""Added to the strengths: what a flat region has left is the camera's noise, which is not matched.
Its root is .4 of 255 levels."""
LEAST_GAIN = 0.7
"""Of detail. The largest gain is 1: stronger detail would be stronger noise, and no nearer to the
style."""


def detail_strengths(picture: Picture, masks: Masks, valid: Valid = None) -> DetailStrengths:
    """How strong the finest detail of each region is.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      masks: k x h x w.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: k mean squares over the pixels of a region and the three colors.

    Example: single pixels are all detail, a gray photo has none.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import detail_strengths
    >>> gray, whole = np.full((4, 4, 3), 0.5, np.float32), np.ones((1, 4, 4), np.float32)
    >>> checkered = gray + 0.5 * (-1.0) ** np.indices((4, 4)).sum(0)[..., None]
    >>> jax.jit(detail_strengths)(gray, whole).tolist()
    [0.0]
    >>> jax.jit(detail_strengths)(checkered, whole).tolist()
    [0.25]
    """
    return _strengths(_finest_detail(picture, valid), masks)


def detail_transfer(
    picture: Picture,
    masks: Masks,
    goals: DetailStrengths,
    share: float | Scalar,
    valid: Valid = None,
) -> Picture:
    """The picture with each region's finest detail no stronger than the style's, or nearer to that.

    Args:
      picture: h x w x 3.
      masks: k x h x w; pixels in no region stay as they are.
      goals: of the style's regions, from `detail_strengths`.
      share: of the way to go, in [0, 1].
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: h x w x 3, not clipped.

    Example: nothing changes for a picture that has the strength already.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import detail_strengths, detail_transfer
    >>> picture = np.random.default_rng(0).random((6, 6, 3), np.float32)
    >>> whole = np.ones((1, 6, 6), np.float32)
    >>> @jax.jit
    ... def transfer(picture, whole):
    ...     return detail_transfer(picture, whole, detail_strengths(picture, whole), 1.0)
    >>> bool(abs(transfer(picture, whole) - picture).max() < 1e-6)
    True
    """
    detail = _finest_detail(picture, valid)
    own = _strengths(detail, masks)
    gains = jnp.clip(jnp.sqrt((goals + NOISE) / (own + NOISE)), LEAST_GAIN, 1)
    return picture + to_picture(detail * jnp.tensordot(share * (gains - 1), masks, 1))


def _finest_detail(picture: Picture, valid: Valid) -> Planes:
    planes = to_planes(picture)
    smaller = None if valid is None else subsampled(valid, 2)
    detail = planes - doubled(halved(planes, valid), planes.shape[1:], smaller)
    return detail if valid is None else detail * valid


def _strengths(detail: Planes, masks: Masks) -> DetailStrengths:
    areas = jnp.maximum(jnp.sum(masks, (1, 2)), 1e-6)
    return jnp.einsum("khw,chw,chw->k", masks, detail, detail) / (len(detail) * areas)
