"""The objective of one pair: what it is compared with, and its value at a picture.

Everything that depends on the photos and not on the picture is computed once, into `Targets`.

Source: Luan et al. 2017, eq. 4.
Departs: each term is dimensionless (see `losses`), so the weights do not follow photo or network.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Masks, Picture, Plane, Planes, Scalar
from jphoto.arrays.padding import Valid, area, excess, reduced
from jphoto.arrays.pyramid import (
    LevelMasks,
    mask_pyramid,
    quartered,
    quartered_picture,
    quartered_transpose,
)
from jphoto.matting.affine_maps import flatness
from jphoto.matting.affinities import Affinities, matting_affinities
from jphoto.matting.laplacian import LARGEST_EIGENVALUE, laplacian_product
from jphoto.networks.vgg import Params, features
from jphoto.objectives.color_transfer import Moments
from jphoto.objectives.grams import gram_matrices, mean_features
from jphoto.objectives.losses import (
    TINY,
    content_loss,
    gamut_loss,
    photorealism_loss,
    recoloring_loss,
    style_loss,
    total_variation,
)

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""One a level of the network, so that the masks' pyramid fits them in order."""
LAYER_WEIGHTS = (3.0, 2.0, 4.0, 0.5, 0.2)
"""Of these layers: the middle one first, for what deep ones ask of a photo is painted texture, and
what shallow ones ask, colors alone meet."""
STYLE_SCALES = {"torchvision": 1.0, "caffe": 0.75}
"""Of the style term, by a network's preprocessing: at the same weights, one trained with Caffe's
takes a photo further from itself, in color and in structure."""
CONTENT_LAYER = "relu4_2"
GAMUT = 0.03
"""What a squared distance from [0, 1] counts in photorealism, beside the matting energy."""
EPSILON = 1e-4
"""Ridge of the photorealism term. Larger than published: noise in a clear sky, whose windows have
squares of about that, is no edge to amplify."""
BROAD = 0.4
"""What the matting energy at a quarter of the size, of flat parts, counts beside that at full size.
Shapes as large as windows would be painted on walls and skies: a slope in full size's windows is
next to nothing."""
LARGEST_PRODUCT = (1 + BROAD) * LARGEST_EIGENVALUE
"""See `photorealism_product`."""
BROADLY_FLAT = 1e-2
"""Of a photo at that size, see `flatness`: a plastered wall is."""
CURVATURES = (1 / 4, 16)
"""Least and most of a region's, relative to the photo's."""


class Weights(NamedTuple):
    """How much each term counts; traced, so that a change compiles nothing."""

    style: float
    content: float
    photorealism: float
    recoloring: float
    variation: float


class Look(NamedTuple):
    """What is taken from the style, whatever the content."""

    grams: list[Float[Array, "k c c"]]
    """Of its regions, for each style layer."""
    means: list[Float[Array, "k c"]]
    """Likewise; none where an objective knows no means."""
    colors: Moments


class Structure(NamedTuple):
    """What is taken from the content, whatever the style."""

    photo: Picture
    """The content itself."""
    features: Features
    affinities: Affinities
    broad: Affinities
    """Of the photo at a quarter of the size, where flat; none if the objective has no such term."""
    valid: Valid
    """Where the photo is, see `padding`."""


class Targets(NamedTuple):
    """What a picture is compared with: what is of one photo alone, and what follows from both."""

    look: Look
    structure: Structure
    masks: list[LevelMasks]
    """Of the content's regions, for each style layer."""
    curvature: Plane
    """Of the style term at each pixel, about, relative to the photo's."""
    recolored: Picture
    """The content with each region's colors mapped to the style's by one affine map, smoothed along
    the content's edges."""


class Terms(NamedTuple):
    """The objective at a picture, and what it is made of, before weighting."""

    total: Scalar
    style: Scalar
    content: Scalar
    photorealism: Scalar
    recoloring: Scalar
    variation: Scalar


class Objective(NamedTuple):
    """A way to measure a picture, for `solve` to descend on."""

    look: Callable[..., Look]
    structure: Callable[..., Structure]
    regions: Callable[..., tuple[list[LevelMasks], Plane]]
    evaluate: Callable[..., tuple[Scalar, Terms]]
    epsilon: float
    """Ridge of its matting affinities, see `windows`."""


def look(
    params: Params,
    preprocessing: str,
    style: Picture,
    masks: Masks,
    colors: Moments,
    valid: Valid = None,
) -> Look:
    """What the objective takes from a style photo.

    Args:
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      style: h x w x 3, sRGB in [0, 1].
      masks: k x h x w.
      colors: of its regions, from `color_moments`.
      valid: where the style is, see `padding`.
    """
    seen = features(params, style, preprocessing, STYLE_LAYERS, valid)
    layers = [*zip(STYLE_LAYERS, mask_pyramid(masks, len(STYLE_LAYERS), valid), strict=True)]
    grams = [gram_matrices(seen[layer], masks) for layer, masks in layers]
    means = [mean_features(seen[layer], masks) for layer, masks in layers]
    return Look(grams, means, colors)


def structure(
    params: Params,
    preprocessing: str,
    photo: Picture,
    affinities: Affinities,
    plainness: Float[Array, "hq wq"],
    valid: Valid = None,
) -> Structure:
    """What the objective takes from a content photo.

    Args:
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      photo: h x w x 3, sRGB in [0, 1].
      affinities: of the photo, from `matting_affinities`.
      plainness: of the photo, at a quarter of its size, from `plainness_of`.
      valid: where the photo is, see `padding`.
    """
    seen = features(params, photo, preprocessing, (CONTENT_LAYER,), valid)[CONTENT_LAYER]
    small = quartered_picture(photo, valid)
    broad = matting_affinities(small, EPSILON, plainness, reduced(valid, 4))
    return Structure(photo, seen, affinities, broad, valid)


def regions(
    params: Params, masks: Masks, look: Look, valid: Valid = None
) -> tuple[list[LevelMasks], Plane]:
    """What follows from the regions that both photos share: `masks` and `curvature` of `Targets`.

    Args:
      params: weights of the network.
      masks: k x h x w, of the content.
      look: of the style; of the same regions in the same order.
      valid: where the content is, see `padding`.
    """
    pyramid = mask_pyramid(masks, len(STYLE_LAYERS), valid)
    return pyramid, _curvature(look.grams[0], masks, valid)


def evaluate(
    params: Params, preprocessing: str, targets: Targets, weights: Weights, picture: Picture
) -> tuple[Scalar, Terms]:
    """The objective at a picture.

    Args:
      params: weights of the network.
      preprocessing: that they were trained with.
      targets: of the pair.
      weights: of the terms.
      picture: h x w x 3, the size of the content photo; not clipped.

    Returns: the total, and all terms.
    """
    # What is judged is what will be seen. Unlike `clip`, this lets 0 and 1 themselves move.
    shown = jnp.select([picture < 0, picture > 1], [0.0, 1.0], picture)
    look, structure = targets.look, targets.structure
    valid = structure.valid
    seen = features(params, shown, preprocessing, (*STYLE_LAYERS, CONTENT_LAYER), valid)
    goals = zip(STYLE_LAYERS, targets.masks, look.grams, look.means, strict=True)
    losses = [
        excess(seen[layer].shape, reduced(valid, 2**level)) * style_loss(seen[layer], *goal)
        for level, (layer, *goal) in enumerate(goals)
    ]
    layer_weights = STYLE_SCALES[preprocessing] * jnp.asarray(LAYER_WEIGHTS, losses[0].dtype)
    style = jnp.sum(layer_weights * jnp.stack(losses))
    content = content_loss(seen[CONTENT_LAYER], structure.features)
    # Of the change, so that the ridge, which holds slopes small, leaves the content as it is.
    change = picture - structure.photo
    small = quartered_picture(change, valid)
    broad = excess(small.shape, reduced(valid, 4)) * photorealism_loss(structure.broad, small)
    beyond = excess(picture.shape, valid)
    photorealism = beyond * photorealism_loss(structure.affinities, change)
    photorealism += BROAD * broad + GAMUT * beyond * gamut_loss(picture)
    # Where the style leaves a choice, the plainest picture is taken, and light stays where it was.
    recoloring = beyond * recoloring_loss(picture, targets.recolored)
    variation = total_variation(picture, valid) / area(picture.shape, valid)
    return weighted(weights, style, content, photorealism, recoloring, variation)


def photorealism_product(structure: Structure, planes: Planes) -> Planes:
    """The photorealism term's matrix times each plane, but for the gamut's share.

    Args:
      structure: of the content photo.
      planes: c x h x w, the size of the content photo.

    Returns: A v, where v^T A v per pixel is the term; symmetric, with eigenvalues from 0 to
      LARGEST_PRODUCT, for the quarter's are at most 9 / 16 and count BROAD * 16.
    """
    product = laplacian_product(structure.affinities, planes)
    if not structure.broad:
        return product
    (_, height, width), valid = planes.shape, structure.valid
    small = quartered(planes, valid)
    pixels = area((height, width), valid) / area(small.shape[1:], reduced(valid, 4))
    broad = BROAD * pixels * laplacian_product(structure.broad, small)
    return product + quartered_transpose(broad, height, width, valid)


def plainness_of(content: Picture, valid: Valid = None) -> Float[Array, "hq wq"]:
    """How flat a photo is at a quarter of the size: what windows count there in photorealism."""
    return flatness(quartered_picture(content, valid), BROADLY_FLAT, reduced(valid, 4))


def _curvature(grams: Float[Array, "k c c"], masks: Masks, valid: Valid) -> Plane:
    """Of the style term at each pixel: errors count relative to a region's own size.

    The dimmer what the network sees in the style's region, the more a change of color counts.
    """
    sizes, areas = jnp.trace(grams, axis1=1, axis2=2), jnp.mean(masks, (1, 2))
    mean = areas @ sizes / jnp.maximum(jnp.sum(areas), TINY)
    regions = jnp.clip(mean / jnp.maximum(sizes, TINY), *CURVATURES)
    curvature = 1 + jnp.tensordot(regions - 1, masks, 1)
    # Beyond the photo nothing curves; what is there may be neither the least nor the most.
    return curvature if valid is None else jnp.where(valid > 0, curvature, curvature[0, 0])


def weighted(weights: Weights, *terms: Scalar) -> tuple[Scalar, Terms]:
    """The total of the terms, in the order of their weights, and all of them."""
    total = sum((w * term for w, term in zip(weights, terms, strict=True)), jnp.zeros(()))
    return total, Terms(total, *terms)


DIMENSIONLESS = Objective(look, structure, regions, evaluate, EPSILON)
