"""A solved picture carried to the content photo's own pixels, however many these are.

Around each pixel of the solved picture an affine map takes the content's colors to the result's.
The maps are enlarged and applied to the photo at full size, so all detail is the photo's own. What
they leave of the solved picture is in their offsets: nothing that was solved is lost.

Source: He, Sun, Tang 2013, "Guided Image Filtering", section 3.5; Chen, Adams, Wadhwa, Hasinoff
2016, "Bilateral Guided Upsampling", for the use. Departs: where the content is flat, a map leans on
those of larger boxes around it, not on slopes of zero, so that grain and faint texture are mapped
as their surroundings are, neither erased nor amplified.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int
from scipy import ndimage

from jphoto.matting.affine_maps import regress

RADII = 64, 16, 4, 1
"""Pixels, of the boxes that maps are fitted in; each leans on those of the one before."""
RIDGE = 1e-4
"""How firmly, in squared colors: as much as grain, or three 8-bit levels, varies."""
STRIP = 64
"""Rows that are mapped at a time."""

Maps = Float32[np.ndarray, "h 12 w"]
"""Row by row: offsets of red, green and blue, then the slopes of each in red, in green and in blue
of the content."""


class Places(NamedTuple):
    """For each pixel of a longer line, where it is among those of a shorter one."""

    low: Int[np.ndarray, " n"]
    """The pixel before."""
    high: Int[np.ndarray, " n"]
    """The pixel after."""
    share: Float32[np.ndarray, " n"]
    """Of the latter."""


def lift(
    content: Float32[np.ndarray, "h w 3"],
    picture: Float32[np.ndarray, "h w 3"],
    original: Float32[np.ndarray, "h2 w2 3"],
    strip: int = STRIP,
) -> Float32[np.ndarray, "h2 w2 3"]:
    """The picture at the size of the original.

    Args:
      content: as it was solved, values in [0, 1].
      picture: the result of the solve.
      original: the content at any size; colors outside [0, 1] are mapped as those inside are.
      strip: rows mapped at a time, which bounds memory and changes no pixel.

    Returns: not clipped.
    """
    maps, lifted = local_maps(content, picture), np.empty_like(original)
    rows, columns = (places(*sides) for sides in zip(original.shape, maps.shape[::2], strict=False))

    def fill(top: int) -> None:
        there = slice(top, top + strip)
        low, high, share = (line[there] for line in rows)
        wide = _widened(maps[low[0] : high[-1] + 1], columns)
        steps = np.diff(wide, axis=0)
        for row, (above, part) in enumerate(zip(low - low[0], share, strict=True), top):
            mixed = wide[above] + part * steps[above] if len(steps) else wide[0]
            red, green, blue = original[row].T
            mapped = mixed[:3] + mixed[3:6] * red + mixed[6:9] * green + mixed[9:] * blue
            lifted[row] = mapped.T

    with ThreadPoolExecutor() as threads:
        list(threads.map(fill, range(0, len(original), strip)))
    return lifted


def local_maps(
    content: Float32[np.ndarray, "h w 3"], picture: Float32[np.ndarray, "h w 3"]
) -> Maps:
    """Around each pixel, the affine map of the content's colors that comes closest to the picture;
    its offsets are such that the pixel itself is met exactly.
    """
    colors, goals = (np.ascontiguousarray(np.moveaxis(p, 2, 0)) for p in (content, picture))
    # About the mean, products of colors are smaller and lose less to rounding.
    colors = colors - colors.mean((1, 2), keepdims=True)
    slopes = (
        _gains(np.moveaxis(content, 2, 0), goals) * np.eye(3, dtype=np.float32)[..., None, None]
    )
    for radius in RADII:
        slopes = _slopes(colors, goals, radius, slopes)
    planes = np.moveaxis(content, 2, 0)
    offsets = goals - sum(slope * color for slope, color in zip(slopes, planes, strict=True))
    return np.concatenate([offsets, *slopes]).transpose(1, 0, 2).copy()


def _gains(
    colors: Float32[np.ndarray, "3 h w"], goals: Float32[np.ndarray, "3 h w"]
) -> Float32[np.ndarray, "h w"]:
    """Around each pixel, the one factor of all channels' contrast: what slopes lean on in those
    directions of color in which the photo hardly varies at all.

    In a box that is flat it is how much darker the picture is; nothing there tells of a gain.
    """
    means = functools.partial(_box_means, radius=RADII[0])
    mean, goal = means(colors), means(goals)
    common = np.sum(means(colors * goals) - mean * goal, 0)
    varied = np.sum(means(colors * colors) - mean * mean, 0)
    darker = np.minimum(np.sum(goal, 0) / np.maximum(np.sum(mean, 0), RIDGE), 1)
    gains: Float32[np.ndarray, "h w"] = np.maximum((common + RIDGE * darker) / (varied + RIDGE), 0)
    return gains


def _slopes(
    colors: Float32[np.ndarray, "3 h w"],
    goals: Float32[np.ndarray, "3 h w"],
    radius: int,
    lean: Float32[np.ndarray, "3 3 _ _"],
) -> Float32[np.ndarray, "3 3 h w"]:
    """Of ridge regressions in the boxes around each pixel, averaged over all that it lies in.

    Args:
      lean: the slopes that the ridge draws to: in each color, of each goal.
    """
    means = functools.partial(_box_means, radius=radius)
    mean, goal = means(colors), means(goals)
    i, j = np.triu_indices(3)
    ridges = np.float32(RIDGE) * (i == j)[:, None, None]
    moments = means(colors[i] * colors[j]) - mean[i] * mean[j] + ridges.astype(np.float32)
    products = [
        means(color * goals) - middle * goal + np.float32(RIDGE) * drawn
        for color, middle, drawn in zip(colors, mean, lean, strict=True)
    ]
    return means(np.stack(regress([*moments], products)))


def _box_means(planes: Float32[np.ndarray, "*n h w"], radius: int) -> Float32[np.ndarray, "*n h w"]:
    means: Float32[np.ndarray, "*n h w"] = ndimage.uniform_filter(
        planes, 2 * radius + 1, axes=(-2, -1)
    )
    return means


def places(length: int, count: int) -> Places:
    """Where the centers of so many pixels lie among `count`, beyond the outermost of these on
    them.
    """
    place = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    low = np.minimum(place.astype(int), max(0, count - 2))
    return Places(low, np.minimum(low + 1, count - 1), (place - low).astype(np.float32))


def _widened(maps: Maps, columns: Places) -> Float32[np.ndarray, "h 12 w2"]:
    """The maps at so many columns."""
    left = maps[..., columns.low]
    wide: Float32[np.ndarray, "h 12 w2"] = left + columns.share * (maps[..., columns.high] - left)
    return wide
