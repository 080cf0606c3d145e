"""The objective of one pair: what it is compared with, and its value at a picture.

Everything that depends on the photos and not on the picture is computed once, into `Targets`.

Source: Luan et al. 2017, eq. 4.
Departs: each term is dimensionless (see `losses`), so the weights do not follow photo or network.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Masks, Picture, Scalar
from jphoto.losses import content_loss, gram_matrices, photorealism_loss, style_loss
from jphoto.regions import mask_pyramid
from jphoto.vgg import Params, features
from jphoto.windows import Affinities

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""One a level of the network, so that the masks' pyramid fits them in order."""
CONTENT_LAYER = "relu4_2"


class Weights(NamedTuple):
    """How much each term counts; traced, so that a change compiles nothing."""

    style: float
    content: float
    photorealism: float


class Targets(NamedTuple):
    """What a picture is compared with."""

    grams: list[Float[Array, "k c c"]]
    """Of the style's regions, for each style layer."""
    masks: list[Masks]
    """Of the content's regions, for each style layer."""
    content: Features
    affinities: Affinities


class Terms(NamedTuple):
    """The objective at a picture, and what it is made of, before weighting."""

    total: Scalar
    style: Scalar
    content: Scalar
    photorealism: Scalar


def style_grams(
    params: Params, preprocessing: str, style: Picture, masks: Masks
) -> list[Float[Array, "k _ _"]]:
    """The Gram matrices of the style photo's regions at every style layer."""
    seen = features(params, style, preprocessing, STYLE_LAYERS)
    pyramid = mask_pyramid(masks, len(STYLE_LAYERS))
    return [gram_matrices(seen[layer], m) for layer, m in zip(STYLE_LAYERS, pyramid, strict=True)]


def content_features(params: Params, preprocessing: str, content: Picture) -> Features:
    """What the content photo looks like to the network, at the content layer."""
    return features(params, content, preprocessing, (CONTENT_LAYER,))[CONTENT_LAYER]


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
    seen = features(params, picture, preprocessing, (*STYLE_LAYERS, CONTENT_LAYER))
    layers = zip(STYLE_LAYERS, targets.masks, targets.grams, strict=True)
    style = jnp.sum(jnp.stack([style_loss(seen[layer], m, g) for layer, m, g in layers]))
    content = content_loss(seen[CONTENT_LAYER], targets.content)
    photorealism = photorealism_loss(targets.affinities, picture)
    total = weights.style * style + weights.content * content + weights.photorealism * photorealism
    return total, Terms(total, style, content, photorealism)
