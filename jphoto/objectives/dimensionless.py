"""The default objective: the terms of Luan et al. 2017, each without dimension.

Source: Luan et al. 2017, eq. 4.
Departs: each term is relative to the size of its target (see `losses`), so that the same weights
serve every network, size and photo; mean features beside Gram matrices; photorealism also at a
quarter of the size; a recoloring and a gamut term; of several sizes, fewer layers at all but half.
"""

import functools

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Plane, Planes, Scalar
from jphoto.arrays.padding import Valid, padding_ratio, pixel_count, subsampled
from jphoto.arrays.pyramid import (
    mask_pyramid,
    quartered,
    quartered_picture,
    quartered_transpose,
)
from jphoto.matting.affine_maps import flatness
from jphoto.matting.affinities import Affinities, matting_affinities
from jphoto.matting.laplacian import LARGEST_EIGENVALUE, laplacian_product
from jphoto.networks.vgg import Params, features
from jphoto.objectives.colors import Moments
from jphoto.objectives.details import DetailStrengths
from jphoto.objectives.grams import gram_matrices, groups_by_layer, groups_of, mean_features
from jphoto.objectives.losses import (
    TINY,
    content_loss,
    gamut_loss,
    photorealism_loss,
    recoloring_loss,
    style_loss,
    total_variation,
)
from jphoto.objectives.targets import (
    CONTENT_LAYER,
    STYLE_LAYERS,
    ContentTargets,
    Layers,
    LossWeights,
    Objective,
    RegionTargets,
    StyleTargets,
    Targets,
    Terms,
    weighted_total,
)

ALL_LAYERS = Layers(STYLE_LAYERS, CONTENT_LAYER)
"""The layers of Luan et al. 2017."""
FINE_LAYERS = Layers(STYLE_LAYERS[:3], STYLE_LAYERS[2])
"""For the finest of several sizes: half the work. What relu4_1 would add there, relu3_1 has
compared at half of it: its features lie as far apart on the photo."""
COARSE_LAYERS = Layers(STYLE_LAYERS[:4], STYLE_LAYERS[3])
"""For sizes below half: three quarters of the work. relu5_1 has only some tens of positions there,
and without it structure is kept better."""
STYLE_LAYER_WEIGHTS = {
    "relu1_1": 3.0,
    "relu2_1": 2.0,
    "relu3_1": 4.0,
    "relu4_1": 0.5,
    "relu5_1": 0.2,
}
"""Weight of each layer in the style term. The middle layer counts most: deep layers ask for painted
texture, and colors alone satisfy shallow ones."""
STYLE_SCALES = {"torchvision": 1.9, "caffe": 1.5}
"""Factor of the style term for each preprocessing. At equal weights, a network with Caffe's weights
takes a photo further from itself, in color and in structure."""
GAMUT_WEIGHT = 0.03
"""Weight of squared distances from [0, 1] in the photorealism term, relative to matting energy."""
EPSILON = 1e-4
"""Ridge of the matting affinities, in squared colors of nine pixels. Larger than published, so that
noise in a clear sky, whose windows have squares of about that, is not amplified as an edge."""
COARSE_WEIGHT = 0.4
"""Weight of the matting energy at a quarter of the size, in flat parts, relative to that at full
size. Windows at full size hardly penalize a gentle slope, so shapes as large as windows could be
painted on walls and skies."""
LARGEST_EIGENVALUE_OF_PRODUCT = (1 + COARSE_WEIGHT) * LARGEST_EIGENVALUE
"""Upper bound of the eigenvalues of `photorealism_product`."""
COARSE_FLATNESS = 1e-2
"""Squared colors of a window at a quarter of the size above which it is not flat, see `flatness`. A
plastered wall is below it."""
CURVATURE_BOUNDS = (1 / 4, 16)
"""Least and largest curvature of a region, relative to the photo's mean."""


def style_targets(
    params: Params,
    preprocessing: str,
    style: Picture,
    masks: Masks,
    colors: Moments,
    details: DetailStrengths,
    valid: Valid = None,
    *,
    layers: Layers = ALL_LAYERS,
) -> StyleTargets:
    """The statistics of a style photo's regions.

    Args:
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      style: h x w x 3, sRGB in [0, 1].
      masks: k x h x w, the share of each region in each pixel.
      colors: of its regions, from `color_moments`.
      details: of its regions, from `detail_strengths`.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.
      layers: to compare.
    """
    maps = features(params, style, preprocessing, layers.style, valid, direct=True)
    levels = [*zip(layers.style, mask_pyramid(masks, len(layers.style), valid), strict=True)]
    grams = [
        gram_matrices(maps[layer], masks, groups_of(masks, maps[layer].shape[-1], once=True))
        for layer, masks in levels
    ]
    means = [mean_features(maps[layer], masks) for layer, masks in levels]
    return StyleTargets(grams, means, colors, details)


def content_targets(
    params: Params,
    preprocessing: str,
    photo: Picture,
    affinities: Affinities,
    flatness_weights: Float[Array, "hq wq"],
    valid: Valid = None,
    *,
    layers: Layers = ALL_LAYERS,
    quarter: bool = True,
) -> ContentTargets:
    """Features and matting affinities of a content photo.

    Args:
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      photo: h x w x 3, sRGB in [0, 1].
      affinities: of the photo, from `matting_affinities`.
      flatness_weights: of the photo, at a quarter of its size, from `coarse_flatness`.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.
      layers: to compare.
      quarter: whether the photorealism term has a part at a quarter of the size.
    """
    maps = features(params, photo, preprocessing, (layers.content,), valid, direct=True)
    coarse: Affinities = ()
    if quarter:
        small = quartered_picture(photo, valid)
        coarse = matting_affinities(small, EPSILON, flatness_weights, subsampled(valid, 4))
    return ContentTargets(photo, maps[layers.content], affinities, coarse, valid)


def region_targets(
    params: Params,
    masks: Masks,
    style: StyleTargets,
    valid: Valid = None,
    *,
    layers: Layers = ALL_LAYERS,
) -> RegionTargets:
    """The targets that follow from the regions of both photos.

    Args:
      params: weights of the network.
      masks: k x h x w, of the content photo.
      style: targets of the style photo, of the same regions in the same order.
      valid: 1 where the arrays hold the content photo, see `arrays.padding`.
      layers: to compare.
    """
    pyramid = mask_pyramid(masks, len(layers.style), valid)
    curvature = _curvature(style.grams[0], masks, valid)
    return pyramid, groups_by_layer(pyramid, style.grams), curvature


def evaluate(
    params: Params,
    preprocessing: str,
    targets: Targets,
    weights: LossWeights,
    picture: Picture,
    *,
    layers: Layers = ALL_LAYERS,
) -> tuple[Scalar, Terms]:
    """The objective at a picture.

    Args:
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      targets: of the pair.
      weights: of the terms.
      picture: h x w x 3, the size of the content photo; not clipped.
      layers: to compare, as those of the targets.

    Returns: the weighted total, and all terms.
    """
    # The network gets the picture as it will be shown. Unlike `clip`, this keeps the gradient at
    # exactly 0 and 1.
    shown = jnp.select([picture < 0, picture > 1], [0.0, 1.0], picture)
    content, valid = targets.content, targets.content.valid
    maps = features(params, shown, preprocessing, (*layers.style, layers.content), valid)
    goals = targets.style
    style_layers = zip(
        layers.style, targets.masks, goals.grams, goals.means, targets.groups, strict=True
    )
    losses = [
        padding_ratio(maps[layer].shape, subsampled(valid, 2**level))
        * style_loss(maps[layer], masks, grams, means, groups)
        for level, (layer, masks, grams, means, groups) in enumerate(style_layers)
    ]
    weight = [STYLE_LAYER_WEIGHTS[layer] for layer in layers.style]
    layer_weights = STYLE_SCALES[preprocessing] * jnp.asarray(weight, losses[0].dtype)
    style = jnp.sum(layer_weights * jnp.stack(losses))
    content_term = content_loss(maps[layers.content], content.features)
    # Of the change from the content photo, because the ridge penalizes slopes of the photo itself.
    change = picture - content.photo
    ratio = padding_ratio(picture.shape, valid)
    photorealism = ratio * photorealism_loss(content.affinities, change)
    photorealism += GAMUT_WEIGHT * ratio * gamut_loss(picture)
    if content.coarse_affinities:
        small = quartered_picture(change, valid)
        coarse = photorealism_loss(content.coarse_affinities, small)
        photorealism += COARSE_WEIGHT * padding_ratio(small.shape, subsampled(valid, 4)) * coarse
    # Where the style leaves a choice, this prefers the plainest picture and keeps light in place.
    recoloring = ratio * recoloring_loss(picture, targets.recolored)
    variation = total_variation(picture, valid) / pixel_count(picture.shape, valid)
    return weighted_total(weights, style, content_term, photorealism, recoloring, variation)


def photorealism_product(content: ContentTargets, planes: Planes) -> Planes:
    """The matrix A of the photorealism term, without the gamut part, times each plane.

    Args:
      content: targets of the content photo.
      planes: c x h x w, the size of the content photo.

    Returns: A v, where v^T A v per pixel is the term; symmetric, with eigenvalues from 0 to
      LARGEST_EIGENVALUE_OF_PRODUCT: those of the coarse part are at most 9 / 16, and it counts
      COARSE_WEIGHT * 16.
    """
    product: Planes = laplacian_product(content.affinities, planes)
    if not content.coarse_affinities:
        return product
    (_, height, width), valid = planes.shape, content.valid
    small = quartered(planes, valid)
    pixels = pixel_count((height, width), valid) / pixel_count(
        small.shape[1:], subsampled(valid, 4)
    )
    coarse = COARSE_WEIGHT * pixels * laplacian_product(content.coarse_affinities, small)
    product += quartered_transpose(coarse, height, width, valid)
    return product


def coarse_flatness(content: Picture, valid: Valid = None) -> Float[Array, "hq wq"]:
    """How flat a photo is at a quarter of its size: the weights of coarse matting windows."""
    return flatness(quartered_picture(content, valid), COARSE_FLATNESS, subsampled(valid, 4))


def _curvature(grams: Float[Array, "k c c"], masks: Masks, valid: Valid) -> Plane:
    """Approximate curvature of the style term at each pixel, relative to the photo's mean.

    Errors of Gram matrices count relative to the region's own size, so the dimmer the style's
    region, the more a change of color counts.
    """
    sizes, areas = jnp.trace(grams, axis1=1, axis2=2), jnp.mean(masks, (1, 2))
    mean = areas @ sizes / jnp.maximum(jnp.sum(areas), TINY)
    regions = jnp.clip(mean / jnp.maximum(sizes, TINY), *CURVATURE_BOUNDS)
    curvature = 1 + jnp.tensordot(regions - 1, masks, 1)
    # Beyond the photo any value will do that is neither the least nor the largest.
    return curvature if valid is None else jnp.where(valid > 0, curvature, curvature[0, 0])


def _objective(layers: Layers, quarter: bool = True) -> Objective:
    return Objective(
        functools.partial(style_targets, layers=layers),
        functools.partial(content_targets, layers=layers, quarter=quarter),
        functools.partial(region_targets, layers=layers),
        functools.partial(evaluate, layers=layers),
        EPSILON,
    )


DIMENSIONLESS = _objective(ALL_LAYERS)
"""The default objective."""
FINE_DIMENSIONLESS = _objective(FINE_LAYERS)
"""The default objective at the finest of several sizes."""
COARSE_DIMENSIONLESS = _objective(COARSE_LAYERS, quarter=False)
"""The default objective at sizes below half."""
