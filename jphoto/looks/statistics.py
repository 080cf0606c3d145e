"""The statistics of a look: what the solver takes from style photos, for each kind of thing.

A kind is a class of regions, such as sky, or the whole photo. Gram matrices, mean features and
strengths of detail are averages over photos. Colors are kept photo by photo, as Gaussians: their
barycenter has no closed form that could be added to, and a look of a hundred photos has only some
thousand numbers of them. So looks can be mixed in any order, and mixes be mixed again.

Weights are sums: a fresh look has the weight 1 in each of its kinds, twice a look has 2, and the
weights of two looks add up kind by kind. A kind that only one of them has is all that one's.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Float32

from jphoto.looks.gaussians import Gaussian, barycenter, transport
from jphoto.looks.ordinary import ORDINARY
from jphoto.objectives.colors import LARGEST_GAIN, RIDGE, Moments
from jphoto.objectives.dimensionless import ALL_LAYERS, COARSE_LAYERS, FINE_LAYERS
from jphoto.objectives.targets import StyleTargets

WHOLE = "whole photo"
"""The last kind of every look."""
LAYERS = {"coarse": COARSE_LAYERS.style, "half": ALL_LAYERS.style, "fine": FINE_LAYERS.style}
"""The style layers at each size that photos are compared at, the smallest size first."""
SIZES = tuple(LAYERS)

Averages: TypeAlias = Mapping[str, Float32[np.ndarray, "k *rest"]]
"""Of all photos, by names such as "half.relu3_1.gram", "half.relu3_1.mean" and "half.details"."""
Group: TypeAlias = Sequence[str]
"""Kinds that are one region of a content photo."""


class ColorSamples(NamedTuple):
    """The colors of each photo of a look: n photos, k kinds, at each of `SIZES`."""

    weights: Float32[np.ndarray, "n k"]
    """Of each photo in each kind; 0 where it has none of it."""
    shares: Float32[np.ndarray, "n k"]
    """Of each kind in the area of each photo."""
    kept: Float32[np.ndarray, "n k"]
    """How much of what sets a content photo apart from ordinary photos is kept, see `Statistics`.
    Of a photo in a look of n photos, 1 - 1 / n."""
    means: Float32[np.ndarray, "n k sizes 3"]
    covariances: Float32[np.ndarray, "n k sizes 3 3"]


class Statistics(NamedTuple):
    """The statistics of a look.

    What one style photo shows is its look and its subject at once, and a transfer takes both. What
    many photos have in common is their look. So the more photos a look has, the less of a content
    photo's own colors it replaces: 1 / n of the way to the photos' colors, and for the rest the
    content keeps its differences from ordinary photos, see `colors_for`.
    """

    kinds: tuple[str, ...]
    """Kinds of things, and last `WHOLE`."""
    averages: Averages
    """Empty if only colors were learned."""
    colors: ColorSamples

    @property
    def weights(self) -> Float32[np.ndarray, "k"]:
        """Of each kind."""
        total: np.ndarray = self.colors.weights.sum(0)
        return total

    @property
    def shares(self) -> Float32[np.ndarray, "k"]:
        """The mean share of each kind in the photos that show it."""
        colors = self.colors
        total = (colors.weights * colors.shares).sum(0)
        mean: np.ndarray = total / np.maximum(self.weights, np.finfo(np.float32).tiny)
        return mean

    @property
    def common(self) -> float:
        """How much of what the whole photos show is their look, not the subject of each: 0 for a
        single photo or a mix of such, 1 - 1 / n for n photos.
        """
        weights = self.colors.weights[:, -1]
        return float(weights @ self.colors.kept[:, -1] / weights.sum())


def scaled(look: Statistics, factor: float) -> Statistics:
    """The look with all weights multiplied by a positive number."""
    colors = look.colors
    return look._replace(colors=colors._replace(weights=colors.weights * np.float32(factor)))


def added(one: Statistics, other: Statistics) -> Statistics:
    """Both looks, kind by kind according to their weights."""
    names = dict.fromkeys((*one.kinds[:-1], *other.kinds[:-1]))
    kinds = (*names, WHOLE)
    first, second = (_with_kinds(look, kinds) for look in (one, other))
    weights = first.weights, second.weights
    total = np.maximum(weights[0] + weights[1], np.finfo(np.float32).tiny)

    def mean(name: str) -> np.ndarray:
        shape = -1, *[1] * (first.averages[name].ndim - 1)
        left, right = ((weight / total).reshape(shape) for weight in weights)
        average: np.ndarray = left * first.averages[name] + right * second.averages[name]
        return average

    pairs = zip(first.colors, second.colors, strict=True)
    colors = ColorSamples(*(np.concatenate(pair) for pair in pairs))
    return Statistics(kinds, {name: mean(name) for name in first.averages}, colors)


def with_kind(look: Statistics, kind: str, other: Statistics) -> Statistics:
    """The look with one kind taken from another look that has it, in the same weight."""
    weight = look.weights[-1] / other.weights[other.kinds.index(kind)]
    others = _weighted(look, np.array([name != kind for name in look.kinds]))
    only = _weighted(_with_kinds(other, (kind, WHOLE)), np.array([True, False]))
    return added(others, scaled(only, float(weight)))


def region_targets(
    look: Statistics, groups: Sequence[Group], size: str, colors: Moments, regions: int
) -> StyleTargets:
    """The style targets of the regions of a content photo.

    Args:
      look: with a weight in at least one kind of each group.
      groups: for each region the kinds that it takes its style from.
      size: one of `SIZES`.
      colors: of the regions, from `colors_for`.
      regions: number that the arrays have room for.
    """
    rows = np.zeros((regions, len(look.kinds)), np.float32)
    for row, group in zip(rows, groups, strict=False):
        members = [look.kinds.index(kind) for kind in group if kind in look.kinds]
        areas = look.weights[members] * look.shares[members]
        row[members] = areas / areas.sum()

    def of_regions(name: str) -> np.ndarray:
        chosen: np.ndarray = np.einsum("rk,k...->r...", rows, look.averages[f"{size}.{name}"])
        return chosen

    grams = [of_regions(f"{layer}.gram") for layer in LAYERS[size]]
    means = [of_regions(f"{layer}.mean") for layer in LAYERS[size]]
    # Arrays of numbers stand in for arrays on a device, which the first program puts there.
    return StyleTargets(grams, means, colors, of_regions("details"))  # type: ignore[arg-type]


def colors_for(
    look: Statistics,
    groups: Sequence[Group],
    size: str,
    content: Sequence[Gaussian],
    regions: int,
) -> Moments:
    """The colors that the regions of a content photo are to get.

    Args:
      look: as in `region_targets`.
      groups: as in `region_targets`.
      size: one of `SIZES`.
      content: the colors of the content photo's regions, and last of the whole photo.
      regions: number that the arrays have room for.

    Returns: moments of so many regions and, last, of the whole photo.
    """
    wanted = [*groups, (WHOLE,)]
    found = [
        _colors_of(look, group, SIZES.index(size), own)
        for group, own in zip(wanted, content, strict=True)
    ]
    empty = Gaussian(np.zeros(3), RIDGE * np.eye(3))
    found[-1:-1] = [empty] * (regions - len(groups))
    means, covariances = (np.array(part, np.float32) for part in zip(*found, strict=True))
    return Moments(means, covariances)  # type: ignore[arg-type]


def _colors_of(look: Statistics, group: Group, size: int, content: Gaussian) -> Gaussian:
    """The colors of one region: between those of the photos, and the content's own under the look.

    The map from ordinary photos to those of the look shows what the look does to colors. It is
    applied to the content's colors; the share that is kept is between both.
    """
    members = [look.kinds.index(kind) for kind in group if kind in look.kinds]
    weights = look.colors.weights[:, members].astype(np.float64)
    photos = np.flatnonzero(weights.sum(1)).tolist()
    pooled = [_pooled(look.colors, photo, members, size) for photo in photos]
    means, covariances = (np.array(part) for part in zip(*pooled, strict=True))
    totals = weights[photos].sum(1)
    target = barycenter(means, covariances, totals)
    largest = look.kinds[max(members, key=lambda k: look.shares[k])]
    kept = float((weights * look.colors.kept[:, members]).sum() / weights.sum())
    if kept == 0 or largest not in ORDINARY:
        return target
    usual = ORDINARY[largest]
    matrix = _limited(transport(usual.covariance, target.covariance))
    moved = Gaussian(
        target.mean + matrix @ (content.mean - usual.mean), matrix @ content.covariance @ matrix
    )
    means = np.stack([target.mean, moved.mean])
    covariances = np.stack([target.covariance, moved.covariance])
    return barycenter(means, covariances, np.array([1 - kept, kept]))


def _pooled(colors: ColorSamples, photo: int, members: Sequence[int], size: int) -> Gaussian:
    """The colors of several kinds of one photo together."""
    shares = np.where(colors.weights[photo, members] > 0, colors.shares[photo, members], 0)
    shares = shares.astype(np.float64) / shares.sum()
    means = colors.means[photo, members, size].astype(np.float64)
    mean = shares @ means
    offsets = means - mean
    covariance = np.einsum("k,kij->ij", shares, colors.covariances[photo, members, size])
    return Gaussian(mean, covariance + np.einsum("k,ki,kj->ij", shares, offsets, offsets))


def _limited(matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    gains, directions = np.linalg.eigh(matrix)
    limited: np.ndarray = (directions * np.minimum(gains, LARGEST_GAIN)) @ directions.T
    return limited


def _weighted(look: Statistics, factors: np.ndarray) -> Statistics:
    """The look with the weight of each kind multiplied."""
    colors = look.colors
    weights = (colors.weights * factors).astype(np.float32)
    return look._replace(colors=colors._replace(weights=weights))


def _with_kinds(look: Statistics, kinds: tuple[str, ...]) -> Statistics:
    """The look with more kinds, in this order; those that it lacks have no weight."""
    places = [look.kinds.index(kind) if kind in look.kinds else None for kind in kinds]
    rows = functools.partial(_rows, places)
    colors = ColorSamples(*(np.moveaxis(rows(np.moveaxis(a, 1, 0)), 0, 1) for a in look.colors))
    averages = {name: rows(array) for name, array in look.averages.items()}
    return Statistics(kinds, averages, colors)


def _rows(places: Sequence[int | None], array: np.ndarray) -> np.ndarray:
    """Rows of an array, and zeros where there is none."""
    found = np.zeros((len(places), *array.shape[1:]), array.dtype)
    for row, place in enumerate(places):
        if place is not None:
            found[row] = array[place]
    return found
