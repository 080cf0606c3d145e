"""The objective of Luan et al. 2017 in its own units, so that its published weights apply.

No term is relative to its target's size; colors have 256 levels; features are in the units of
Caffe's networks; masks are blurred by the network on their way to each layer.

Source: Luan et al. 2017, eq. 2 to 4 and section 3, with the constants of the authors' program;
Gatys et al. 2016, eq. 1 to 5.
Departs: the gradient is the true one, where the authors' program drops a factor of the mask.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Masks, Picture, Scalar, to_planes
from jphoto.arrays.padding import Valid
from jphoto.arrays.pyramid import LevelMasks, published_mask_pyramid
from jphoto.matting.affinities import EPSILON, Affinities
from jphoto.matting.laplacian import laplacian_energy
from jphoto.networks.vgg import FeatureMaps, Params, features
from jphoto.objectives.colors import Moments
from jphoto.objectives.details import DetailStrengths
from jphoto.objectives.grams import Groups, gram_matrices, groups_by_layer
from jphoto.objectives.losses import total_variation
from jphoto.objectives.targets import (
    CONTENT_LAYER,
    STYLE_LAYERS,
    ContentTargets,
    LossWeights,
    Objective,
    RegionTargets,
    StyleTargets,
    Targets,
    Terms,
    weighted_total,
)

LEVELS = 256.0
"""Levels of a color: the published program multiplies colors in [0, 1] by this, although the
networks expect 255."""
FEATURE_SCALES = {"torchvision": 255 * 0.225, "caffe": 1.0}
"""Factor that brings features to the units of Caffe's networks. torchvision's networks divide
colors by this many of Caffe's levels, and features, nearly homogeneous, shrink alike."""


def style_targets(
    params: Params,
    preprocessing: str,
    style: Picture,
    masks: Masks,
    colors: Moments,
    details: DetailStrengths,
    valid: Valid = None,
) -> StyleTargets:
    """The statistics of a style photo's regions; arguments as in `dimensionless.style_targets`.

    Raises: ValueError, for padded photos: published masks are blurred across their borders.
    """
    _refuse_padding(valid)
    maps = _features(params, style, preprocessing, STYLE_LAYERS)
    layers = zip(STYLE_LAYERS, published_mask_pyramid(masks, _convolutions(params)), strict=True)
    grams = [_grams(maps[layer], masks) for layer, masks in layers]
    return StyleTargets(grams, [], colors, details)


def content_targets(
    params: Params,
    preprocessing: str,
    photo: Picture,
    affinities: Affinities,
    flatness_weights: Float[Array, "hq wq"],
    valid: Valid = None,
) -> ContentTargets:
    """Features and affinities; arguments as in `dimensionless.content_targets`.

    Raises: ValueError, for padded photos.
    """
    _refuse_padding(valid)
    maps = _features(params, photo, preprocessing, (CONTENT_LAYER,))
    return ContentTargets(photo, maps[CONTENT_LAYER], affinities, (), None)


def region_targets(
    params: Params, masks: Masks, style: StyleTargets, valid: Valid = None
) -> RegionTargets:
    """Blurred masks, and no curvature of its own; arguments as in `dimensionless.region_targets`.

    Raises: ValueError, for padded photos.
    """
    _refuse_padding(valid)
    # Errors are not relative to a region's size, so no region's term curves more than another's.
    pyramid = published_mask_pyramid(masks, _convolutions(params))
    return pyramid, groups_by_layer(pyramid, style.grams), jnp.ones(masks.shape[1:])


def evaluate(
    params: Params, preprocessing: str, targets: Targets, weights: LossWeights, picture: Picture
) -> tuple[Scalar, Terms]:
    """The published objective at a picture; arguments as in `dimensionless.evaluate`."""
    maps = _features(params, picture, preprocessing, (*STYLE_LAYERS, CONTENT_LAYER))
    layers = zip(STYLE_LAYERS, targets.masks, targets.style.grams, targets.groups, strict=True)
    style = jnp.sum(jnp.stack([_style_loss(maps[layer], m, g, n) for layer, m, g, n in layers]))
    content = jnp.mean((maps[CONTENT_LAYER] - targets.content.features) ** 2)
    photorealism = laplacian_energy(targets.content.affinities, to_planes(picture))
    recoloring = jnp.zeros(())  # not part of the published objective
    variation = total_variation(LEVELS * picture) / 2
    return weighted_total(weights, style, content, photorealism, recoloring, variation)


def _refuse_padding(valid: Valid) -> None:
    if valid is not None:
        raise ValueError("the published objective takes no padded photos")


def _features(
    params: Params, picture: Picture, preprocessing: str, layers: tuple[str, ...]
) -> FeatureMaps:
    maps = features(params, LEVELS / 255 * picture, preprocessing, layers)
    return {layer: FEATURE_SCALES[preprocessing] * values for layer, values in maps.items()}


def _grams(
    features: Features, masks: LevelMasks, groups: Groups | None = None
) -> Float[Array, "k c c"]:
    """Sums of m^2 f f^T, divided by the number of features under each mask."""
    count = features.shape[-1] * jnp.maximum(jnp.mean(masks, (1, 2)), 1e-12)
    rescale = jnp.mean(masks**2, (1, 2)) / count
    grams: Float[Array, "k c c"] = gram_matrices(features, masks, groups)
    return rescale[:, None, None] * grams


def _style_loss(
    features: Features, masks: LevelMasks, targets: Float[Array, "k c c"], groups: Groups | None
) -> Scalar:
    error = jnp.mean((_grams(features, masks, groups) - targets) ** 2, (1, 2))
    return jnp.sum(jnp.mean(masks, (1, 2)) * error)


def _convolutions(params: Params) -> list[int]:
    """Number of convolutions of the network at each level."""
    levels = [name.removeprefix("conv")[0] for name in params]
    return [levels.count(str(level + 1)) for level in range(len(STYLE_LAYERS))]


PUBLISHED = Objective(style_targets, content_targets, region_targets, evaluate, EPSILON)
