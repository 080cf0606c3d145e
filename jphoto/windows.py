"""The 3 x 3 windows of a photo, ready for fitting local affine maps to it.

For window k with pixel colors I_i (values in [0, 1]): the mean color, and the Cholesky factor of
V^T V + eps, V the 9 x 3 matrix of colors minus their mean (Levin et al. 2008, section 4.2). Each
window is centered first: the mean of products minus the product of means drowns in float32
rounding. The 3 x 3 systems are solved by Cholesky: gray and flat windows make them nearly
singular, and a determinant would drown as well.
"""

from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Picture, Planes, to_planes

EPSILON = 1e-7
"""Ridge of the fit, added to V^T V of nine pixels (Luan et al. 2017 use 1e-7)."""

WindowPlane: TypeAlias = Float[Array, "h-2 w-2"]


class Windows(NamedTuple):
    """All 3 x 3 windows that lie inside a photo of h x w pixels; window (y, x) starts at (y, x)."""

    content: Planes
    mean: Float[Array, "3 h-2 w-2"]
    factor: Float[Array, "6 h-2 w-2"]
    """Lower triangle of the Cholesky factor, diagonal inverted: 1/l00 l10 1/l11 l20 l21 1/l22."""


def shifts(planes: Float[Array, "*c h w"]) -> list[Float[Array, "*c h-2 w-2"]]:
    """The nine pixels of every 3 x 3 window, row by row, as shifted views of the planes."""
    h, w = planes.shape[-2:]
    return [planes[..., y : h - 2 + y, x : w - 2 + x] for y in range(3) for x in range(3)]


def content_windows(content: Picture, epsilon: float = EPSILON) -> Windows:
    """Mean and factored covariance of every window of the content photo.

    Args:
      content: at least 3 x 3 pixels, values in [0, 1].
      epsilon: ridge of the local fits, of V^T V of nine pixels.
    """
    planes = to_planes(content)
    pixels = shifts(planes)
    mean = sum(pixels[1:], pixels[0]) / 9
    centered = [pixel - mean for pixel in pixels]

    def product(a: int, b: int) -> WindowPlane:
        terms = [pixel[a] * pixel[b] for pixel in centered]
        return sum(terms[1:], terms[0])

    l00 = jnp.sqrt(product(0, 0) + epsilon)
    l10, l20 = product(0, 1) / l00, product(0, 2) / l00
    l11 = jnp.sqrt(_at_least(product(1, 1) + epsilon - l10**2, epsilon))
    l21 = (product(1, 2) - l20 * l10) / l11
    l22 = jnp.sqrt(_at_least(product(2, 2) + epsilon - l20**2 - l21**2, epsilon))
    return Windows(planes, mean, jnp.stack([1 / l00, l10, 1 / l11, l20, l21, 1 / l22]))


def _at_least(pivot: WindowPlane, epsilon: float) -> WindowPlane:
    """A pivot is at least the ridge in exact arithmetic; rounding may push it below."""
    return jnp.maximum(pivot, epsilon)


def solve_windows(
    windows: Windows, right: Float[Array, "3 *c h-2 w-2"]
) -> Float[Array, "3 *c h-2 w-2"]:
    """(V^T V + eps)^-1 times a right-hand side, in every window at once."""
    i00, l10, i11, l20, l21, i22 = windows.factor
    y0 = right[0] * i00
    y1 = (right[1] - l10 * y0) * i11
    y2 = (right[2] - l20 * y0 - l21 * y1) * i22
    x2 = y2 * i22
    x1 = (y1 - l21 * x2) * i11
    x0 = (y0 - l10 * x1 - l20 * x2) * i00
    return jnp.stack([x0, x1, x2])
