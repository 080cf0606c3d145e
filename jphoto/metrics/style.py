"""Is the style there: Gram matrices of AlexNet and colors in CIE Lab, region by region.

Regions are weighted by their area in the content photo; regions that only one photo has are left
out.

Source: Gatys et al. 2016, eq. 3; Bonneel et al. 2015, "Sliced and Radon Wasserstein Barycenters of
Measures"; CIE 15:2004 for Lab, in which the smallest visible difference is about 1.
"""

import numpy as np
from jaxtyping import Float, Float64, Shaped

from jphoto.errors import MaskError
from jphoto.metrics.features import alexnet_features
from jphoto.metrics.pictures import lab
from jphoto.networks.alexnet import Params

DIRECTIONS = 64
"""Number of projections of the sliced Wasserstein distance."""
QUANTILES = 256
"""Number of quantiles compared along each direction."""
SMALLEST_NORM = 1e-12
"""Keeps the relative distance finite if a layer has no activations at all."""


def style_distance(
    params: Params,
    result: Float[np.ndarray, "h w 3"],
    style: Float[np.ndarray, "hs ws 3"],
    content_masks: Float[np.ndarray, "k h w"],
    style_masks: Float[np.ndarray, "k hs ws"],
) -> float:
    """Relative distance between the Gram matrices of the result and of the style photo, in AlexNet.

    For the features f after the ReLU of conv1 to conv5, and masks m averaged over areas to the
    features' size: ||G - G_s|| / ||G_s|| (Frobenius), G = sum of m^2 f f^T / sum of m^2.

    Args:
      params: `jphoto.weights.load("alexnet").params`.
      result: at least 31 pixels on the shorter side.
      style: at least 31 pixels on the shorter side.
      content_masks: of the result's regions.
      style_masks: of the style photo's, in the same order.

    Returns: mean over layers of the area-weighted mean over regions; 0 for the style photo itself.
    Raises: ImageError, if a picture is too small; MaskError, if no region is in both photos.
    """
    shared, shares = _shared_regions(content_masks, style_masks)
    layers = zip(alexnet_features(params, result), alexnet_features(params, style), strict=True)
    distances = [
        [
            _relative_distance(_gram_matrix(features, mask), _gram_matrix(target, style_mask))
            for mask, style_mask in zip(content_masks[shared], style_masks[shared], strict=True)
        ]
        for features, target in layers
    ]
    return float(np.mean(distances @ shares))


def color_distance(
    result: Float[np.ndarray, "h w 3"],
    style: Float[np.ndarray, "hs ws 3"],
    content_masks: Float[np.ndarray, "k h w"],
    style_masks: Float[np.ndarray, "k hs ws"],
) -> float:
    """Sliced Wasserstein-1 distance between the colors of result and style photo, in CIE Lab.

    Colors are projected on 64 directions spread evenly over the half sphere. Along each direction,
    the mean absolute difference of the 256 quantiles (i + 1/2) / 256 is taken, over the pixels
    whose mask value is above 1/2.

    Args:
      result: any size.
      style: any size.
      content_masks: of the result's regions.
      style_masks: of the style photo's, in the same order.

    Returns: the area-weighted mean over regions, in units of Lab. If all colors moved by the same
      vector, it is about half of its length; 0 for the same colors in any arrangement.
    Raises: MaskError, if no region is in both photos.
    """
    content_pixels, style_pixels = content_masks > 0.5, style_masks > 0.5
    shared, shares = _shared_regions(content_pixels, style_pixels)
    colors, style_colors = lab(result), lab(style)
    distances = [
        np.mean(np.abs(_quantiles(colors[pixels]) - _quantiles(style_colors[style_pixels])))
        for pixels, style_pixels in zip(content_pixels[shared], style_pixels[shared], strict=True)
    ]
    return float(distances @ shares)


def half_sphere(count: int) -> Float64[np.ndarray, "count 3"]:
    """Unit vectors spread evenly over half a sphere; the other half are their opposites.

    Args:
      count: number of vectors.

    Source: Gonzalez 2010, "Measurement of Areas on a Sphere Using Fibonacci and Latitude-Longitude
    Lattices": equal steps in height, and in angle steps of the golden angle.
    """
    height = (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], -1)


def _shared_regions(
    content_masks: Shaped[np.ndarray, "k h w"], style_masks: Shaped[np.ndarray, "k hs ws"]
) -> tuple[np.ndarray, Float64[np.ndarray, "_"]]:
    """Indices of the regions that have pixels in both photos, and their shares of the area."""
    (shared,) = np.nonzero(content_masks.any((1, 2)) & style_masks.any((1, 2)))
    if not len(shared):
        raise MaskError("no region has pixels in both photos; give masks that share one")
    areas = content_masks[shared].mean((1, 2), dtype=np.float64)
    return shared, areas / areas.sum()


def _gram_matrix(
    features: Float[np.ndarray, "y x c"], mask: Float[np.ndarray, "h w"]
) -> Float64[np.ndarray, "c c"]:
    """The sum of m^2 f f^T over the sum of m^2, where m is the mask at the features' size."""
    y, x, _ = features.shape
    rows, columns = (_averages(*sides) for sides in zip(mask.shape, (y, x), strict=True))
    small = rows @ mask @ columns.T
    masked = (features * small[..., None]).reshape(y * x, -1)
    gram: Float64[np.ndarray, "c c"] = masked.T @ masked / np.sum(small**2)
    return gram


def _averages(pixels: int, cells: int) -> Float64[np.ndarray, "_ _"]:
    """The matrix that averages a line of pixels over cells of equal length: cells x pixels."""
    edges = np.linspace(0, pixels, cells + 1)[:, None]
    start = np.arange(pixels)
    overlap = np.minimum(edges[1:], start + 1) - np.maximum(edges[:-1], start)
    averages: Float64[np.ndarray, "_ _"] = np.maximum(overlap, 0) * cells / pixels
    return averages


def _relative_distance(
    value: Float64[np.ndarray, "c c"], target: Float64[np.ndarray, "c c"]
) -> float:
    return float(np.linalg.norm(value - target) / max(float(np.linalg.norm(target)), SMALLEST_NORM))


def _quantiles(colors: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "d q"]:
    """Quantiles of the colors along each direction; n samples are the quantiles (i + 1/2) / n."""
    midpoints = (np.arange(QUANTILES) + 0.5) / QUANTILES
    # NumPy finds this many quantiles in half the time if the samples are sorted.
    projections = (np.sort(colors @ direction) for direction in half_sphere(DIRECTIONS))
    return np.stack([np.quantile(line, midpoints, method="hazen") for line in projections])
