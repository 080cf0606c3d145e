"""What the 3 x 3 windows of a photo say of its pixels, two at a time: the matting affinities.

In window k with centered colors V (9 x 3, values in [0, 1]), the best affine function of the colors
projects what it is fitted to onto the columns of [1, V]. Made orthogonal one by one (Gram-Schmidt
on [V; sqrt(eps) I]), these are 1, red, green without its red, blue without its red and green; and
the affinity of two pixels is the sum, over the four, of the product of their entries divided by the
column's squared length. Levin et al. 2008, eq. 12, write the same with an inverse; in float32 that,
and a Cholesky factor of V^T V, are off by 1e-3 where colors hardly vary. Colors are first taken
relative to the window's middle pixel, which is exact for colors alike.

Every stage is a compiled program of its own: in one program XLA on the CPU computes the same
numbers again for each plane that needs them, and takes more than twice as long.
"""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Picture, Plane, Planes, Scalar, to_planes
from jphoto.arrays.padding import Valid, whole_windows

EPSILON = 1e-7
"""Ridge of the fit, added to V^T V of nine pixels (Luan et al. 2017 use 1e-7)."""

STEPS = ((0, 1), (0, 2), *((y, x) for y in (1, 2) for x in range(-2, 3)))
"""From the earlier to the later of two pixels that share a window: rows down, columns right."""

WindowPlane: TypeAlias = Float[Array, "y x"]
"""One number for each window; the window (y, x) starts at that pixel."""

Affinities: TypeAlias = tuple[Float[Array, "_ _"], ...]
"""For each of `STEPS`, the affinity of each pixel and the one a step further, summed over the
windows that hold both, as far as these count. Two rows and columns of zeros lie around the photo's
h x w pixels."""

Red: TypeAlias = tuple[WindowPlane, WindowPlane, WindowPlane]
"""1 / squared length of the red column, and its shares in green and in blue."""

Green: TypeAlias = tuple[WindowPlane, WindowPlane]
"""1 / squared length of the green column without its red, and its share in blue."""

Column: TypeAlias = tuple[list[WindowPlane], WindowPlane]
"""A column's entries at a window's nine pixels, and 1 / its squared length."""

BORDER = 4
"""Width of the zeros around the photo, so that every slice has one size."""


def matting_affinities(
    content: Picture,
    epsilon: float = EPSILON,
    counts: Plane | None = None,
    valid: Valid = None,
) -> Affinities:
    """The matting affinities of a photo.

    Args:
      content: at least 3 x 3 pixels, values in [0, 1].
      epsilon: ridge of the local fits, of V^T V of nine pixels.
      counts: h x w, what the window around each pixel counts; 1 without.
      valid: where the photo is, see `padding`.

    Source: Levin et al. 2008, eq. 12.
    """
    counts = jnp.ones(content.shape[:2]) if counts is None else counts
    # Windows that reach beyond the photo are computed, too, and count nothing.
    counts = counts if valid is None else counts * whole_windows(valid)
    planes, counts = _bordered(content, counts)
    mean = _mean(planes)
    red = _red_column(planes, mean, epsilon)
    green = _green_column(planes, mean, red, epsilon)
    blue = _blue_column(planes, mean, red, green, epsilon)
    affinities: Affinities = _affinities(planes, mean, red, green, blue, counts)
    return affinities


def orthogonal_columns(
    planes: Planes, epsilon: float
) -> tuple[tuple[WindowPlane, WindowPlane, WindowPlane], list[Column]]:
    """The centered colors of every window, made orthogonal column by column.

    Args:
      planes: 3 x h x w, values in [0, 1].
      epsilon: ridge of the local fits.

    Returns: what was taken out: the share of red in green, of red in blue, of green in blue; and
      the red, green and blue column, each its nine entries and 1 / its squared length.
    """
    mean = _mean(planes)
    red = _red_column(planes, mean, epsilon)
    green = _green_column(planes, mean, red, epsilon)
    blue = _blue_column(planes, mean, red, green, epsilon)
    (_, rg, rb), (_, gb) = red, green
    colors = [color - mean for color in _colors(planes)]
    reds = [red for red, _, _ in colors]
    greens = [green - rg * red for red, green, _ in colors]
    blues = [b - rb * r - gb * g for (_, _, b), r, g in zip(colors, reds, greens, strict=True)]
    return (rg, rb, gb), [(reds, red[0]), (greens, green[0]), (blues, blue)]


def shifts(planes: Float[Array, "*c h w"]) -> list[Float[Array, "*c h-2 w-2"]]:
    """The nine pixels of every 3 x 3 window, row by row, as shifted views of the planes."""
    h, w = planes.shape[-2:]
    return [planes[..., y : h - 2 + y, x : w - 2 + x] for y in range(3) for x in range(3)]


def total(terms: list[Float[Array, "*c y x"]]) -> Float[Array, "*c y x"]:
    """Planes added up one by one, which XLA fuses into what makes them."""
    return sum(terms[1:], terms[0])


def _colors(planes: Planes) -> list[Float[Array, "3 y x"]]:
    """A window's nine colors, relative to the one in the middle."""
    pixels = shifts(planes)
    return [pixel - pixels[4] for pixel in pixels]


@jax.jit
def _bordered(
    content: Picture, counts: Plane
) -> tuple[Float[Array, "3 h+8 w+8"], Float[Array, "h+6 w+6"]]:
    """The photo in a border of zeros, and what each window counts.

    Windows in the border are computed like the others, and count nothing.
    """
    planes = jnp.pad(to_planes(content), ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
    return planes, jnp.pad(counts[1:-1, 1:-1], BORDER)


@jax.jit
def _mean(planes: Planes) -> Float[Array, "3 y x"]:
    return total(_colors(planes)) / 9


@jax.jit
def _red_column(planes: Planes, mean: Float[Array, "3 y x"], epsilon: float | Scalar) -> Red:
    """Each squared length is a sum of squares and at least the ridge: none is ever negative."""
    colors = [color - mean for color in _colors(planes)]
    square = total([red * red for red, _, _ in colors]) + epsilon
    in_green = total([red * green for red, green, _ in colors]) / square
    in_blue = total([red * blue for red, _, blue in colors]) / square
    return 1 / square, in_green, in_blue


@jax.jit
def _green_column(
    planes: Planes, mean: Float[Array, "3 y x"], red: Red, epsilon: float | Scalar
) -> Green:
    _, rg, rb = red
    colors = [color - mean for color in _colors(planes)]
    greens = [green - rg * red for red, green, _ in colors]
    blues = [blue - rb * red for red, _, blue in colors]
    square = total([green * green for green in greens]) + epsilon * (1 + rg * rg)
    product = total([green * blue for green, blue in zip(greens, blues, strict=True)])
    return 1 / square, (product + epsilon * rg * rb) / square


@jax.jit
def _blue_column(
    planes: Planes,
    mean: Float[Array, "3 y x"],
    red: Red,
    green: Green,
    epsilon: float | Scalar,
) -> WindowPlane:
    """1 / squared length of the blue column without its red and green."""
    (_, rg, rb), (_, gb) = red, green
    colors = [color - mean for color in _colors(planes)]
    blues = [blue - rb * red - gb * (green - rg * red) for red, green, blue in colors]
    ridge = epsilon * (1 + gb * gb + (rb - gb * rg) ** 2)
    return 1 / (total([blue * blue for blue in blues]) + ridge)


@jax.jit
def _affinities(
    planes: Planes,
    mean: Float[Array, "3 y x"],
    red: Red,
    green: Green,
    blue: WindowPlane,
    counts: WindowPlane,
) -> Affinities:
    """Of pixels a step apart, summed over every place that such a pair has in a window.

    Pixels run from -2 to h + 1 and from -2 to w + 1, windows and photo as far as they need.
    """
    height, width = counts.shape[0] - 2, counts.shape[1] - 2

    def at(plane: WindowPlane, y: int, x: int) -> Float[Array, "_ _"]:
        return plane[2 + y : 2 + y + height, 2 + x : 2 + x + width]

    def place(y: int, x: int, step_y: int, step_x: int) -> Float[Array, "_ _"]:
        """One term: the earlier pixel is at (y, x) of the window."""
        (rr, rg, rb), (gg, gb), bb, count, center = jax.tree.map(
            lambda plane: at(plane, -y, -x), (red, green, blue, counts, tuple(mean))
        )
        middle = [at(plane, 1 - y, 1 - x) for plane in planes]

        def columns(y: int, x: int) -> tuple[WindowPlane, WindowPlane, WindowPlane]:
            pixel = [at(plane, y, x) for plane in planes]
            r, g, b = (p - m - c for p, m, c in zip(pixel, middle, center, strict=True))
            g = g - rg * r
            return r, g, b - rb * r - gb * g

        (r, g, b), (r2, g2, b2) = columns(0, 0), columns(step_y, step_x)
        affinity: Float[Array, "_ _"] = count * (1 / 9 + rr * r * r2 + gg * g * g2 + bb * b * b2)
        return affinity

    return tuple(
        total(
            [
                place(y, x, *step)
                for y in range(3 - step[0])
                for x in range(max(0, -step[1]), 3 - max(0, step[1]))
            ]
        )
        for step in STEPS
    )
