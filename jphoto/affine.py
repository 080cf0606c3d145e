"""Local affine maps: around each pixel, the affine function of the content's colors that comes
closest to another picture's. What is locally affine has the content's edges and no texture of its
own, so a picture is smoothed by smoothing its maps.

A map is twelve planes, three of offsets and nine of slopes. Fits are ridge regressions in 3 x 3
windows, on the orthogonal columns of `windows`, because the plain normal equations lose all digits
in float32 where colors hardly vary.

Source: Luan et al. 2017, supplement (smoothing of the affine maps); Levin et al. 2008, section 3.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Picture, Planes, Scalar, to_picture, to_planes
from jphoto.windows import EPSILON, orthogonal_columns, shifts, total

AffineMaps = Float[Array, "12 h w"]
"""Offsets of red, green and blue, then the slopes of each in red, green and blue."""

RADIUS = 15
"""Pixels; the published smoothing looks this far in either direction."""
NEARNESS = RADIUS / 3
"""Standard deviation of the weight of a map by its distance, in pixels."""
EDGE = 0.01
"""Standard deviation of the weight of a map by the content's difference of color there."""


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


def apply_affine_maps(maps: AffineMaps, content: Picture) -> Picture:
    """Each pixel of the content under its own map."""
    offset, slopes = maps[:3], maps[3:].reshape(3, 3, *maps.shape[1:])
    return to_picture(offset + jnp.einsum("oihw,ihw->ohw", slopes, to_planes(content)))
