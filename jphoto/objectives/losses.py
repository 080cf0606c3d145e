"""The loss terms: pure functions that return one number for one picture.

Each error is relative to the size of its target, so that one set of weights serves every network,
size and photo.

Source: Gatys et al. 2016, eq. 4 and 5; Luan et al. 2017, eq. 2 to 4.
Departs: those sizes make the terms dimensionless; the papers divide by counts.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Picture, Scalar, to_planes
from jphoto.arrays.padding import Valid, zero_outside
from jphoto.matting.affinities import Affinities
from jphoto.matting.laplacian import laplacian_energy
from jphoto.objectives.grams import Groups, gram_matrices, mean_features

MEANS_WEIGHT = 3.0
"""Weight of the mean features' relative error, beside that of the Gram matrices."""
TINY = 1e-12
"""Least divisor: keeps quotients finite where a whole layer is zero, as on a black photo."""


def style_loss(
    features: Features,
    masks: Float[Array, "k y x"],
    grams: Float[Array, "k c c"],
    means: Float[Array, "k c"],
    groups: Groups | None = None,
) -> Scalar:
    """Relative error of one layer's Gram matrices and mean features, summed over regions.

    Args:
      features: y x x x c, of the picture.
      masks: k x y x x, of the content's regions, at this layer's size.
      grams: k x c x c, of the style's regions.
      means: k x c, of the style's regions.
      groups: of the masks, see `gram_matrices`.

    Returns: the sum over regions of area * (mean((G - G_s)^2) / mean(G_s^2) + MEANS_WEIGHT *
      mean((m - m_s)^2) / mean(m_s^2)), where area is the region's share of the photo.
    Source: Gatys et al. 2016, eq. 4; Li et al. 2017, "Demystifying Neural Style Transfer", for
      matching means.

    Example: features in half the strength of the style's have Gram matrices in a quarter of it.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import gram_matrices, mean_features, style_loss
    >>> features, masks = np.ones((2, 2, 3), np.float32), np.ones((1, 2, 2), np.float32)
    >>> @jax.jit
    ... def targets(features, masks):
    ...     return gram_matrices(features, masks), mean_features(features, masks)
    >>> loss, goals = jax.jit(style_loss), targets(features, masks)
    >>> float(loss(features, masks, *goals))
    0.0
    >>> round(float(loss(features / 2, masks, *goals)), 4)  # (3/4)^2 + 3 (1/2)^2
    1.3125
    """
    errors = _relative_error(gram_matrices(features, masks, groups), grams, (1, 2))
    errors = errors + MEANS_WEIGHT * _relative_error(mean_features(features, masks), means, (1,))
    return jnp.sum(jnp.mean(masks, (1, 2)) * errors)


def content_loss(features: Features, target: Features) -> Scalar:
    """Relative error of one layer's features: mean((F - F_c)^2) / mean(F_c^2).

    Args:
      features: y x x x c, of the picture.
      target: y x x x c, of the content photo.

    Example:
    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import content_loss
    >>> features = np.ones((2, 2, 3), np.float32)
    >>> float(jax.jit(content_loss)(features / 2, features))
    0.25
    """
    return _relative_error(features, target, (0, 1, 2))


def photorealism_loss(affinities: Affinities, picture: Picture) -> Scalar:
    """Matting energy per pixel: how far the picture is from a locally affine recoloring.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      picture: h x w x 3, values in [0, 1], the size of that photo.

    Source: Luan et al. 2017, eq. 2, divided by the number of pixels.

    Example: one affine map of all colors costs next to nothing, a single changed pixel does not.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> import numpy as np
    >>> from jphoto.matting import matting_affinities
    >>> from jphoto.objectives import photorealism_loss
    >>> photo = np.random.default_rng(0).random((6, 8, 3), np.float32)
    >>> affinities, loss = matting_affinities(jnp.asarray(photo)), jax.jit(photorealism_loss)
    >>> float(loss(affinities, 0.5 * photo + 0.2)) < 1e-6
    True
    >>> photo[4, 4] += 0.5
    >>> float(loss(affinities, photo)) > 1e-3
    True
    """
    return laplacian_energy(affinities, to_planes(picture)) / (picture.shape[0] * picture.shape[1])


def gamut_loss(picture: Picture) -> Scalar:
    """Squared distances of colors from [0, 1], per pixel: 0 for a picture that can be shown.

    Args:
      picture: h x w x 3, sRGB, not clipped.

    Example:
    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import gamut_loss
    >>> picture = np.full((2, 2, 3), 1.5, np.float32)
    >>> float(jax.jit(gamut_loss)(picture))  # three channels, (1/2)^2 each
    0.75
    """
    return _squares_per_pixel(picture - jnp.clip(picture, 0, 1))


def recoloring_loss(picture: Picture, recolored: Picture) -> Scalar:
    """Squared differences from the recolored content photo, per pixel.

    Args:
      picture: h x w x 3, sRGB, not clipped.
      recolored: the same size.

    Example:
    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import recoloring_loss
    >>> picture = np.ones((2, 2, 3), np.float32)
    >>> float(jax.jit(recoloring_loss)(picture / 2, picture))
    0.75
    """
    return _squares_per_pixel(picture - recolored)


def total_variation(picture: Picture, valid: Valid = None) -> Scalar:
    """The sum of squared differences of each pixel to its right and lower neighbors.

    Pixels of the last row and column, which lack one of the two, count only as neighbors.

    Source: Mahendran, Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them",
    eq. 3 with exponent 2.

    Example: a step of 1 from row to row, in two columns and three channels.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import total_variation
    >>> picture = np.tile(np.arange(3, dtype=np.float32)[:, None, None], (1, 2, 3))
    >>> float(jax.jit(total_variation)(picture))
    6.0
    """
    here = picture[:-1, :-1]
    right, below = picture[:-1, 1:] - here, picture[1:, :-1] - here
    if valid is not None:
        right, below = (zero_outside(difference, valid[1:, 1:]) for difference in (right, below))
    return jnp.sum(right**2) + jnp.sum(below**2)


def _squares_per_pixel(difference: Picture) -> Scalar:
    return jnp.sum(difference**2) / (difference.shape[0] * difference.shape[1])


def _relative_error(
    value: Float[Array, "*shape"], target: Float[Array, "*shape"], axes: tuple[int, ...]
) -> Float[Array, "*left"]:
    size = jnp.mean(target**2, axes)
    return jnp.mean((value - target) ** 2, axes) / jnp.maximum(size, TINY)
