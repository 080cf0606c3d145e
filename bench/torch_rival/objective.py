"""The objective of one pair, by one of two recipes: jphoto's default, or the published one.

The recipes differ in constants and in the weights of pixels; the computation at a picture is the
same for both. Everything that depends on the photos alone is computed once, in `prepare`.

Source: Luan et al. 2017, eq. 4, and its authors' implementation for the published constants.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.torch_rival.laplacian import EPSILON, build, energy
from bench.torch_rival.network import Network, features
from bench.torch_rival.regions import Pixels, filtered, grams, halved, means, pixels, shares

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
STYLE_LAYER_WEIGHTS = (3.0, 2.0, 4.0, 0.5, 0.2)
"""Of the relative recipe; in the published one all layers have the same weight."""
STYLE_SCALES = {"torchvision": 1.9, "caffe": 1.5}
"""Factor of all these weights, by preprocessing."""
MEANS_WEIGHT = 3.0
"""Weight of errors of mean features in the relative recipe; those of Gram matrices have 1."""
GAMUT_WEIGHT = 0.03
"""Weight of squared distances from [0, 1] in its photorealism term."""
COARSE_WEIGHT = 0.4
"""Weight of the matting energy at a quarter of the size, where the photo is flat, in that term."""
CONTENT_LAYER = "relu4_2"
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER)
TINY = 1e-12
"""Keeps a quotient finite where a region or a whole layer has no features."""
CAFFE_UNIT = {"torchvision": 255 * 0.225, "caffe": 1.0}
"""Factor that brings features to the units of Caffe's networks, for which the paper has weights."""


class Pair(NamedTuple):
    """Two photos (h x w x 3) with the masks (k x h x w) of their regions, in the same order; the
    content photo recolored by region, and its flatness at a quarter of the size.
    """

    content: np.ndarray
    style: np.ndarray
    content_masks: np.ndarray
    style_masks: np.ndarray
    recolored: np.ndarray
    flatness: np.ndarray


class LossWeights(NamedTuple):
    """The weight of each term."""

    style: float
    content: float
    photorealism: float
    recoloring: float
    variation: float


class Recipe(NamedTuple):
    """The differences between the two objectives."""

    brightness: float
    """Factor of the picture before the network's preprocessing."""
    masks: Callable[[Tensor, list[str]], dict[str, Tensor]]
    """Computes masks at every style layer from masks at full size."""
    pixel_weights: Callable[[Tensor, int], Tensor]
    """Computes the weight of each pixel in a Gram matrix from masks and number of channels."""
    relative: bool
    """Whether terms are relative to the sizes of their targets and the number of pixels. Such a
    recipe also has weights of layers, mean features, and a penalty for colors beyond [0, 1]; the
    network gets the picture clipped."""
    epsilon: float
    """Ridge of the matting Laplacian."""


def _by_squares(masks: Tensor, channels: int) -> Tensor:
    squares = masks**2
    return squares / squares.sum((1, 2), keepdim=True).clamp_min(TINY)


def _by_counts(masks: Tensor, channels: int) -> Tensor:
    return masks**2 / (channels * masks.sum((1, 2), keepdim=True)).clamp_min(TINY)


RECIPES = {
    "jphoto": Recipe(1.0, halved, _by_squares, True, 1e-4),
    "paper": Recipe(256 / 255, filtered, _by_counts, False, EPSILON),
}


class Style(NamedTuple):
    """The targets of one layer, region by region."""

    pixels: Pixels
    target: Tensor
    """Gram matrices, k x c x c."""
    scale: Tensor
    """Factor of each region's mean squared difference."""
    shares: Tensor | None
    """k x n, the weight of each pixel in its region's means; None if the recipe has no means."""
    means: Tensor
    """k x c."""
    means_scale: Tensor
    """Factor of each region's mean squared difference of means."""


class Targets(NamedTuple):
    """Everything that a picture is compared with."""

    size: tuple[int, int]
    recipe: Recipe
    style: tuple[Style, ...]
    photo: Tensor
    """The content photo; the relative recipe's photorealism term is of the change from it."""
    coarse: Tensor | None
    """The relative recipe's matting Laplacian at a quarter of the size."""
    recolored: Tensor
    content: Tensor
    content_scale: float
    photorealism_scale: float
    recoloring_scale: float
    variation_scale: float


def prepare(network: Network, preprocessing: str, objective: str, pair: Pair) -> Targets:
    """The targets, which depend on the photos and not on the picture.

    Args:
      network: from `network.load`.
      preprocessing: of the network.
      objective: "jphoto" or "paper".
      pair: the photos and masks.
    """
    recipe = RECIPES[objective]
    unit = 1.0 if recipe.relative else CAFFE_UNIT[preprocessing]
    options = {"dtype": network.mean.dtype, "device": network.mean.device}
    content, style, content_masks, style_masks, recolored, _ = (
        torch.as_tensor(array, **options) for array in pair
    )
    scale = STYLE_SCALES[preprocessing]
    names = [convolution.name for convolution in network.convolutions]
    maps = features(network, recipe.brightness * style, STYLE_LAYERS)
    own, other = recipe.masks(content_masks, names), recipe.masks(style_masks, names)
    layers = [
        _style(maps[layer], own[layer], other[layer], recipe, unit, scale * weight)
        for layer, weight in zip(STYLE_LAYERS, STYLE_LAYER_WEIGHTS, strict=True)
    ]
    target = features(network, recipe.brightness * content, (CONTENT_LAYER,))[CONTENT_LAYER]
    target = target.to(content.dtype)
    coarse = None
    if recipe.relative:
        small = quartered(content).cpu().numpy()
        coarse = build(small, **options, epsilon=recipe.epsilon, counts=pair.flatness)
    h, w, _ = content.shape
    return Targets(
        (h, w),
        recipe,
        tuple(layers),
        content,
        coarse,
        recolored,
        target,
        1 / max(float((target**2).mean()), TINY) if recipe.relative else unit**2,
        1 / (h * w) if recipe.relative else 1.0,
        1 / (h * w) if recipe.relative else 0.0,
        1 / (h * w) if recipe.relative else 256**2 / 2,
    )


def _style(
    maps: Tensor, own: Tensor, other: Tensor, recipe: Recipe, unit: float, weight: float
) -> Style:
    """The targets of one layer, from the style's features and both photos' masks at that layer."""
    weights, style_weights = (
        unit**2 * recipe.pixel_weights(masks, maps.shape[-1]) for masks in (own, other)
    )
    target, area = grams(maps, pixels(style_weights)), own.mean((1, 2))
    if not recipe.relative:
        return Style(pixels(weights), target, area, None, target, area)
    mean = means(maps, shares(other))
    return Style(
        pixels(weights),
        target,
        weight * area / (target**2).mean((1, 2)).clamp_min(TINY),
        shares(own),
        mean,
        weight * MEANS_WEIGHT * area / (mean**2).mean(1).clamp_min(TINY),
    )


def quartered(picture: Tensor) -> Tensor:
    """The picture at a quarter of its size."""
    small = F.avg_pool2d(picture.permute(2, 0, 1), 4, ceil_mode=True, count_include_pad=False)
    return small.permute(1, 2, 0).contiguous()


class Objective:
    """Computes the terms at a picture and their gradient; the network's part may be compiled."""

    def __init__(self, network: Network, matrix: Tensor, targets: Targets, weights: LossWeights):
        self.network, self.matrix, self.targets, self.weights = network, matrix, targets, weights
        self.interpret()

    def compile(self, mode: str) -> None:
        """Compile the functions that use the network, each at its first call."""
        self._compiled = True
        self._terms_of, self._size_of = (
            torch.compile(function, fullgraph=True, dynamic=False, mode=mode)
            for function in (self._network_terms, self._feature_size)
        )

    def interpret(self) -> None:
        """Evaluate without compilation."""
        self._compiled = False
        self._terms_of, self._size_of = self._network_terms, self._feature_size

    def blank(self) -> Tensor:
        """A black picture of the right size, dtype and device."""
        mean = self.network.mean
        size = (*self.targets.size, 3)
        return torch.zeros(size, dtype=mean.dtype, device=mean.device)

    def _network_terms(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Style, content, recoloring and variation."""
        targets = self.targets
        shown = picture.clamp(0, 1) if targets.recipe.relative else picture
        maps = features(self.network, targets.recipe.brightness * shown, LAYERS)
        layers = zip(STYLE_LAYERS, targets.style, strict=True)
        style = torch.stack([_style_loss(maps[layer], target) for layer, target in layers]).sum()
        content = targets.content_scale * _square(maps[CONTENT_LAYER] - targets.content, (0, 1, 2))
        recoloring = targets.recoloring_scale * ((picture - targets.recolored) ** 2).sum()
        return style, content, recoloring, targets.variation_scale * _variation(picture)

    def value_and_gradient(
        self, picture: Tensor, *, photorealism: bool = True
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Terms before weighting, their weighted total, and its gradient.

        Args:
          picture: h x w x 3.
          photorealism: False leaves that term out, without its product with the matrix.
        """
        picture = self._variable(picture)
        targets, weights = self.targets, self.weights
        names = ("style", "content", "recoloring", "variation")
        terms = dict(zip(names, self._terms_of(picture), strict=True))
        total = sum(getattr(weights, name) * term for name, term in terms.items())
        if photorealism:
            relative = targets.recipe.relative
            change = picture - targets.photo if relative else picture
            term = energy(self.matrix, change)
            if targets.coarse is not None:
                small = quartered(change)
                scale = picture[..., 0].numel() / small[..., 0].numel()
                term = term + COARSE_WEIGHT * scale * energy(targets.coarse, small)
                term = term + GAMUT_WEIGHT * ((picture - picture.clamp(0, 1)) ** 2).sum()
            term = targets.photorealism_scale * term
            terms["photorealism"] = term
            total = total + weights.photorealism * term
        (gradient,) = torch.autograd.grad(total, picture)
        return {"total": total.detach(), **{k: v.detach() for k, v in terms.items()}}, gradient

    def feature_gradient(self, picture: Tensor) -> Tensor:
        """The gradient of the sum of the features' mean squares."""
        picture = self._variable(picture)
        (gradient,) = torch.autograd.grad(self._size_of(picture), picture)
        return gradient

    def _feature_size(self, picture: Tensor) -> Tensor:
        maps = features(self.network, self.targets.recipe.brightness * picture, LAYERS)
        return torch.stack([(maps[layer].to(picture.dtype) ** 2).mean() for layer in LAYERS]).sum()

    def _variable(self, picture: Tensor) -> Tensor:
        """The picture as the variable to differentiate by."""
        if self._compiled:
            # A CUDA graph overwrites the results of its last run, which have been used by now.
            torch.compiler.cudagraph_mark_step_begin()
        return picture.detach().requires_grad_()


def _style_loss(maps: Tensor, layer: Style) -> Tensor:
    loss = torch.dot(layer.scale, _square(grams(maps, layer.pixels) - layer.target, (1, 2)))
    if layer.shares is not None:
        errors = _square(means(maps, layer.shares) - layer.means, (1,))
        loss = loss + torch.dot(layer.means_scale, errors)
    return loss


def _square(difference: Tensor, axes: tuple[int, ...]) -> Tensor:
    return (difference**2).mean(axes)


def _variation(picture: Tensor) -> Tensor:
    corner = picture[:-1, :-1]
    return ((corner - picture[:-1, 1:]) ** 2 + (corner - picture[1:, :-1]) ** 2).sum()
