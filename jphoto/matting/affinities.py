"""The matting affinities of a photo: how strongly its 3 x 3 windows tie each pair of pixels.

Let V (9 x 3) be the centered colors of a window, values in [0, 1]. The best affine function of
these colors projects whatever it is fitted to onto the columns of [1, V]. Gram-Schmidt on [V;
sqrt(eps) I] makes the columns orthogonal: 1, red, green without its red part, blue without its red
and green parts. The affinity of two pixels in the window is then a sum over the four columns: the
product of the column's entries at the two pixels, divided by the column's squared length. Levin et
al. 2008, eq. 12, write the same with an inverse; in float32 the inverse, and a Cholesky factor of
V^T V, are wrong by 1e-3 where colors hardly vary. Colors are first taken relative to the window's
middle pixel, which is exact where colors are alike.

Each stage is a compiled program of its own: in a single program, XLA on the CPU computes the same
numbers again for each plane that needs them, and takes more than twice as long.
"""

import functools
import itertools
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Picture, Plane, Planes, Scalar, to_planes
from jphoto.arrays.padding import Valid, whole_windows

EPSILON = 1e-7
"""Ridge of the local fits, added to V^T V of nine pixels, in squared colors (Luan et al. 2017)."""

NEIGHBOR_OFFSETS = ((0, 1), (0, 2), *((y, x) for y in (1, 2) for x in range(-2, 3)))
"""Offsets (rows down, columns right) from a pixel to the 12 later ones that share a window with it.
The 12 earlier ones have the opposite offsets."""

WindowPlane: TypeAlias = Float[Array, "y x"]
"""One number for each window; window (y, x) has its upper left pixel there."""

Affinities: TypeAlias = tuple[Float[Array, "_ _"], ...]
"""One plane for each of `NEIGHBOR_OFFSETS`: the affinity of each pixel and the pixel at that
offset, summed over the windows that hold both. Each plane is (h + 4) x (w + 4), the photo's h x w
pixels in a border of two zeros."""

RedColumn: TypeAlias = tuple[WindowPlane, WindowPlane, WindowPlane]
"""1 / squared length of the red column, then its coefficients in green and in blue."""

GreenColumn: TypeAlias = tuple[WindowPlane, WindowPlane]
"""1 / squared length of the green column without its red part, then its coefficient in blue."""

Column: TypeAlias = tuple[list[WindowPlane], WindowPlane]
"""Entries of a column at a window's nine pixels, and 1 / its squared length."""

BORDER_WIDTH = 4
"""Pixels of zeros on each side of the photo, enough for all slices to have the same size."""


def matting_affinities(
    content: Picture,
    epsilon: float = EPSILON,
    window_weights: Plane | None = None,
    valid: Valid = None,
) -> Affinities:
    """The matting affinities of a photo: the matting Laplacian in a form that multiplies fast.

    Args:
      content: h x w x 3, values in [0, 1], at least 3 x 3 pixels.
      epsilon: ridge of the local fits, added to V^T V of nine pixels; in squared colors.
      window_weights: h x w, weight of the window around each pixel; 1 by default.
      valid: 1 where the array holds the photo, see `arrays.padding`.

    Returns: one (h + 4) x (w + 4) plane for each of `NEIGHBOR_OFFSETS`.
    Source: Levin et al. 2008, eq. 12.

    Example: twelve planes, one for each neighbor below or to the right.

    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from jphoto.matting import matting_affinities
    >>> photo = jnp.asarray(np.random.default_rng(0).random((6, 8, 3), np.float32))
    >>> affinities = matting_affinities(photo)
    >>> len(affinities), affinities[0].shape
    (12, (10, 12))
    """
    window_weights = jnp.ones(content.shape[:2]) if window_weights is None else window_weights
    # Windows that reach beyond the photo are computed too, with weight 0.
    window_weights = window_weights if valid is None else window_weights * whole_windows(valid)
    planes, window_weights = _with_border(content, window_weights)
    mean = _mean(planes)
    red = _red_column(planes, mean, epsilon)
    green = _green_column(planes, mean, red, epsilon)
    blue = _blue_column(planes, mean, red, green, epsilon)
    affinities: Affinities = _affinities(planes, mean, red, green, blue, window_weights)
    return affinities


def orthogonal_columns(
    planes: Planes, epsilon: float
) -> tuple[tuple[WindowPlane, WindowPlane, WindowPlane], list[Column]]:
    """The centered colors of every window, made orthogonal column by column.

    Args:
      planes: 3 x h x w, values in [0, 1].
      epsilon: ridge of the local fits, in squared colors.

    Returns: the coefficients that Gram-Schmidt subtracts (red in green, red in blue, green in
      blue), and the red, green and blue columns.
    """
    mean = _mean(planes)
    red = _red_column(planes, mean, epsilon)
    green = _green_column(planes, mean, red, epsilon)
    blue = _blue_column(planes, mean, red, green, epsilon)
    (_, rg, rb), (_, gb) = red, green
    colors = [color - mean for color in _relative_colors(planes)]
    reds = [red for red, _, _ in colors]
    greens = [green - rg * red for red, green, _ in colors]
    blues = [b - rb * r - gb * g for (_, _, b), r, g in zip(colors, reds, greens, strict=True)]
    return (rg, rb, gb), [(reds, red[0]), (greens, green[0]), (blues, blue)]


def window_pixels(planes: Float[Array, "*c h w"]) -> list[Float[Array, "*c h-2 w-2"]]:
    """The nine pixels of every 3 x 3 window, row by row, as shifted views of the planes."""
    h, w = planes.shape[-2:]
    return [planes[..., y : h - 2 + y, x : w - 2 + x] for y in range(3) for x in range(3)]


def sum_planes(terms: list[Float[Array, "*c y x"]]) -> Float[Array, "*c y x"]:
    """The sum of a list of arrays, one by one: XLA fuses it into the code that makes them."""
    return sum(terms[1:], terms[0])


def _relative_colors(planes: Planes) -> list[Float[Array, "3 y x"]]:
    """The nine colors of every window, minus the color of its middle pixel."""
    pixels = window_pixels(planes)
    return [pixel - pixels[4] for pixel in pixels]


@jax.jit
def _with_border(
    content: Picture, window_weights: Plane
) -> tuple[Float[Array, "3 h+8 w+8"], Float[Array, "h+6 w+6"]]:
    """The photo's planes and its windows' weights, in a border of zeros.

    Windows that reach into the border are computed like the others, with weight 0.
    """
    planes = jnp.pad(
        to_planes(content), ((0, 0), (BORDER_WIDTH, BORDER_WIDTH), (BORDER_WIDTH, BORDER_WIDTH))
    )
    return planes, jnp.pad(window_weights[1:-1, 1:-1], BORDER_WIDTH)


@jax.jit
def _mean(planes: Planes) -> Float[Array, "3 y x"]:
    """The mean color of every window, relative to its middle pixel."""
    return sum_planes(_relative_colors(planes)) / 9


@jax.jit
def _red_column(planes: Planes, mean: Float[Array, "3 y x"], epsilon: float | Scalar) -> RedColumn:
    """The first column; like the others', its squared length is never below the ridge."""
    colors = [color - mean for color in _relative_colors(planes)]
    square = sum_planes([red * red for red, _, _ in colors]) + epsilon
    in_green = sum_planes([red * green for red, green, _ in colors]) / square
    in_blue = sum_planes([red * blue for red, _, blue in colors]) / square
    return 1 / square, in_green, in_blue


@jax.jit
def _green_column(
    planes: Planes, mean: Float[Array, "3 y x"], red: RedColumn, epsilon: float | Scalar
) -> GreenColumn:
    """The second column."""
    _, rg, rb = red
    colors = [color - mean for color in _relative_colors(planes)]
    greens = [green - rg * red for red, green, _ in colors]
    blues = [blue - rb * red for red, _, blue in colors]
    square = sum_planes([green * green for green in greens]) + epsilon * (1 + rg * rg)
    product = sum_planes([green * blue for green, blue in zip(greens, blues, strict=True)])
    return 1 / square, (product + epsilon * rg * rb) / square


@jax.jit
def _blue_column(
    planes: Planes,
    mean: Float[Array, "3 y x"],
    red: RedColumn,
    green: GreenColumn,
    epsilon: float | Scalar,
) -> WindowPlane:
    """1 / squared length of the third column."""
    (_, rg, rb), (_, gb) = red, green
    colors = [color - mean for color in _relative_colors(planes)]
    blues = [blue - rb * red - gb * (green - rg * red) for red, green, blue in colors]
    ridge = epsilon * (1 + gb * gb + (rb - gb * rg) ** 2)
    return 1 / (sum_planes([blue * blue for blue in blues]) + ridge)


@jax.jit
def _affinities(
    planes: Planes,
    mean: Float[Array, "3 y x"],
    red: RedColumn,
    green: GreenColumn,
    blue: WindowPlane,
    window_weights: WindowPlane,
) -> Affinities:
    """Affinities of pixels at each offset, summed over the windows that hold both pixels.

    Rows run from -2 to h + 1 and columns from -2 to w + 1.
    """
    height, width = window_weights.shape[0] - 2, window_weights.shape[1] - 2

    def at(plane: WindowPlane, y: int, x: int) -> Float[Array, "_ _"]:
        return plane[2 + y : 2 + y + height, 2 + x : 2 + x + width]

    @functools.cache
    def color(y: int, x: int) -> list[Float[Array, "_ _"]]:
        """The color of the pixel at this offset from the earlier one."""
        return [at(plane, y, x) for plane in planes]

    terms: dict[tuple[int, int], list[Float[Array, "_ _"]]]
    terms = {offset: [] for offset in NEIGHBOR_OFFSETS}
    # Windows that hold the earlier pixel in their row y and column x.
    for y, x in itertools.product(range(3), range(3)):
        (rr, rg, rb), (gg, gb), bb, weight, center = jax.tree.map(
            functools.partial(at, y=-y, x=-x), (red, green, blue, window_weights, tuple(mean))
        )
        pixels = [(0, 0)]
        pixels += [(j, i) for j, i in NEIGHBOR_OFFSETS if y + j < 3 and 0 <= x + i < 3]
        middle, columns = color(1 - y, 1 - x), {}
        for pixel in pixels:
            r, g, b = (p - m - c for p, m, c in zip(color(*pixel), middle, center, strict=True))
            g = g - rg * r
            columns[pixel] = r, g, b - rb * r - gb * g
        r, g, b = columns[0, 0]
        for pixel in pixels[1:]:
            r2, g2, b2 = columns[pixel]
            terms[pixel].append(weight * (1 / 9 + rr * r * r2 + gg * g * g2 + bb * b * b2))
    return tuple(sum_planes(terms[offset]) for offset in NEIGHBOR_OFFSETS)
