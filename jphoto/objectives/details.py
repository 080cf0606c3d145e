"""Fine detail in closed form: how soft the style photo is, and a bound for the colors of specks.

The finest detail of a picture is what halving takes from it: the first level of its Laplacian
pyramid. That of a region is weakened as a whole, so that edges stay where they are.

Source: Bae, Paris, Durand 2006, "Two-scale Tone Management for Photographic Look", which matches
the amount of texture; Burt, Adelson 1983, "The Laplacian Pyramid as a Compact Image Code".
"""

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Planes, Scalar, to_picture, to_planes
from jphoto.arrays.padding import Valid, subsampled
from jphoto.arrays.pyramid import doubled, halved, quartered

DetailStrengths = Float[Array, "k"]
"""Mean square of the finest detail of each region, over pixels and colors."""

NOISE = 3e-6
"""Added to the strengths: what a flat region has left is the camera's noise, which is not matched.
Its root is .4 of 255 levels."""
LEAST_GAIN = 0.7
"""Of detail. The largest gain is 1: stronger detail would be stronger noise, and no nearer to the
style."""

LARGEST_COLOR_DETAIL = 0.045
"""Largest root mean square, in blocks of 4 x 4 pixels, of what the colors of detail differ by from
those of the recolored photo. With .03, style distance is 1 % larger."""


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


def bounded_color_detail(picture: Picture, recolored: Picture, valid: Valid = None) -> Picture:
    """The picture with the colors of its small things no further than a bound from the recolored's.

    Twigs before a sky and windows of a house are affine functions of the content's colors whatever
    color they have. So they cost nothing, and come out green, red or with a halo of the opposite.
    Lightness, and all that is larger than 4 x 4 pixels, stays as it is.

    Args:
      picture: h x w x 3.
      recolored: the content photo recolored, the same size.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: h x w x 3, not clipped.

    Example: a red speck on gray gets paler, and its lightness stays.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import bounded_color_detail
    >>> gray = np.full((16, 16, 3), 0.5, np.float32)
    >>> picture = gray.copy()
    >>> picture[8, 8] = 0.9, 0.3, 0.3
    >>> bounded = np.asarray(jax.jit(bounded_color_detail)(picture, gray))
    >>> bool(np.ptp(bounded[8, 8]) < 0.5), bool(abs(bounded[8, 8].mean() - 0.5) < 1e-6)
    (True, True)
    """
    change = to_planes(picture - recolored)
    change = change - jnp.mean(change, 0)
    detail = change - _enlarged(quartered(change, valid), change, valid)
    # The mean over colors comes last: the other way round, XLA on the CPU returns wrong sums.
    squares = jnp.mean(quartered(detail**2, valid), 0, keepdims=True)
    shares = jnp.minimum(1, LARGEST_COLOR_DETAIL / jnp.sqrt(jnp.maximum(squares, 1e-12)))
    # A speck at the corner of its block is bounded as one in the middle.
    shares = lax.reduce_window(shares, jnp.inf, lax.min, (1, 3, 3), (1, 1, 1), "SAME")
    return picture + to_picture((_enlarged(shares, change, valid) - 1) * detail)


def _enlarged(
    quarter: Float[Array, "n hq wq"], planes: Planes, valid: Valid
) -> Float[Array, "n h w"]:
    """Means from `quartered` at the size of the planes."""
    height, width = planes.shape[1:]
    half = (height + 1) // 2, (width + 1) // 2
    return doubled(
        doubled(quarter, half, subsampled(valid, 4)), (height, width), subsampled(valid, 2)
    )


def _finest_detail(picture: Picture, valid: Valid) -> Planes:
    planes = to_planes(picture)
    smaller = None if valid is None else subsampled(valid, 2)
    detail = planes - doubled(halved(planes, valid), planes.shape[1:], smaller)
    return detail if valid is None else detail * valid


def _strengths(detail: Planes, masks: Masks) -> DetailStrengths:
    areas = jnp.maximum(jnp.sum(masks, (1, 2)), 1e-6)
    return jnp.einsum("khw,chw,chw->k", masks, detail, detail) / (len(detail) * areas)
