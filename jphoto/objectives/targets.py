"""What every objective shares: its targets, the weights of its terms, and their total.

Targets hold everything that depends on the photos and not on the picture that is optimized, so
that it is computed once. Those of one photo alone are apart from those of a pair: a style photo's
targets serve every content photo, and the other way round.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Picture, Plane, Scalar
from jphoto.arrays.padding import Valid
from jphoto.arrays.pyramid import LevelMasks
from jphoto.matting.affinities import Affinities
from jphoto.objectives.colors import Moments
from jphoto.objectives.details import DetailStrengths
from jphoto.objectives.grams import Groups

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""Layers of the style term, one for each level of the mask pyramid, in its order."""
CONTENT_LAYER = "relu4_2"
"""Layer of the content term."""


class Layers(NamedTuple):
    """The layers of the network that an objective compares."""

    style: tuple[str, ...]
    """Of the style term: the first of `STYLE_LAYERS`."""
    content: str
    """Of the content term."""


class LossWeights(NamedTuple):
    """Weight of each term in the total. Traced, so a change of weight compiles nothing."""

    style: float | Scalar
    content: float | Scalar
    photorealism: float | Scalar
    recoloring: float | Scalar
    variation: float | Scalar


class StyleTargets(NamedTuple):
    """Statistics of a style photo's regions; independent of the content photo."""

    grams: list[Float[Array, "k c c"]]
    """Gram matrix of each region, a list over the style layers."""
    means: list[Float[Array, "k c"]]
    """Mean features of each region, a list over the style layers; empty if the objective has
    none."""
    colors: Moments
    """Mean and covariance of each region's colors."""
    details: DetailStrengths
    """Strength of each region's finest detail."""


class ContentTargets(NamedTuple):
    """Features and matting affinities of a content photo; independent of the style photo."""

    photo: Picture
    """The content photo."""
    features: Features
    """Its features at the content layer."""
    affinities: Affinities
    """Its matting affinities, for the photorealism term."""
    coarse_affinities: Affinities
    """Matting affinities at a quarter of the size, where the photo is flat; empty if the objective
    has no coarse term."""
    valid: Valid
    """1 where a padded array holds the photo, see `arrays.padding`; None without padding."""


class Targets(NamedTuple):
    """Everything that a picture is compared with: each photo's own targets and the pair's."""

    style: StyleTargets
    content: ContentTargets
    masks: list[LevelMasks]
    """Masks of the content photo's regions, a list over the style layers."""
    groups: list[Groups | None]
    """Positions of these regions, see `gram_matrices`; a list over the style layers."""
    curvature: Plane
    """Approximate curvature of the style term at each pixel, relative to the photo's mean."""
    recolored: Picture
    """The content photo after color transfer region by region, smoothed along its edges."""


class Terms(NamedTuple):
    """Value of the objective at a picture: the weighted total, and each term before weighting."""

    total: Scalar
    style: Scalar
    content: Scalar
    photorealism: Scalar
    recoloring: Scalar
    variation: Scalar


RegionTargets: TypeAlias = tuple[list[LevelMasks], list[Groups | None], Plane]
"""The fields of `Targets` that follow from regions: masks, groups, curvature."""


class Objective(NamedTuple):
    """The functions that make up an objective."""

    style_targets: Callable[..., StyleTargets]
    content_targets: Callable[..., ContentTargets]
    region_targets: Callable[..., RegionTargets]
    evaluate: Callable[..., tuple[Scalar, Terms]]
    epsilon: float
    """Ridge of its matting affinities, see `matting.affinities`."""


def weighted_total(weights: LossWeights, *terms: Scalar) -> tuple[Scalar, Terms]:
    """The weighted sum of the terms, and a record of all of them.

    Args:
      weights: of the terms.
      terms: in the order of the weights.
    """
    total = sum((w * term for w, term in zip(weights, terms, strict=True)), jnp.zeros(()))
    return total, Terms(total, *terms)
