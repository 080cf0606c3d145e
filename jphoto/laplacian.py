"""The matting Laplacian of a photo as an operator: no matrix is ever built.

L = sum over windows of M_k = I - 11^T/9 - V_k (V_k^T V_k + eps)^-1 V_k^T. M_k v is what the best
affine function of the window's colors leaves of v; L v is those residuals scattered back, and
v^T L v their sum of squares plus the ridge's share. 0 <= L <= 9: a pixel lies in at most nine
windows and no M_k exceeds 1.

Source: Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting", eq. 12;
Luan et al. 2017, eq. 2.
"""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Picture, Planes, Scalar, to_picture, to_planes
from jphoto.windows import Windows, shifts, solve_windows

Maps: TypeAlias = Float[Array, "4 c h-2 w-2"]
"""Local affine maps: slopes for red, green, blue, and the mean of what was fitted."""

LARGEST_EIGENVALUE = 9.0


def laplacian_product(windows: Windows, planes: Planes) -> Planes:
    """L times each plane.

    Args:
      windows: of the content photo, from `content_windows`.
      planes: c x h x w, the size of that photo.

    Source: Levin et al. 2008, eq. 12, applied window by window.
    """
    product = jnp.zeros_like(planes)
    for residual in _residuals(windows, planes, _fit(windows, planes)):
        product = product + residual
    return product


@jax.custom_vjp
def laplacian_energy(windows: Windows, planes: Planes) -> Scalar:
    """How far planes are from a locally affine recoloring of the content photo.

    Args:
      windows: of the content photo, from `content_windows`; a constant for differentiation.
      planes: c x h x w, the size of that photo.

    Returns: the sum over planes of v^T L v: near 0 for one affine map of the colors, and at least
      0 up to rounding of about 1e-7 per pixel.
    Source: Levin et al. 2008, eq. 12; Luan et al. 2017, eq. 2.
    """
    return _energy_forward(windows, planes)[0]


def _energy_forward(windows: Windows, planes: Planes) -> tuple[Scalar, tuple[Windows, Planes]]:
    """The trace of V^T L V, not a plain sum: into a sum, XLA on the CPU would fuse L v again."""
    product = laplacian_product(windows, planes)
    cross = jnp.tensordot(planes, product, axes=((1, 2), (1, 2)), precision=lax.Precision.HIGHEST)
    return jnp.trace(cross), (windows, product)


def _energy_backward(saved: tuple[Windows, Planes], cotangent: Scalar) -> tuple[Windows, Planes]:
    """L is symmetric, so the gradient is 2 L v, already at hand: one product instead of two."""
    windows, product = saved
    return jax.tree.map(jnp.zeros_like, windows), 2 * cotangent * product


laplacian_energy.defvjp(_energy_forward, _energy_backward)


def smooth(windows: Windows, picture: Picture, fidelity: float, degree: int = 80) -> Picture:
    """The picture closest to the given one that the photo's own edges allow.

    Solves (fidelity + L) x = fidelity * picture by Chebyshev iteration, started at the picture. No
    inner products: the coefficients follow from 0 <= L <= 9 alone.

    Args:
      windows: of the content photo, from `content_windows`.
      picture: h x w x 3, the size of that photo.
      fidelity: above 0; the smaller, the further colors spread between edges.
      degree: of the polynomial in L; each one more takes a share of about 2 sqrt(fidelity / 9)
        off the error.

    Source: Saad 2003, "Iterative Methods for Sparse Linear Systems", algorithm 12.1.
    """
    center, radius = fidelity + LARGEST_EIGENVALUE / 2, LARGEST_EIGENVALUE / 2

    def step(_: int, carry: tuple[Planes, Planes, Planes, Scalar]) -> Any:
        x, residual, direction, ratio = carry
        x = x + direction
        residual = residual - fidelity * direction - laplacian_product(windows, direction)
        following = 1 / (2 * center / radius - ratio)
        direction = following * ratio * direction + 2 * following / radius * residual
        return x, residual, direction, following

    planes = to_planes(picture)
    residual = -laplacian_product(windows, planes)
    first = planes, residual, residual / center, jnp.float32(radius / center)
    return to_picture(lax.fori_loop(0, degree, step, first)[0])


def _fit(windows: Windows, planes: Planes) -> Maps:
    """The best affine function of the content's colors, in every window.

    The barrier makes the compiler store these once; fused into the gather that follows, they would
    be computed nine times.
    """
    pixels, content = shifts(planes), shifts(windows.content)
    mean = sum(pixels[1:], pixels[0]) / 9
    moments = jnp.zeros((3, *mean.shape), planes.dtype)
    for pixel, color in zip(pixels, content, strict=True):
        moments = moments + (color - windows.mean)[:, None] * (pixel - mean)
    maps = jnp.concatenate([solve_windows(windows, moments), mean[None]])
    stored: Maps = lax.optimization_barrier(maps)
    return stored


def _residuals(windows: Windows, planes: Planes, maps: Maps) -> list[Planes]:
    """What the fit of each of the nine windows around a pixel leaves of it; 0 where none is."""
    inside = jnp.ones(windows.mean.shape[1:], planes.dtype)
    content = windows.content[:, None]
    residuals = []
    for around, color, exists in zip(
        shifts(_pad(maps)), shifts(_pad(windows.mean)), shifts(_pad(inside)), strict=True
    ):
        offset = content - color[:, None]
        fitted = around[0] * offset[0] + around[1] * offset[1] + around[2] * offset[2]
        residuals.append(exists * (planes - around[3] - fitted))
    return residuals


def _pad(planes: Float[Array, "*c h w"]) -> Float[Array, "*c h+4 w+4"]:
    """Two rows and columns of zeros on every side: windows that do not exist."""
    return jnp.pad(planes, [(0, 0)] * (planes.ndim - 2) + [(2, 2), (2, 2)])
