"""The matting Laplacian of a photo as an operator: no matrix is ever built.

L = sum over windows of M_k = I - 11^T/9 - V_k (V_k^T V_k + eps)^-1 V_k^T. M_k v is what the best
affine function of the window's colors leaves of v, and v^T L v the squares of that plus the ridge's
share. 0 <= L <= 9: a pixel lies in at most nine windows and no M_k exceeds 1.

Each row of L sums to 0, so L v at a pixel is the sum of its affinities (see `windows`) times its
differences from the 24 pixels around it. Differences, because the product is then 0 for a constant
to the last bit, and small without cancellation where v is smooth.

Source: Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting", eq. 12;
Luan et al. 2017, eq. 2.
"""

import jax
import jax.numpy as jnp

from jphoto.arrays import Planes, Scalar
from jphoto.matting.affinities import STEPS, Affinities

LARGEST_EIGENVALUE = 9.0


def laplacian_product(affinities: Affinities, planes: Planes) -> Planes:
    """L times each plane.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      planes: c x h x w, the size of that photo.

    Source: Levin et al. 2008, eq. 12.
    """
    _, h, w = planes.shape
    padded = jnp.pad(planes, ((0, 0), (2, 2), (2, 2)))
    product = jnp.zeros_like(planes)
    for affinity, (y, x) in zip(affinities, STEPS, strict=True):
        later = planes - padded[:, 2 + y : 2 + y + h, 2 + x : 2 + x + w]
        earlier = planes - padded[:, 2 - y : 2 - y + h, 2 - x : 2 - x + w]
        product = product + affinity[2 : 2 + h, 2 : 2 + w] * later
        product = product + affinity[2 - y : 2 - y + h, 2 - x : 2 - x + w] * earlier
    return product


@jax.custom_vjp
def laplacian_energy(affinities: Affinities, planes: Planes) -> Scalar:
    """How far planes are from a locally affine recoloring of the content photo.

    Args:
      affinities: of the content photo, from `matting_affinities`; a constant for differentiation.
      planes: c x h x w, the size of that photo.

    Returns: the sum over planes of v^T L v: near 0 for one affine map of the colors, and at least
      0 up to rounding of about 1e-7 per pixel.
    Source: Levin et al. 2008, eq. 12; Luan et al. 2017, eq. 2.
    """
    return _energy_forward(affinities, planes)[0]


def _energy_forward(
    affinities: Affinities, planes: Planes
) -> tuple[Scalar, tuple[Affinities, Planes]]:
    product = laplacian_product(affinities, planes)
    return jnp.sum(planes * product), (affinities, product)


def _energy_backward(
    saved: tuple[Affinities, Planes], cotangent: Scalar
) -> tuple[Affinities, Planes]:
    """L is symmetric, so the gradient is 2 L v, already at hand: one product instead of two."""
    affinities, product = saved
    return jax.tree.map(jnp.zeros_like, affinities), 2 * cotangent * product


laplacian_energy.defvjp(_energy_forward, _energy_backward)
