"""The objective of one pair, in either of two recipes: jphoto's default, or the published one.

The recipes differ in constants and in how masks become weights of pixels; what is computed at each
picture is the same for both. All that depends on the photos alone is computed once, in `prepare`.

Source: Luan et al. 2017, eq. 4, and its authors' implementation for the published constants.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from torch_rival.laplacian import EPSILON, build, energy
from torch_rival.network import Network, features
from torch_rival.regions import Pixels, carried, grams, halved, means, pixels, shares

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
LAYER_WEIGHTS = (3.0, 2.0, 4.0, 0.5, 0.2)
"""Of the relative recipe; the published one counts all layers alike."""
STYLE_SCALES = {"torchvision": 1.0, "caffe": 0.75}
"""Of all these weights, by what the network was trained with."""
MEANS = 3.0
"""What an error of the means counts there, beside that of the Gram matrices."""
GAMUT = 0.03
"""What a squared distance from [0, 1] counts there in photorealism."""
BROAD = 0.4
"""What the matting energy at a quarter of the size, where the photo is flat, counts there."""
CONTENT_LAYER = "relu4_2"
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER)
TINY = 1e-12
"""Keeps a quotient finite where a region or a whole layer is silent."""
CAFFE_UNIT = {"torchvision": 255 * 0.225, "caffe": 1.0}
"""What brings features to the units of Caffe's networks, for which the paper's weights are."""


class Pair(NamedTuple):
    """Two photos (h x w x 3), the masks (k x h x w) of the regions that they share; the content
    recolored by region; and how flat it is at a quarter of the size.
    """

    content: np.ndarray
    style: np.ndarray
    content_masks: np.ndarray
    style_masks: np.ndarray
    recolored: np.ndarray
    plainness: np.ndarray


class Weights(NamedTuple):
    """How much each term counts."""

    style: float
    content: float
    photorealism: float
    recoloring: float
    variation: float


class Recipe(NamedTuple):
    """Where the two objectives differ."""

    brightness: float
    """Of the picture, before the network's preprocessing."""
    masks: Callable[[Tensor, list[str]], dict[str, Tensor]]
    """From masks at full size to masks at every style layer."""
    pixel_weights: Callable[[Tensor, int], Tensor]
    """From masks and number of channels to the weight of each pixel in a Gram matrix."""
    relative: bool
    """Whether terms are measured against their targets' sizes and the number of pixels; whether
    layers have weights, means count as well, and colors beyond [0, 1] are cut off and held back."""
    epsilon: float
    """Ridge of the matting Laplacian."""


def _by_squares(masks: Tensor, channels: int) -> Tensor:
    squares = masks**2
    return squares / squares.sum((1, 2), keepdim=True).clamp_min(TINY)


def _by_counts(masks: Tensor, channels: int) -> Tensor:
    return masks**2 / (channels * masks.sum((1, 2), keepdim=True)).clamp_min(TINY)


RECIPES = {
    "jphoto": Recipe(1.0, halved, _by_squares, True, 1e-4),
    "paper": Recipe(256 / 255, carried, _by_counts, False, EPSILON),
}


class Style(NamedTuple):
    """What one layer is compared with, region by region."""

    pixels: Pixels
    target: Tensor
    """Gram matrices, k x c x c."""
    scale: Tensor
    """Of each region's mean squared difference."""
    shares: Tensor | None
    """k x n, what each pixel counts in its region's means; None where means do not count."""
    means: Tensor
    """k x c."""
    means_scale: Tensor


class Targets(NamedTuple):
    """What a picture is compared with."""

    size: tuple[int, int]
    recipe: Recipe
    style: tuple[Style, ...]
    photo: Tensor
    """The content itself, from which the relative recipe's photorealism counts."""
    broad: Tensor | None
    """The relative recipe's matting Laplacian at a quarter of the size."""
    recolored: Tensor
    content: Tensor
    content_scale: float
    photorealism_scale: float
    recoloring_scale: float
    variation_scale: float


def prepare(network: Network, preprocessing: str, objective: str, pair: Pair) -> Targets:
    """All that depends on the photos and not on the picture.

    Args:
      network: from `network.load`.
      preprocessing: that it was trained with.
      objective: "jphoto" or "paper".
      pair: the photos and masks.
    """
    recipe = RECIPES[objective]
    unit = 1.0 if recipe.relative else CAFFE_UNIT[preprocessing]
    placed = {"dtype": network.mean.dtype, "device": network.mean.device}
    content, style, content_masks, style_masks, recolored, _ = (
        torch.as_tensor(array, **placed) for array in pair
    )
    scale = STYLE_SCALES[preprocessing]
    names = [convolution.name for convolution in network.convolutions]
    seen = features(network, recipe.brightness * style, STYLE_LAYERS)
    own, other = recipe.masks(content_masks, names), recipe.masks(style_masks, names)
    layers = [
        _style(seen[layer], own[layer], other[layer], recipe, unit, scale * weight)
        for layer, weight in zip(STYLE_LAYERS, LAYER_WEIGHTS, strict=True)
    ]
    goal = features(network, recipe.brightness * content, (CONTENT_LAYER,))[CONTENT_LAYER]
    goal = goal.to(content.dtype)
    broad = None
    if recipe.relative:
        small = quartered(content).cpu().numpy()
        broad = build(small, **placed, epsilon=recipe.epsilon, counts=pair.plainness)
    h, w, _ = content.shape
    return Targets(
        (h, w),
        recipe,
        tuple(layers),
        content,
        broad,
        recolored,
        goal,
        1 / max(float((goal**2).mean()), TINY) if recipe.relative else unit**2,
        1 / (h * w) if recipe.relative else 1.0,
        1 / (h * w) if recipe.relative else 0.0,
        1 / (h * w) if recipe.relative else 256**2 / 2,
    )


def _style(
    seen: Tensor, own: Tensor, other: Tensor, recipe: Recipe, unit: float, weight: float
) -> Style:
    """What one layer is compared with: the style's features, and both photos' masks there."""
    weights, style_weights = (
        unit**2 * recipe.pixel_weights(masks, seen.shape[-1]) for masks in (own, other)
    )
    target, area = grams(seen, pixels(style_weights)), own.mean((1, 2))
    if not recipe.relative:
        return Style(pixels(weights), target, area, None, target, area)
    mean = means(seen, shares(other))
    return Style(
        pixels(weights),
        target,
        weight * area / (target**2).mean((1, 2)).clamp_min(TINY),
        shares(own),
        mean,
        weight * MEANS * area / (mean**2).mean(1).clamp_min(TINY),
    )


def quartered(picture: Tensor) -> Tensor:
    """At a quarter of its size."""
    small = F.avg_pool2d(picture.permute(2, 0, 1), 4, ceil_mode=True, count_include_pad=False)
    return small.permute(1, 2, 0).contiguous()


class Objective:
    """The terms at a picture and their gradient; the network's part may be compiled."""

    def __init__(self, network: Network, matrix: Tensor, targets: Targets, weights: Weights):
        self.network, self.matrix, self.targets, self.weights = network, matrix, targets, weights
        self.interpret()

    def compile(self, mode: str) -> None:
        """Compile what the network has to do with, each at its first use."""
        self._compiled = True
        self._terms_of, self._size_of = (
            torch.compile(function, fullgraph=True, dynamic=False, mode=mode)
            for function in (self._seen_terms, self._seen_size)
        )

    def interpret(self) -> None:
        """Do without compilation."""
        self._compiled = False
        self._terms_of, self._size_of = self._seen_terms, self._seen_size

    def blank(self) -> Tensor:
        """A black picture of the right size, dtype and device."""
        mean = self.network.mean
        size = (*self.targets.size, 3)
        return torch.zeros(size, dtype=mean.dtype, device=mean.device)

    def _seen_terms(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Style, content, recoloring and variation."""
        targets = self.targets
        shown = picture.clamp(0, 1) if targets.recipe.relative else picture
        seen = features(self.network, targets.recipe.brightness * shown, LAYERS)
        goals = zip(STYLE_LAYERS, targets.style, strict=True)
        style = torch.stack([_style_loss(seen[layer], goal) for layer, goal in goals]).sum()
        content = targets.content_scale * _square(seen[CONTENT_LAYER] - targets.content, (0, 1, 2))
        recoloring = targets.recoloring_scale * ((picture - targets.recolored) ** 2).sum()
        return style, content, recoloring, targets.variation_scale * _variation(picture)

    def value_and_gradient(
        self, picture: Tensor, *, photorealism: bool = True
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Terms before weighting, their weighted total, and its gradient.

        Args:
          picture: h x w x 3.
          photorealism: False leaves that term out, and its product with the matrix undone.
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
            if targets.broad is not None:
                small = quartered(change)
                scale = picture[..., 0].numel() / small[..., 0].numel()
                term = term + BROAD * scale * energy(targets.broad, small)
                term = term + GAMUT * ((picture - picture.clamp(0, 1)) ** 2).sum()
            term = targets.photorealism_scale * term
            terms["photorealism"] = term
            total = total + weights.photorealism * term
        (gradient,) = torch.autograd.grad(total, picture)
        return {"total": total.detach(), **{k: v.detach() for k, v in terms.items()}}, gradient

    def feature_gradient(self, picture: Tensor) -> Tensor:
        """Of the sum of the features' mean squares: the network's own share of an evaluation."""
        picture = self._variable(picture)
        (gradient,) = torch.autograd.grad(self._size_of(picture), picture)
        return gradient

    def _seen_size(self, picture: Tensor) -> Tensor:
        seen = features(self.network, self.targets.recipe.brightness * picture, LAYERS)
        return torch.stack([(seen[layer].to(picture.dtype) ** 2).mean() for layer in LAYERS]).sum()

    def _variable(self, picture: Tensor) -> Tensor:
        """The picture as what to differentiate by."""
        if self._compiled:
            # A CUDA graph overwrites what its last run returned; that has been used by now.
            torch.compiler.cudagraph_mark_step_begin()
        return picture.detach().requires_grad_()


def _style_loss(seen: Tensor, goal: Style) -> Tensor:
    loss = torch.dot(goal.scale, _square(grams(seen, goal.pixels) - goal.target, (1, 2)))
    if goal.shares is not None:
        errors = _square(means(seen, goal.shares) - goal.means, (1,))
        loss = loss + torch.dot(goal.means_scale, errors)
    return loss


def _square(difference: Tensor, axes: tuple[int, ...]) -> Tensor:
    return (difference**2).mean(axes)


def _variation(picture: Tensor) -> Tensor:
    corner = picture[:-1, :-1]
    return ((corner - picture[:-1, 1:]) ** 2 + (corner - picture[1:, :-1]) ** 2).sum()
