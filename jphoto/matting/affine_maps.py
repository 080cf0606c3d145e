"""Local affine maps: for each pixel, the affine color function that takes a photo to a picture.

Each is the affine function of the content's colors that best fits the picture around that pixel. A
picture made of smooth maps has the edges of the content photo and no texture of its own, so
smoothing the maps smooths the picture, and enlarging the maps enlarges it with the content's
detail. A map is 12 numbers: three offsets and nine slopes. Fits are ridge regressions, in 3 x 3
windows, as in the matting Laplacian, or in boxes of any size, averaged, for maps to be enlarged.

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
from jphoto.arrays.padding import Valid, edge_extended, padding_ratio
from jphoto.arrays.pyramid import doubled
from jphoto.matting.affinities import EPSILON, orthogonal_columns, sum_planes, window_pixels

AffineMaps = Float[Array, "12 h w"]
"""One affine map for each pixel: the offsets of red, green and blue, then the slopes of red in the
content's red, green and blue, those of green, and those of blue."""

BOX_RADIUS = 1
"""Radius in pixels of the boxes in which maps are fitted that are to be enlarged."""
BOX_RIDGE = 1e-6
"""Ridge of those fits, in squared colors: larger than the error of a variance in float32."""
SMOOTHING_RADIUS = 15
"""Pixels on each side of a pixel that the published smoothing averages over."""
DISTANCE_SIGMA = SMOOTHING_RADIUS / 3
"""Standard deviation in pixels of the smoothing's weights by distance."""
COLOR_SIGMA = 0.01
"""Standard deviation of the smoothing's weights by difference of the content's colors."""
FLATNESS_THRESHOLD = 2e-3
"""Sum of squared deviations of a 3 x 3 window's colors from their mean at which flatness is 1/2:
that of a slope of about three 8-bit levels per pixel."""


@jax.jit
def smooth_affine_maps(content: Picture, picture: Picture) -> Picture:
    """The picture after smoothing its local affine maps wherever the content is smooth.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.

    Returns: the content, each pixel mapped by the mean of the maps around it.
    Source: Luan et al. 2017, with the constants of the program published with it.
    """
    maps = fit_affine_maps(content, picture)
    return apply_affine_maps(bilateral_filter(maps, to_planes(content)), content)


@jax.jit
def upsample_guided(
    content: Picture, picture: Picture, finer: Float[Array, "h2 w2 3"], valid: Valid = None
) -> Float[Array, "h2 w2 3"]:
    """The picture at twice its size: its maps are enlarged and applied to the larger content.

    What the maps leave unexplained of the picture is enlarged and added: a little texture, which
    would otherwise have to be found again.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
      finer: the content before `pyramid.halved`.
      valid: 1 where the smaller arrays hold the photo, see `arrays.padding`.

    Returns: as large as `finer`, with the content's own detail; meaningless in the padding.
    """
    maps = fit_box_maps(content, picture, valid=valid)
    unexplained = to_planes(picture - apply_affine_maps(maps, content))
    larger, added = (doubled(planes, finer.shape[:2], valid) for planes in (maps, unexplained))
    return apply_affine_maps(larger, finer) + to_picture(added)


def fit_box_maps(
    content: Picture,
    picture: Picture,
    radius: int = BOX_RADIUS,
    ridge: float = BOX_RIDGE,
    valid: Valid = None,
) -> AffineMaps:
    """The mean of the affine maps fitted in all boxes that contain a pixel (a guided filter).

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size.
      radius: of a box, in pixels; a box has 2 radius + 1 pixels on each side.
      ridge: added to the variances of the content's colors, in squared colors.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: 12 x h x w. Boxes are cut off at the photo's border.
    Source: He, Sun, Tang 2013, eq. 19 to 21, with three output channels.

    Example: a photo at half its brightness has slopes of about 1/2.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.matting import fit_box_maps
    >>> photo = np.random.default_rng(0).random((6, 8, 3), np.float32)
    >>> maps = jax.jit(fit_box_maps)(photo, 0.5 * photo)
    >>> slopes = np.asarray(maps[3:]).reshape(3, 3, 6, 8)
    >>> bool(abs(slopes - 0.5 * np.eye(3)[:, :, None, None]).max() < 1e-3)
    True
    """
    box = functools.partial(_box_means, radius=radius, valid=valid)
    # Relative to their mean, colors are smaller and their products lose less to rounding.
    average = (padding_ratio(content.shape, valid) * jnp.mean(content, (0, 1)))[:, None, None]
    colors, targets = to_planes(content) - average, to_planes(picture)
    mean, target_mean = box(colors), box(targets)
    i, j = np.triu_indices(3)
    ridges = ridge * (i == j)[:, None, None]
    rr, rg, rb, gg, gb, bb = box(colors[i] * colors[j]) - mean[i] * mean[j] + ridges
    red, green, blue = (
        box(color * targets) - color_mean * target_mean
        for color, color_mean in zip(colors, mean, strict=True)
    )
    slopes = jnp.stack(regression_slopes((rr, rg, rb, gg, gb, bb), (red, green, blue)), 1)
    offset = target_mean - jnp.sum(slopes * (mean + average), 1)
    return box(jnp.concatenate([offset, slopes.reshape(9, *offset.shape[1:])]))


def regression_slopes(moments: Sequence[Any], products: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Slopes of linear regressions on red, green and blue, for all pixels and targets at once.

    Args:
      moments: rr, rg, rb, gg, gb, bb, the second moments of the centered colors, with a ridge
        already added; h x w each, arrays of NumPy or of JAX.
      products: second moments of red, of green and of blue with the targets; n x h x w each.

    Returns: slopes in red, in green and in blue, n x h x w each.
    """
    rr, rg, rb, gg, gb, bb = moments
    red, green, blue = products
    # Square root free Cholesky factorization of the 3 x 3 moments.
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
    """Means over the box around each pixel, of the pixels inside the photo."""
    if valid is None:
        counts = _box_sums(jnp.ones((1, *planes.shape[1:]), planes.dtype), radius)
        return _box_sums(planes, radius) / counts
    counts = jnp.maximum(_box_sums(valid[None], radius), 1)
    return _box_sums(planes * valid, radius) / counts


def _box_sums(planes: Planes, radius: int) -> Planes:
    """Sums over the box around each pixel."""
    _, h, w = planes.shape
    tall = jnp.pad(planes, ((0, 0), (radius, radius), (0, 0)))
    rows = functools.reduce(operator.add, [tall[:, y : y + h] for y in range(2 * radius + 1)])
    wide = jnp.pad(rows, ((0, 0), (0, 0), (radius, radius)))
    sums: Planes = functools.reduce(
        operator.add, [wide[:, :, x : x + w] for x in range(2 * radius + 1)]
    )
    return sums


def fit_affine_maps(content: Picture, picture: Picture) -> AffineMaps:
    """The affine map fitted in the 3 x 3 window around each pixel.

    Args:
      content: h x w x 3, values in [0, 1], at least 3 x 3 pixels.
      picture: the same size.

    Returns: 12 x h x w; a pixel at the border has the map of the nearest window.
    Source: Levin et al. 2008, section 3.

    Example: the maps of a recoloring give the recoloring back.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.matting import apply_affine_maps, fit_affine_maps
    >>> photo = np.random.default_rng(0).random((6, 8, 3), np.float32)
    >>> recolored = 0.2 + 0.5 * photo[..., ::-1]
    >>> maps = jax.jit(fit_affine_maps)(photo, recolored)
    >>> maps.shape
    (12, 6, 8)
    >>> bool(abs(jax.jit(apply_affine_maps)(maps, photo) - recolored).max() < 1e-3)
    True
    """
    colors, targets = to_planes(content), window_pixels(to_planes(picture))
    mean, target_mean = sum_planes(window_pixels(colors)) / 9, sum_planes(targets) / 9
    targets = [pixel - target_mean for pixel in targets]
    (rg, rb, gb), columns = orthogonal_columns(colors, EPSILON)
    reds, greens, blues = (
        sum_planes([entry * pixel for entry, pixel in zip(entries, targets, strict=True)]) * inverse
        for entries, inverse in columns
    )
    # From coefficients of the orthogonal columns back to slopes in red, green and blue.
    slopes = (reds - rg * greens - (rb - gb * rg) * blues, greens - gb * blues, blues)
    products = [slope * color for slope, color in zip(slopes, mean, strict=True)]
    offset = target_mean - sum_planes(products)
    by_target = jnp.stack(slopes, 1).reshape(9, *offset.shape[1:])
    return jnp.pad(jnp.concatenate([offset, by_target]), ((0, 0), (1, 1), (1, 1)), mode="edge")


def bilateral_filter(maps: AffineMaps, guide: Planes) -> AffineMaps:
    """Weighted means of the maps around each pixel; near pixels of similar color count most.

    Args:
      maps: 12 x h x w.
      guide: c x h x w, the planes whose differences decide which colors are similar.

    Source: Tomasi, Manduchi 1998, "Bilateral Filtering for Gray and Color Images".
    """
    _, h, w = guide.shape
    side = 2 * SMOOTHING_RADIUS + 1
    border = (0, 0), (SMOOTHING_RADIUS, SMOOTHING_RADIUS), (SMOOTHING_RADIUS, SMOOTHING_RADIUS)
    padded = jnp.concatenate([maps, guide, jnp.ones((1, h, w))])
    padded = jnp.pad(padded, border)

    def add(index: Int[Array, ""], sums: Float[Array, "13 h w"]) -> Any:
        y, x = index // side, index % side
        shifted = lax.dynamic_slice(padded, (0, y, x), (len(padded), h, w))
        shifted_maps, shifted_guide, inside = shifted[:12], shifted[12:-1], shifted[-1]
        distance: Scalar = (y - SMOOTHING_RADIUS) ** 2 + (x - SMOOTHING_RADIUS) ** 2
        difference = jnp.sum((shifted_guide - guide) ** 2, 0)
        exponent = -distance / (2 * DISTANCE_SIGMA**2) - difference / (2 * COLOR_SIGMA**2)
        weight = inside * jnp.exp(exponent)
        return sums + jnp.concatenate([weight * shifted_maps, weight[None]])

    sums = lax.fori_loop(0, side**2, add, jnp.zeros((13, h, w)))
    smoothed: AffineMaps = sums[:12] / sums[12]
    return smoothed


def flatness(content: Picture, threshold: float = FLATNESS_THRESHOLD, valid: Valid = None) -> Plane:
    """How flat a photo is around each pixel: near 1 in a clear sky, near 0 at and beside an edge.

    Args:
      content: h x w x 3, values in [0, 1].
      threshold: sum of squared deviations of a 3 x 3 window's colors from their mean at which
        flatness is 1/2.
      valid: 1 where the array holds the photo, see `arrays.padding`.

    Returns: h x w, in [0, 1].
    """
    planes = edge_extended(to_planes(content), valid)
    pixels = window_pixels(jnp.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge"))
    mean = sum_planes(pixels) / 9
    squares = jnp.sum(sum_planes([(pixel - mean) ** 2 for pixel in pixels]), 0)
    squares = squares if valid is None else squares * valid
    largest = lax.reduce_window(squares, 0.0, lax.max, (3, 3), (1, 1), "SAME")
    flatness: Plane = _box_means(1 / (1 + (largest / threshold) ** 2)[None], 2, valid)[0]
    return flatness


def apply_affine_maps(maps: AffineMaps, content: Picture) -> Picture:
    """Maps each pixel of the content by its own affine map.

    Args:
      maps: 12 x h x w.
      content: h x w x 3.

    Returns: h x w x 3, not clipped.

    Example: maps with slopes of 1 add their offsets to the photo.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.matting import apply_affine_maps
    >>> photo = np.random.default_rng(0).random((6, 8, 3), np.float32)
    >>> one_map = [0.1, 0.2, 0.3, *np.eye(3).ravel()]
    >>> maps = np.broadcast_to(np.float32(one_map)[:, None, None], (12, 6, 8))
    >>> mapped = jax.jit(apply_affine_maps)(maps, photo)
    >>> bool(abs(mapped - photo - np.float32([0.1, 0.2, 0.3])).max() < 1e-6)
    True
    """
    offset, slopes = maps[:3], maps[3:].reshape(3, 3, *maps.shape[1:])
    return to_picture(offset + jnp.einsum("oihw,ihw->ohw", slopes, to_planes(content)))
