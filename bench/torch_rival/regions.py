"""Masks at every style layer, and Gram matrices under them.

A region's Gram matrix needs only the pixels inside its mask. Since regions hardly overlap,
gathering these pixels costs little more than one Gram matrix of the whole photo, for any number of
regions.

Source: Luan et al. 2017, section 3.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


def halved(masks: Tensor, names: list[str]) -> dict[str, Tensor]:
    """Masks at the first layer of each block: halved by averaging, sizes rounded up.

    Args:
      masks: k x h x w.
      names: of the network's convolutions, in order.
    """
    levels = {}
    for suffix in (name.removeprefix("conv") for name in names if name.endswith("_1")):
        if levels:
            masks = half(masks)
        levels[f"relu{suffix}"] = masks
    return levels


def half(planes: Tensor) -> Tensor:
    """The planes at half the size, rounded up: means of 2 x 2 pixels."""
    odd = planes.shape[2] % 2, planes.shape[1] % 2
    return F.avg_pool2d(F.pad(planes[None], (0, odd[0], 0, odd[1]), mode="replicate")[0], 2)


def filtered(masks: Tensor, names: list[str]) -> dict[str, Tensor]:
    """Masks at every layer as the paper's authors compute them, along the network.

    At each convolution they are averaged over 3 x 3 pixels, with zeros around the photo; at each
    pooling they are halved (rounded up) by bilinear interpolation. Arguments as in `halved`.
    """
    levels: dict[str, Tensor] = {}
    block = "1"
    for suffix in (name.removeprefix("conv") for name in names):
        if suffix[0] != block:
            half = [(side + 1) // 2 for side in masks.shape[1:]]
            masks = F.interpolate(masks[None], half, mode="bilinear", align_corners=False)[0]
            block = suffix[0]
        masks = F.avg_pool2d(masks, 3, stride=1, padding=1)
        levels[f"relu{suffix}"] = masks
    return levels


class Pixels(NamedTuple):
    """The pixels inside each region at one layer, region after region."""

    rows: Tensor
    """Index of each pixel in the flattened layer."""
    roots: Tensor
    """Square root of each pixel's weight, n x 1."""
    counts: tuple[int, ...]
    """Number of pixels of each region."""


def pixels(weights: Tensor) -> Pixels:
    """The pixels with a weight above 0; weights are k x y x x."""
    flat = weights.flatten(1)
    region, rows = torch.nonzero(flat, as_tuple=True)
    counts = torch.bincount(region, minlength=len(flat))
    return Pixels(rows, flat[region, rows].sqrt()[:, None], tuple(counts.tolist()))


class _Grams(torch.autograd.Function):
    """One product for each region forward and one backward; autograd of A^T A would take two."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, rows: Tensor, roots: Tensor, *counts: int) -> Tensor:
        scaled = features.index_select(0, rows) * roots
        ctx.save_for_backward(scaled, rows, roots)
        ctx.counts, ctx.like = counts, (features.shape, features.dtype)
        return torch.stack([part.T @ part for part in scaled.split(counts)])

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        scaled, rows, roots = ctx.saved_tensors
        both = cotangent + cotangent.mT
        parts = zip(scaled.split(ctx.counts), both, strict=True)
        pulled = torch.cat([part @ matrix for part, matrix in parts]) * roots
        shape, dtype = ctx.like
        gradient = pulled.new_zeros(shape).index_add_(0, rows, pulled)
        return gradient.to(dtype), None, None, *(None for _ in ctx.counts)


def grams(features: Tensor, pixels: Pixels) -> Tensor:
    """Gram matrix of each region: the sum over its pixels of weight f f^T.

    Args:
      features: y x x x c; sums have the dtype of the weights.
      pixels: of the regions at this layer.

    Returns: k x c x c.
    """
    return _Grams.apply(features.flatten(0, 1), pixels.rows, pixels.roots, *pixels.counts)


def shares(masks: Tensor) -> Tensor:
    """The weight of each pixel in the mean over each region: k x n, from masks k x y x x."""
    flat = masks.flatten(1)
    return flat / flat.sum(1, keepdim=True).clamp_min(1e-12)


def means(features: Tensor, shares: Tensor) -> Tensor:
    """Mean features of each region, k x c.

    Args:
      features: y x x x c; sums have the dtype of the shares.
      shares: k x n, from `shares`.
    """
    return shares @ features.flatten(0, 1).to(shares.dtype)
