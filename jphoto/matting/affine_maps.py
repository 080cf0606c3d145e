"""Local affine maps: around each pixel, the affine function of the content's colors that comes
closest to another picture's. What is locally affine has the content's edges and no texture of its
own, so a picture is smoothed by smoothing its maps.

A map is twelve planes, three of offsets and nine of slopes. Fits are ridge regressions: in 3 x 3
windows, as the matting Laplacian has them, or in boxes of any size, averaged, so that they can be
carried to another size of the same photo.

Source: Luan et al. 2017, supplement (smoothing of the affine maps); Levin et al. 2008, section 3;
He, Sun, Tang 2013, "Guided Image Filtering", section 3.5, for boxes.
"""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Picture, Plane, Planes, Scalar, to_picture, to_planes
from jphoto.arrays.padding import Valid, excess, extended
from jphoto.arrays.pyramid import doubled
from jphoto.matting.affinities import EPSILON, orthogonal_columns, shifts, total

AffineMaps = Float[Array, "12 h w"]
"""Offsets of red, green and blue, then the slopes of each in red, green and blue."""

BOX_RADIUS = 1
"""Pixels; of the boxes in which maps are fitted to be carried to another size."""
BOX_RIDGE = 1e-6
"""Of those fits, in squared colors: larger than float32 is wrong about a variance in a box."""
RADIUS = 15
"""Pixels; the published smoothing looks this far in either direction."""
NEARNESS = RADIUS / 3
"""Standard deviation of the weight of a map by its distance, in pixels."""
EDGE = 0.01
"""Standard deviation of the weight of a map by the content's difference of color there."""
FLAT = 2e-3
"""Squares of a 3 x 3 window's colors about their mean, from which a photo is not flat there: those
of a slope of some three 8-bit levels a pixel."""


@jax.jit
def smooth_affine_maps(content: Picture, picture: Picture) -> Picture:
    """The picture with its local affine maps smoothed wherever the content is smooth.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.

    Returns: the content, each pixel mapped by the mean of the maps around it.
    Source: Luan et al. 2017, with the constants of the program published with it.
    """
    maps = fit_affine_maps(content, picture)
    return apply_affine_maps(smooth_bilaterally(maps, to_planes(content)), content)


@jax.jit
def carry(
    content: Picture, picture: Picture, finer: Float[Array, "h2 w2 3"], valid: Valid = None
) -> Float[Array, "h2 w2 3"]:
    """A picture at twice the size: its maps are enlarged, and all detail is that of the content.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
      finer: the content before it was halved, see `pyramid.halved`.
      valid: where the two smaller ones are, see `padding`; nothing is of use beyond them.
    """
    maps = fit_in_boxes(content, picture, valid=valid)
    return apply_affine_maps(doubled(maps, finer.shape[:2], valid), finer)


def fit_in_boxes(
    content: Picture,
    picture: Picture,
    radius: int = BOX_RADIUS,
    ridge: float = BOX_RIDGE,
    valid: Valid = None,
) -> AffineMaps:
    """The mean of the affine maps of all boxes around each pixel; beyond the border is nothing.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
      radius: of a box, in pixels: its side is twice that and one.
      ridge: added to the variances of the content's colors.
      valid: where the two are, see `padding`.

    Source: He, Sun, Tang 2013, eq. 19 to 21, with three channels of output.
    """
    box = functools.partial(_box_means, radius=radius, valid=valid)
    # About their mean, colors are smaller and their products lose less to rounding.
    average = (excess(content.shape, valid) * jnp.mean(content, (0, 1)))[:, None, None]
    colors, goals = to_planes(content) - average, to_planes(picture)
    mean, goal = box(colors), box(goals)
    i, j = np.triu_indices(3)
    ridges = ridge * (i == j)[:, None, None]
    rr, rg, rb, gg, gb, bb = box(colors[i] * colors[j]) - mean[i] * mean[j] + ridges
    red, green, blue = (
        box(color * goals) - color_mean * goal
        for color, color_mean in zip(colors, mean, strict=True)
    )
    slopes = jnp.stack(regress((rr, rg, rb, gg, gb, bb), (red, green, blue)), 1)
    offset = goal - jnp.sum(slopes * (mean + average), 1)
    return box(jnp.concatenate([offset, slopes.reshape(9, *offset.shape[1:])]))


def regress(moments: Sequence[Any], products: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Slopes of linear regressions in red, green and blue, all pixels and goals at once.

    Args:
      moments: rr, rg, rb, gg, gb, bb, of the colors about their mean, a ridge within; h x w each,
        of numpy or of jax.
      products: of red, of green and of blue with the goals; n x h x w each.

    Returns: slopes in red, in green and in blue, n x h x w each.
    """
    rr, rg, rb, gg, gb, bb = moments
    red, green, blue = products
    # Square root free Cholesky of the 3 x 3 moments.
    green_red, blue_red = rg / rr, rb / rr
    gg, gb = gg - green_red * rg, gb - green_red * rb
    blue_green = gb / gg
    bb = bb - blue_red * rb - blue_green * gb
    green = green - green_red * red
    blue = (blue - blue_red * red - blue_green * green) / bb
    green = green / gg - blue_green * blue
    red = red / rr - green_red * green - blue_red * blue
    return red, green, blue


def _box_means(planes: Planes, radius: int, valid: Valid) -> Planes:
    """Means over the boxes around each pixel, of what lies inside the photo."""
    if valid is None:
        counts = _box_sums(jnp.ones((1, *planes.shape[1:]), planes.dtype), radius)
        return _box_sums(planes, radius) / counts
    counts = jnp.maximum(_box_sums(valid[None], radius), 1)
    return _box_sums(planes * valid, radius) / counts


def _box_sums(planes: Planes, radius: int) -> Planes:
    _, h, w = planes.shape
    tall = jnp.pad(planes, ((0, 0), (radius, radius), (0, 0)))
    rows = functools.reduce(operator.add, [tall[:, y : y + h] for y in range(2 * radius + 1)])
    wide = jnp.pad(rows, ((0, 0), (0, 0), (radius, radius)))
    sums: Planes = functools.reduce(
        operator.add, [wide[:, :, x : x + w] for x in range(2 * radius + 1)]
    )
    return sums


def fit_affine_maps(content: Picture, picture: Picture) -> AffineMaps:
    """The affine map of the 3 x 3 window around each pixel; at the border, of the nearest window.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
    """
    colors, goals = to_planes(content), shifts(to_planes(picture))
    mean, goal = total(shifts(colors)) / 9, total(goals) / 9
    goals = [pixel - goal for pixel in goals]
    (rg, rb, gb), columns = orthogonal_columns(colors, EPSILON)
    reds, greens, blues = (
        total([column * pixel for column, pixel in zip(entries, goals, strict=True)]) * inverse
        for entries, inverse in columns
    )
    # From shares of the orthogonal columns back to slopes in red, green and blue.
    slopes = (reds - rg * greens - (rb - gb * rg) * blues, greens - gb * blues, blues)
    offset = goal - total([slope * color for slope, color in zip(slopes, mean, strict=True)])
    by_goal = jnp.stack(slopes, 1).reshape(9, *offset.shape[1:])
    return jnp.pad(jnp.concatenate([offset, by_goal]), ((0, 0), (1, 1), (1, 1)), mode="edge")


def smooth_bilaterally(maps: AffineMaps, guide: Planes) -> AffineMaps:
    """Means of the maps around each pixel, nearby ones and those of like color counting most.

    Args:
      maps: 12 x h x w.
      guide: c x h x w, the planes whose differences tell like from unlike.

    Source: Tomasi, Manduchi 1998, "Bilateral Filtering for Gray and Color Images".
    """
    _, h, w = guide.shape
    side = 2 * RADIUS + 1
    border = (0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)
    around = jnp.concatenate([maps, guide, jnp.ones((1, h, w))])
    around = jnp.pad(around, border)

    def add(index: Int[Array, ""], sums: Float[Array, "13 h w"]) -> Any:
        y, x = index // side, index % side
        there = lax.dynamic_slice(around, (0, y, x), (len(around), h, w))
        there_maps, there_guide, inside = there[:12], there[12:-1], there[-1]
        distance: Scalar = (y - RADIUS) ** 2 + (x - RADIUS) ** 2
        difference = jnp.sum((there_guide - guide) ** 2, 0)
        weight = inside * jnp.exp(-distance / (2 * NEARNESS**2) - difference / (2 * EDGE**2))
        return sums + jnp.concatenate([weight * there_maps, weight[None]])

    sums = lax.fori_loop(0, side**2, add, jnp.zeros((13, h, w)))
    smoothed: AffineMaps = sums[:12] / sums[12]
    return smoothed


def flatness(content: Picture, flat: float = FLAT, valid: Valid = None) -> Plane:
    """How flat a photo is around each pixel: near 1 in a clear sky, near 0 at and beside an edge.

    Args:
      content: h x w x 3, values in [0, 1].
      flat: squares of a 3 x 3 window's colors about their mean, from which it is not flat.
      valid: where the photo is, see `padding`.
    """
    planes = extended(to_planes(content), valid)
    pixels = shifts(jnp.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge"))
    mean = total(pixels) / 9
    squares = jnp.sum(total([(pixel - mean) ** 2 for pixel in pixels]), 0)
    squares = squares if valid is None else squares * valid
    largest = lax.reduce_window(squares, 0.0, lax.max, (3, 3), (1, 1), "SAME")
    flatness: Plane = _box_means(1 / (1 + (largest / flat) ** 2)[None], 2, valid)[0]
    return flatness


def apply_affine_maps(maps: AffineMaps, content: Picture) -> Picture:
    """Each pixel of the content under its own map."""
    offset, slopes = maps[:3], maps[3:].reshape(3, 3, *maps.shape[1:])
    return to_picture(offset + jnp.einsum("oihw,ihw->ohw", slopes, to_planes(content)))
