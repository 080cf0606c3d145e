"""What the 3 x 3 windows of a photo say of its pixels, two at a time: the matting affinities.

In window k with centered colors V (9 x 3, values in [0, 1]), the best affine function of the colors
projects what it is fitted to onto the columns of W = [1/3, V R^-1], where R^T R = V^T V + eps. So
the affinity of two pixels, (W W^T)_ij, is a product of two rows of four numbers. Levin et al. 2008,
eq. 12, write the same with an inverse; in float32 that, and a Cholesky factor of V^T V, are off by
1e-3 where colors hardly vary. Here the columns are made orthogonal one by one (Gram-Schmidt), and
colors are first taken relative to the window's middle pixel, which is exact for colors alike.
"""

from typing import TypeAlias

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Picture, Planes, to_planes

EPSILON = 1e-7
"""Ridge of the fit, added to V^T V of nine pixels (Luan et al. 2017 use 1e-7)."""

STEPS = ((0, 1), (0, 2), *((y, x) for y in (1, 2) for x in range(-2, 3)))
"""From the earlier to the later of two pixels that share a window: rows down, columns right."""

Windows: TypeAlias = Float[Array, "12 y x"]
"""For each of `STEPS`, the affinity of each pixel and the one a step further, summed over the
windows that hold both. Two rows and columns of zeros lie around the photo's h x w pixels."""

WindowPlane: TypeAlias = Float[Array, "y x"]
"""One number for each window; the window (y, x) starts at that pixel."""


def content_windows(content: Picture, epsilon: float = EPSILON) -> Windows:
    """The matting affinities of a photo.

    Args:
      content: at least 3 x 3 pixels, values in [0, 1].
      epsilon: ridge of the local fits, of V^T V of nine pixels.

    Source: Levin et al. 2008, eq. 12.
    """
    h, w, _ = content.shape
    planes = to_planes(content)
    # Stored between the passes: fused into one, XLA would compute each number many times.
    factors = lax.optimization_barrier(_pad(_factors(planes, epsilon)))
    rows = lax.optimization_barrier(_rows(_pad(planes), factors))

    def affinity(step_y: int, step_x: int) -> Float[Array, "y x"]:
        """Of pixel pairs a step apart, over every place that such a pair has in a window."""
        terms = []
        for y in range(3 - step_y):
            for x in range(max(0, -step_x), 3 - max(0, step_x)):
                first, second = rows[3 * y + x], rows[3 * (y + step_y) + x + step_x]
                terms += [a[_at(y, x, h, w)] * b[_at(y, x, h, w)] for a, b in zip(first, second)]
        return _total(terms)

    return jnp.stack([affinity(*step) for step in STEPS])


def shifts(planes: Float[Array, "*c h w"]) -> list[Float[Array, "*c h-2 w-2"]]:
    """The nine pixels of every 3 x 3 window, row by row, as shifted views of the planes."""
    h, w = planes.shape[-2:]
    return [planes[..., y : h - 2 + y, x : w - 2 + x] for y in range(3) for x in range(3)]


def _factors(planes: Planes, epsilon: float) -> Float[Array, "10 y x"]:
    """What turns a window's colors into rows of W; see `_rows`.

    Gram-Schmidt on [V; sqrt(eps) I], so each pivot is a sum of squares and at least the ridge.
    """
    colors = [pixel - shifts(planes)[4] for pixel in shifts(planes)]
    mean = _total(colors) / 9
    red, green, blue = ([(color - mean)[channel] for color in colors] for channel in range(3))

    def dot(a: list[WindowPlane], b: list[WindowPlane]) -> WindowPlane:
        return _total([one * other for one, other in zip(a, b, strict=True)])

    r = lax.rsqrt(dot(red, red) + epsilon)
    rg, rb = dot(red, green) * r**2, dot(red, blue) * r**2
    green = [g - rg * one for g, one in zip(green, red, strict=True)]
    blue = [b - rb * one for b, one in zip(blue, red, strict=True)]
    g = lax.rsqrt(dot(green, green) + epsilon * (1 + rg**2))
    gb = (dot(green, blue) + epsilon * rg * rb) * g**2
    blue = [b - gb * one for b, one in zip(blue, green, strict=True)]
    b = lax.rsqrt(dot(blue, blue) + epsilon * (1 + gb**2 + (rb - gb * rg) ** 2))
    return jnp.stack([*mean, r, rg, rb, g, gb, b, jnp.full_like(r, 1 / 3)])


def _rows(
    planes: Planes, factors: Float[Array, "10 y x"]
) -> list[tuple[WindowPlane, WindowPlane, WindowPlane, WindowPlane]]:
    """The row of W of each of a window's nine pixels; 0 where there is no window."""
    mean, (r, rg, rb, g, gb, b, third) = factors[:3], factors[3:]
    rows = []
    for color in shifts(planes):
        red, green, blue = color - shifts(planes)[4] - mean
        green = green - rg * red
        blue = blue - rb * red - gb * green
        rows.append((red * r, green * g, blue * b, third))
    return rows


def _at(y: int, x: int, h: int, w: int) -> tuple[slice, slice]:
    """Of padded windows, those in which the pixels -2 to h + 1, -2 to w + 1 are at place (y, x)."""
    return slice(2 - y, h + 6 - y), slice(2 - x, w + 6 - x)


def _pad(planes: Float[Array, "c h w"]) -> Float[Array, "c h+8 w+8"]:
    return jnp.pad(planes, ((0, 0), (4, 4), (4, 4)))


def _total(terms: list[Float[Array, "*c y x"]]) -> Float[Array, "*c y x"]:
    return sum(terms[1:], terms[0])
