"""Flicker and drift of a clip: changes of color that its source does not have.

Frames are compared with earlier ones along the motion of the source. Two steps make the measure
blind to what nobody sees as flicker:

- Changes are averaged over blocks, where noise and errors of resampling cancel and a change of
  color does not. Blur, which lowers a warping error, leaves such a change as it is.
- What one change of color of the source explains is taken off. A clip that is a fixed map of its
  source's colors changes where the source does, by exposure or by noise, and does not flicker. The
  map is one polynomial for all frames, so a change that comes and goes while the source is steady
  cannot be explained. Places whose motion was not found exactly do not count.

Frames are h x w x 3, sRGB in [0, 1]; results are in levels of 255. Flicker of whole areas can be
seen from about one level.

Source: Bonneel et al. 2015, "Blind Video Temporal Consistency", for a clip that is as steady as its
source but not steadier; Ruder et al. 2016, "Artistic Style Transfer for Videos", section 5, for
motion over a longer step. Block means and the fixed map are our own.
"""

import math
from typing import TypeAlias

import numpy as np
import scipy
from jaxtyping import Bool, Float, Float64

from jphoto.metrics.pictures import HostPicture, check_sizes
from jphoto.metrics.temporal import LEVELS

BLOCKS = 24
"""Blocks along the long side of a frame: in the smallest frames that are measured, 320 pixels, 13
pixels wide, over which noise of 2.5 levels averages to 0.3."""
LEAST_SHARE = 0.5
"""Of a block's pixels that must be seen in both frames."""
DEGREE = 3
"""Of the polynomial: colors times powers of lightness, which is enough for curves of contrast."""
FEATURES = 3 * DEGREE
MOMENTS = 1 + FEATURES + 3
RIDGE = (0.05 / LEVELS) ** 2
"""Mean square of a change in the source, below which it explains nothing."""

Blocks: TypeAlias = Float64[np.ndarray, "n c"]
Moments: TypeAlias = Float64[np.ndarray, "13 13"]
"""Sums over blocks of products of 1, the changes of the source's `FEATURES`, and the change of the
clip in three channels."""


def block_means(values: Float[np.ndarray, "h w c"], seen: Bool[np.ndarray, "h w"]) -> Blocks:
    """Mean colors of the blocks of a frame, of those that are seen enough, row by row.

    Args:
      values: colors, or what is computed from them.
      seen: pixels that count.
    """
    side = max(1, max(seen.shape) // BLOCKS)
    height, width = (length // side * side for length in seen.shape)
    known = seen[:height, :width, None]
    split = (height // side, side, width // side, side, -1)
    sums, counts = (
        np.asarray(part, np.float64).reshape(split).sum((1, 3))
        for part in (np.where(known, values[:height, :width], 0), known)
    )
    enough = counts[..., 0] >= LEAST_SHARE * side**2
    means: Blocks = sums[enough] / counts[enough]
    return means


def change_moments(
    change: HostPicture,
    source_change: HostPicture,
    source: HostPicture,
    seen: Bool[np.ndarray, "h w"],
) -> Moments:
    """What `flicker` needs of a frame; the moments of several frames add up.

    Args:
      change: of the clip from an earlier frame along the motion, from `temporal.warped_change`.
      source_change: of its source.
      source: the frame of the source.
      seen: where the motion is valid.

    Raises: ImageError, if the sizes differ.
    """
    check_sizes(change, source)
    check_sizes(source_change, source)
    explains = _features(source) - _features(source - source_change)
    changes, explained = block_means(change, seen), block_means(explains, seen)
    rows = np.hstack([np.ones((len(changes), 1)), explained, changes])
    moments: Moments = rows.T @ rows
    return moments


def _features(colors: HostPicture) -> Float[np.ndarray, "h w c"]:
    lightness = colors.mean(-1, keepdims=True)
    return np.concatenate([colors * lightness**power for power in range(DEGREE)], axis=-1)


def flicker(moments: Moments) -> float:
    """The change of a clip that its source does not explain.

    Args:
      moments: the sum of `change_moments` over frames.

    Returns: root mean square over blocks and channels, in levels of 255; 0 for a clip that is a
      fixed linear map of its source. NaN if there are no blocks.
    """
    count = moments[0, 0]
    if count == 0:
        return math.nan
    own, others = slice(1, 1 + FEATURES), slice(1 + FEATURES, None)
    explained = moments[own, others]
    gram = moments[own, own] + count * RIDGE * np.eye(FEATURES)
    maps = np.linalg.solve(gram, explained)
    left = moments[others, others] - 2 * explained.T @ maps + maps.T @ moments[own, own] @ maps
    return LEVELS * math.sqrt(max(0.0, float(np.trace(left))) / (3 * count))


def chained_motion(
    flow: Float[np.ndarray, "h w 2"],
    valid: Bool[np.ndarray, "h w"],
    earlier_flow: Float[np.ndarray, "h w 2"],
    earlier_valid: Bool[np.ndarray, "h w"],
) -> tuple[Float[np.ndarray, "h w 2"], Bool[np.ndarray, "h w"]]:
    """The motion over two steps.

    Args:
      flow: from each pixel of a frame, rows and columns to its place in the one before.
      valid: where that place is seen in both.
      earlier_flow: from that frame to an earlier one.
      earlier_valid: where that place is seen in both.

    Returns: the motion from the frame to the earlier one, and where it is seen in all three.
    """
    places = np.indices(valid.shape) + np.moveaxis(flow, -1, 0)
    *parts, seen = (
        scipy.ndimage.map_coordinates(plane, places, order=1, mode="constant")
        for plane in (*np.moveaxis(earlier_flow, -1, 0), earlier_valid.astype(np.float32))
    )
    return flow + np.stack(parts, axis=-1), valid & (seen > 0.99)


def color_map(picture: HostPicture, source: HostPicture) -> Float64[np.ndarray, "4 3"]:
    """The affine map from the colors of a source's frame to those of a clip's, by least squares.

    Returns: the constant, and a row for each channel of the source.
    Raises: ImageError, if the sizes differ.
    """
    check_sizes(picture, source)
    everywhere = np.ones(source.shape[:2], bool)
    colors, goals = (block_means(one, everywhere) for one in (source, picture))
    fitted: Float64[np.ndarray, "4 3"] = np.linalg.lstsq(_with_constant(colors), goals)[0]
    return fitted


def color_drift(
    now: Float64[np.ndarray, "4 3"], first: Float64[np.ndarray, "4 3"], source: HostPicture
) -> float:
    """How differently two color maps change the colors of a frame.

    Noise has nearly no part in it, so that it shows the drift of a still scene with noise, where
    the largest change of a pixel does not.

    Args:
      now: the `color_map` of the frame.
      first: that of the clip's first frame.
      source: the frame of the source.

    Returns: root mean square over blocks and channels, in levels of 255.
    """
    colors = block_means(source, np.ones(source.shape[:2], bool))
    return LEVELS * float(np.sqrt(np.mean((_with_constant(colors) @ (now - first)) ** 2)))


def _with_constant(colors: Blocks) -> Float64[np.ndarray, "n 4"]:
    return np.hstack([np.ones((len(colors), 1)), colors])
