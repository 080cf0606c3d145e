"""The terms of the objective, each a number for one picture.

Each difference is measured against its target's own size, so that one set of weights serves every
network, size and photo.

Source: Gatys et al. 2016, eq. 4 and 5; Luan et al. 2017, eq. 2 to 4.
Departs: those sizes make the terms dimensionless; the papers divide by counts.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Picture, Scalar, to_planes
from jphoto.arrays.padding import Valid, within
from jphoto.matting.affinities import Affinities
from jphoto.matting.laplacian import laplacian_energy
from jphoto.objectives.grams import gram_matrices, mean_features

MEANS = 3.0
"""What an error of the means counts, beside the same error of the Gram matrices."""
TINY = 1e-12
"""Keeps a quotient finite where a whole layer is silent, as on a black photo."""


def style_loss(
    features: Features,
    masks: Float[Array, "k y x"],
    grams: Float[Array, "k c c"],
    means: Float[Array, "k c"],
) -> Scalar:
    """How unlike the style's are the Gram matrices and the means of one layer, region by region.

    Args:
      features: y x x x c, of the picture.
      masks: k x y x x, of the content's regions, at this layer's size.
      grams: k x c x c, of the style's regions.
      means: k x c, likewise.

    Returns: sum over regions of area * (mean((G - G_s)^2) / mean(G_s^2) and MEANS times the same of
      the means), area the region's share.
    Source: Gatys et al. 2016, eq. 4; Li et al. 2017, "Demystifying Neural Style Transfer", for
      matching means.
    """
    errors = _relative_error(gram_matrices(features, masks), grams, (1, 2))
    errors = errors + MEANS * _relative_error(mean_features(features, masks), means, (1,))
    return jnp.sum(jnp.mean(masks, (1, 2)) * errors)


def content_loss(features: Features, target: Features) -> Scalar:
    """How unlike the content's features are the picture's: mean((F - F_c)^2) / mean(F_c^2)."""
    return _relative_error(features, target, (0, 1, 2))


def photorealism_loss(affinities: Affinities, picture: Picture) -> Scalar:
    """Matting energy per pixel: how far the picture is from a locally affine recoloring.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      picture: h x w x 3, values in [0, 1], the size of that photo.

    Source: Luan et al. 2017, eq. 2, divided by the number of pixels.
    """
    return laplacian_energy(affinities, to_planes(picture)) / (picture.shape[0] * picture.shape[1])


def gamut_loss(picture: Picture) -> Scalar:
    """How far the picture is from one that can be shown: squared distances from [0, 1], per pixel.

    Args:
      picture: h x w x 3, sRGB, not clipped.
    """
    return _squares_per_pixel(picture - jnp.clip(picture, 0, 1))


def recoloring_loss(picture: Picture, recolored: Picture) -> Scalar:
    """How far the picture is from the photo recolored as a whole: squared differences, per pixel.

    Args:
      picture: h x w x 3, sRGB, not clipped.
      recolored: the same size.
    """
    return _squares_per_pixel(picture - recolored)


def total_variation(picture: Picture, valid: Valid = None) -> Scalar:
    """Squared differences of each pixel to its right and lower neighbors, added up.

    The last row and column, which lack one of the two, count only as neighbors.

    Source: Mahendran, Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them",
    eq. 3 with exponent 2.
    """
    here = picture[:-1, :-1]
    right, below = picture[:-1, 1:] - here, picture[1:, :-1] - here
    if valid is not None:
        right, below = (within(difference, valid[1:, 1:]) for difference in (right, below))
    return jnp.sum(right**2) + jnp.sum(below**2)


def _squares_per_pixel(difference: Picture) -> Scalar:
    return jnp.sum(difference**2) / (difference.shape[0] * difference.shape[1])


def _relative_error(
    value: Float[Array, "*shape"], target: Float[Array, "*shape"], axes: tuple[int, ...]
) -> Float[Array, "*left"]:
    size = jnp.mean(target**2, axes)
    return jnp.mean((value - target) ** 2, axes) / jnp.maximum(size, TINY)
