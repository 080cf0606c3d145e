"""The published objective in its own units, so that its published weights mean what they meant.

Nothing is measured against its target's size; colors have 256 levels; features are in units of
Caffe's networks; the regions' masks are blurred by the network on their way to each layer.

Source: Luan et al. 2017, eq. 2 to 4 and section 3, with the constants of the authors' program;
Gatys et al. 2016, eq. 1 to 5.
Departs: the gradient is the true one, where the authors' program drops a factor of the mask.
"""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Masks, Picture, Plane, Scalar, to_planes
from jphoto.arrays.padding import Valid
from jphoto.arrays.pyramid import LevelMasks, carried_masks
from jphoto.matting.affinities import EPSILON, Affinities
from jphoto.matting.laplacian import laplacian_energy
from jphoto.networks.vgg import Params, Seen, features
from jphoto.objectives.color_transfer import Moments
from jphoto.objectives.dimensionless import (
    CONTENT_LAYER,
    STYLE_LAYERS,
    Look,
    Objective,
    Structure,
    Targets,
    Terms,
    Weights,
    weighted,
)
from jphoto.objectives.grams import gram_matrices
from jphoto.objectives.losses import total_variation

LEVELS = 256.0
"""The published program multiplies colors in [0, 1] by this; the networks expect 255."""
UNIT = {"torchvision": 255 * 0.225, "caffe": 1.0}
"""Of features: torchvision's networks see colors divided by this many of Caffe's levels, and
features, being nearly homogeneous, shrink alike."""


def look(
    params: Params,
    preprocessing: str,
    style: Picture,
    masks: Masks,
    colors: Moments,
    valid: Valid = None,
) -> Look:
    """What is taken from a style photo; arguments as in `objective.look`.

    Raises: ValueError, for padded photos: published masks are blurred across their borders.
    """
    _refuse_padding(valid)
    seen = _see(params, style, preprocessing, STYLE_LAYERS)
    layers = zip(STYLE_LAYERS, carried_masks(masks, _convolutions(params)), strict=True)
    return Look([_grams(seen[layer], masks) for layer, masks in layers], [], colors)


def structure(
    params: Params,
    preprocessing: str,
    photo: Picture,
    affinities: Affinities,
    plainness: Float[Array, "hq wq"],
    valid: Valid = None,
) -> Structure:
    """What is taken from a content photo; arguments as in `objective.structure`.

    Raises: ValueError, for padded photos.
    """
    _refuse_padding(valid)
    seen = _see(params, photo, preprocessing, (CONTENT_LAYER,))[CONTENT_LAYER]
    return Structure(photo, seen, affinities, (), None)


def regions(
    params: Params, masks: Masks, look: Look, valid: Valid = None
) -> tuple[list[LevelMasks], Plane]:
    """What follows from the regions of both photos; arguments as in `objective.regions`.

    Raises: ValueError, for padded photos.
    """
    _refuse_padding(valid)
    # Errors count as they are: no region's curve more than another's for its size.
    return carried_masks(masks, _convolutions(params)), jnp.ones(masks.shape[1:])


def _refuse_padding(valid: Valid) -> None:
    if valid is not None:
        raise ValueError("the published objective takes no padded photos")


def evaluate(
    params: Params, preprocessing: str, targets: Targets, weights: Weights, picture: Picture
) -> tuple[Scalar, Terms]:
    """The published objective at a picture; arguments as in `objective.evaluate`."""
    seen = _see(params, picture, preprocessing, (*STYLE_LAYERS, CONTENT_LAYER))
    layers = zip(STYLE_LAYERS, targets.masks, targets.look.grams, strict=True)
    style = jnp.sum(jnp.stack([_style_loss(seen[layer], m, g) for layer, m, g in layers]))
    content = jnp.mean((seen[CONTENT_LAYER] - targets.structure.features) ** 2)
    photorealism = laplacian_energy(targets.structure.affinities, to_planes(picture))
    recoloring = jnp.zeros(())  # not published
    variation = total_variation(LEVELS * picture) / 2
    return weighted(weights, style, content, photorealism, recoloring, variation)


def _see(params: Params, picture: Picture, preprocessing: str, layers: tuple[str, ...]) -> Seen:
    seen = features(params, LEVELS / 255 * picture, preprocessing, layers)
    return {layer: UNIT[preprocessing] * found for layer, found in seen.items()}


def _grams(features: Features, masks: LevelMasks) -> Float[Array, "k c c"]:
    """Sums of m^2 f f^T, divided by the number of features under each mask."""
    count = features.shape[-1] * jnp.maximum(jnp.mean(masks, (1, 2)), 1e-12)
    rescale = jnp.mean(masks**2, (1, 2)) / count
    grams: Float[Array, "k c c"] = rescale[:, None, None] * gram_matrices(features, masks)
    return grams


def _style_loss(features: Features, masks: LevelMasks, targets: Float[Array, "k c c"]) -> Scalar:
    error = jnp.mean((_grams(features, masks) - targets) ** 2, (1, 2))
    return jnp.sum(jnp.mean(masks, (1, 2)) * error)


def _convolutions(params: Params) -> list[int]:
    """How many convolutions the network has at each level."""
    levels = [name.removeprefix("conv")[0] for name in params]
    return [levels.count(str(level + 1)) for level in range(len(STYLE_LAYERS))]


PUBLISHED = Objective(look, structure, regions, evaluate, EPSILON)
