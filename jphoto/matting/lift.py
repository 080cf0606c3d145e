"""The lift: takes a solved picture to the content photo's own size, however large that is.

Around each pixel of the solved picture, an affine map takes the content's colors to the picture's.
The maps are enlarged and applied to the photo at full size, so all detail comes from the photo.
Whatever a map's slopes do not explain is in its offsets: at the solved size, nothing is lost.

This runs on the host, in NumPy, a strip of rows at a time.

Source: He, Sun, Tang 2013, "Guided Image Filtering", section 3.5; Chen, Adams, Wadhwa, Hasinoff
2016, "Bilateral Guided Upsampling", for the use.
Departs: where the content is flat, the ridge draws a map's slopes to those of larger boxes around
it, not to zero. Grain and faint texture are mapped as their surroundings are, neither erased nor
amplified.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float32, Int

from jphoto.matting.affine_maps import regression_slopes

BOX_RADII = 64, 16, 4, 1
"""Radii in pixels of the boxes in which maps are fitted, largest first; the slopes of each size are
the prior of the next."""
RIDGE = 1e-4
"""Strength of the prior, in squared colors: the variance of grain, or of three 8-bit levels."""
STRIP_ROWS = 64
"""Rows of the full-size photo that are mapped at a time."""

Maps = Float32[np.ndarray, "h 12 w"]
"""Affine maps row by row: the offsets of red, green and blue, then the slopes of all three in the
content's red, those in its green, and those in its blue."""


class LinearWeights(NamedTuple):
    """Linear interpolation along one axis: two samples and their weights for each pixel."""

    lower: Int[np.ndarray, " n"]
    """Index of the sample before."""
    upper: Int[np.ndarray, " n"]
    """Index of the sample after."""
    upper_weight: Float32[np.ndarray, " n"]
    """Weight of the sample after, in [0, 1]; the sample before has the rest."""


def lift(
    content: Float32[np.ndarray, "h w 3"],
    picture: Float32[np.ndarray, "h w 3"],
    original: Float32[np.ndarray, "h2 w2 3"],
    strip_rows: int = STRIP_ROWS,
) -> Float32[np.ndarray, "h2 w2 3"]:
    """The solved picture at the size of the original photo.

    Args:
      content: the content photo at the size of the solve, values in [0, 1].
      picture: the result of the solve.
      original: the content photo at any size; colors outside [0, 1] are mapped like the others.
      strip_rows: rows mapped at a time, which bounds memory and changes no pixel.

    Returns: as large as the original, not clipped.

    Example: a photo was darkened at a quarter of its size; the lift darkens it at full size.

    >>> import numpy as np
    >>> from jphoto.matting import lift
    >>> original = np.linspace(0, 1, 24 * 32 * 3, dtype=np.float32).reshape(24, 32, 3)
    >>> content = original.reshape(6, 4, 8, 4, 3).mean((1, 3))
    >>> lifted = lift(content, 0.5 * content, original)
    >>> lifted.shape
    (24, 32, 3)
    >>> bool(abs(lifted - 0.5 * original).max() < 1e-2)
    True
    """
    maps, lifted = local_maps(content, picture), np.empty_like(original)
    rows, columns = (
        linear_weights(*sides) for sides in zip(original.shape, maps.shape[::2], strict=False)
    )

    def fill(top: int) -> None:
        strip = slice(top, top + strip_rows)
        lower, upper, upper_weight = (line[strip] for line in rows)
        wide = _at_columns(maps[lower[0] : upper[-1] + 1], columns)
        steps = np.diff(wide, axis=0) if len(wide) > 1 else np.zeros_like(wide)
        row_maps, colors = np.empty_like(wide[0]), np.empty_like(original[0].T, order="C")
        mapped, products = row_maps[:3], row_maps[3:].reshape(3, 3, -1)
        # In place and on whole rows of planes: new arrays would take most of the time.
        for row, (above, weight) in enumerate(
            zip(lower - lower[0], upper_weight, strict=True), top
        ):
            np.multiply(steps[above], weight, out=row_maps)
            row_maps += wide[above]
            colors[:] = original[row].T
            products *= colors[:, None]
            for product in products:
                mapped += product
            lifted[row] = mapped.T

    with ThreadPoolExecutor() as threads:
        list(threads.map(fill, range(0, len(original), strip_rows)))
    return lifted


def local_maps(
    content: Float32[np.ndarray, "h w 3"], picture: Float32[np.ndarray, "h w 3"]
) -> Maps:
    """The affine maps of the content's colors that best fit the picture around each pixel.

    Offsets are set so that each map takes its own pixel exactly to the picture's color.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
    """
    colors, targets = (np.ascontiguousarray(np.moveaxis(p, 2, 0)) for p in (content, picture))
    # Relative to their mean, colors are smaller and their products lose less to rounding.
    colors = colors - colors.mean((1, 2), keepdims=True)
    gains = _contrast_gains(np.moveaxis(content, 2, 0), targets)
    slopes = gains * np.eye(3, dtype=np.float32)[..., None, None]
    for radius in BOX_RADII:
        slopes = _box_slopes(colors, targets, radius, slopes)
    planes = np.moveaxis(content, 2, 0)
    offsets = targets - sum(slope * color for slope, color in zip(slopes, planes, strict=True))
    return np.concatenate([offsets, *slopes]).transpose(1, 0, 2).copy()


def _contrast_gains(
    colors: Float32[np.ndarray, "3 h w"], targets: Float32[np.ndarray, "3 h w"]
) -> Float32[np.ndarray, "h w"]:
    """Around each pixel, one factor of contrast for all channels, at least 0.

    It is the first prior of the slopes, for directions of color in which the photo hardly varies.
    In a flat box it is the ratio of brightness, at most 1: flat colors do not determine a gain.
    """
    means = functools.partial(_box_means, radius=BOX_RADII[0])
    mean, target_mean = means(colors), means(targets)
    covariance = np.sum(means(colors * targets) - mean * target_mean, 0)
    variance = np.sum(means(colors * colors) - mean * mean, 0)
    darkening = np.minimum(np.sum(target_mean, 0) / np.maximum(np.sum(mean, 0), RIDGE), 1)
    gains: Float32[np.ndarray, "h w"] = np.maximum(
        (covariance + RIDGE * darkening) / (variance + RIDGE), 0
    )
    return gains


def _box_slopes(
    colors: Float32[np.ndarray, "3 h w"],
    targets: Float32[np.ndarray, "3 h w"],
    radius: int,
    prior_slopes: Float32[np.ndarray, "3 3 _ _"],
) -> Float32[np.ndarray, "3 3 h w"]:
    """Slopes of ridge regressions in boxes, averaged over all boxes that contain a pixel.

    Args:
      colors: the content's, relative to their mean.
      targets: the picture's colors.
      radius: of a box, in pixels.
      prior_slopes: the slopes to which the ridge draws: in each color, of each target.
    """
    means = functools.partial(_box_means, radius=radius)
    mean, target_mean = means(colors), means(targets)
    i, j = np.triu_indices(3)
    ridges = np.float32(RIDGE) * (i == j)[:, None, None]
    moments = means(colors[i] * colors[j]) - mean[i] * mean[j] + ridges.astype(np.float32)
    products = [
        means(color * targets) - color_mean * target_mean + np.float32(RIDGE) * prior
        for color, color_mean, prior in zip(colors, mean, prior_slopes, strict=True)
    ]
    return means(np.stack(regression_slopes([*moments], products)))


def _box_means(planes: Float32[np.ndarray, "*n h w"], radius: int) -> Float32[np.ndarray, "*n h w"]:
    """Means over the box around each pixel, with the planes mirrored at their borders."""
    means = np.empty_like(planes)

    def fill(plane: tuple[int, ...]) -> None:
        scipy.ndimage.uniform_filter(planes[plane], 2 * radius + 1, means[plane])

    with ThreadPoolExecutor() as threads:
        list(threads.map(fill, np.ndindex(planes.shape[:-2])))
    return means


def linear_weights(length: int, count: int) -> LinearWeights:
    """Linear interpolation from `count` samples to `length` pixels of the same line.

    Centers of samples and pixels are aligned; beyond the outermost samples, their values continue.
    """
    position = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    lower = np.minimum(position.astype(int), max(0, count - 2))
    upper = np.minimum(lower + 1, count - 1)
    return LinearWeights(lower, upper, (position - lower).astype(np.float32))


def _at_columns(maps: Maps, columns: LinearWeights) -> Float32[np.ndarray, "h 12 w2"]:
    """The maps interpolated at each column of the full-size photo."""
    # Indexing would put the columns first in memory.
    left = np.take(maps, columns.lower, axis=-1)
    wide: Float32[np.ndarray, "h 12 w2"] = np.take(maps, columns.upper, axis=-1)
    wide -= left
    wide *= columns.upper_weight
    wide += left
    return wide
