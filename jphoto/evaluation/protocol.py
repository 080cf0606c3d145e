"""The evaluation protocol: measures, sizes and units, frozen under `VERSION`.

Any change to the measures, the size or the resizing needs a new version, because the figures of two
versions are not comparable. A measure more leaves the others as they are, and needs none.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from jphoto import images, metrics
from jphoto.errors import ImageError
from jphoto.images import PictureSource
from jphoto.metrics.pictures import HostPicture
from jphoto.networks.vgg import Params
from jphoto.solver.pairs import Pair

VERSION = "jphoto-eval-1"
LONG_SIDE = 700
"""Of content and style photos, in pixels; larger photos are reduced."""
LARGEST_MISFIT = 2.0
"""Pixels by which a result's short side may differ from the content's, at the same long side."""


@dataclass(frozen=True)
class Measure:
    """One measure, a row of the tables."""

    key: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    decimals: int


CONTENT_MEASURES = (
    Measure("edge_similarity", "edge SSIM", "", "higher", 3),
    Measure("perceptual", "luminance LPIPS", "", "lower", 3),
    Measure("affine_residual", "affine residual", "1/255", "lower", 2),
    Measure("matting_energy", "matting energy", "", "lower", 5),
    Measure("banding", "banding", "1/255 per pixel", "lower", 2),
)
MEASURES = (
    Measure("style_distance", "style distance", "", "lower", 3),
    Measure("color_distance", "color distance", "Delta E", "lower", 2),
    *CONTENT_MEASURES,
)
TRUTH_MEASURES = (
    Measure("psnr", "PSNR to truth", "dB", "higher", 2),
    Measure("ssim", "SSIM to truth", "", "higher", 3),
    Measure("lpips", "LPIPS to truth", "", "lower", 3),
    Measure("ciede2000", "CIEDE2000 to truth", "Delta E", "lower", 2),
    Measure("histogram_correlation", "histogram correlation", "", "higher", 3),
)


def measure(params: Params, pair: Pair, result: Float[np.ndarray, "h w 3"]) -> dict[str, float]:
    """The values of `MEASURES` for a result, by key.

    Args:
      params: of AlexNet, with the LPIPS heads.
      pair: photos and masks at measuring size.
      result: the size of the content photo.

    Raises: ImageError, if a photo is too small for AlexNet.
    """
    masks = (pair.content_masks, pair.style_masks)
    return {
        "style_distance": metrics.style_distance(params, result, pair.style, *masks),
        "color_distance": metrics.color_distance(result, pair.style, *masks),
        **measure_against_content(params, result, pair.content),
    }


def measure_against_content(
    params: Params, result: HostPicture, content: HostPicture
) -> dict[str, float]:
    """The values of `CONTENT_MEASURES`, which need no style photo, by key.

    Args:
      params: of AlexNet, with the LPIPS heads.
      result: at measuring size.
      content: the same size.

    Raises: ImageError, if the sizes differ, or are too small for AlexNet.
    """
    return {
        "edge_similarity": metrics.edge_similarity(result, content),
        "perceptual": metrics.perceptual_distance(params, result, content, luminance=True),
        "affine_residual": metrics.affine_residual(result, content),
        "matting_energy": metrics.matting_energy(result, content),
        "banding": metrics.banding(result, content),
    }


def measure_against_truth(
    params: Params, result: Float[np.ndarray, "h w 3"], truth: Float[np.ndarray, "h w 3"]
) -> dict[str, float]:
    """The values of `TRUTH_MEASURES`, by key; both pictures have the content's measuring size."""
    return {
        "psnr": metrics.psnr(result, truth),
        "ssim": metrics.ssim(result, truth),
        "lpips": metrics.perceptual_distance(params, result, truth),
        "ciede2000": metrics.color_difference(result, truth),
        "histogram_correlation": metrics.histogram_correlation(result, truth),
    }


def read_fitted(
    source: PictureSource, role: str, size: tuple[int, int]
) -> tuple[Float[np.ndarray, "h w 3"], str | None]:
    """Read a picture at the content's measuring size.

    Args:
      source: a picture of any size.
      role: "result", "baseline" or "truth", for messages.
      size: (height, width) of the content photo as measured.

    Returns: the picture, and a note if it was resized.
    Raises: ImageError, if it cannot be read or has other proportions.
    """
    picture = images.read_picture(source, role=role)
    own_size = picture.shape[:2]
    if own_size == size:
        return picture, None
    sizes = f"{own_size[1]} x {own_size[0]}", f"{size[1]} x {size[0]}"
    long, short = (1, 0) if size[1] >= size[0] else (0, 1)
    misfit = abs(own_size[short] * size[long] / own_size[long] - size[short])
    if misfit > LARGEST_MISFIT:
        raise ImageError(
            f"{images.source_name(source, role)} is {sizes[0]} pixels and the content, as "
            f"measured, {sizes[1]} (width x height): {misfit:.1f} pixels off its proportions, "
            f"at most {LARGEST_MISFIT:g} pass"
        )
    return images.resize(picture, size), f"{role} resized from {sizes[0]} to {sizes[1]}"
