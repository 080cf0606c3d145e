"""The matting Laplacian of a photo as an operator, without ever building its matrix.

L is the sum over 3 x 3 windows of M_k = I - 11^T/9 - V_k (V_k^T V_k + eps I)^-1 V_k^T. M_k v is the
residual of the best affine function of the window's colors fitted to v, and v^T L v is the sum of
the squared residuals plus the ridge's share. 0 <= L <= 9, because a pixel lies in at most nine
windows and no M_k exceeds 1.

Each row of L sums to 0, so L v at a pixel is the sum over its 24 neighbors of their affinity (see
`affinities`) times the difference between the two pixels of v. With differences, the product is
exactly 0 for a constant v, and loses nothing to cancellation where v is smooth.

Source: Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting", eq. 12;
Luan et al. 2017, eq. 2.
"""

import jax
import jax.numpy as jnp

from jphoto.arrays import Planes, Scalar
from jphoto.matting.affinities import NEIGHBOR_OFFSETS, Affinities

LARGEST_EIGENVALUE = 9.0
"""Upper bound of the eigenvalues of L, for any photo."""


@jax.jit  # traced once in a program, however often it multiplies
def laplacian_product(affinities: Affinities, planes: Planes) -> Planes:
    """The matting Laplacian times each plane.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      planes: c x h x w, the same size as that photo.

    Returns: c x h x w.
    Source: Levin et al. 2008, eq. 12.

    Example: the product with a constant is exactly zero.

    >>> import jax
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from jphoto.matting import laplacian_product, matting_affinities
    >>> photo = jnp.asarray(np.random.default_rng(0).random((6, 8, 3), np.float32))
    >>> product = jax.jit(laplacian_product)(matting_affinities(photo), np.full((3, 6, 8), 0.5))
    >>> float(abs(product).max())
    0.0
    """
    _, h, w = planes.shape
    padded = jnp.pad(planes, ((0, 0), (2, 2), (2, 2)))
    product = jnp.zeros_like(planes)
    for affinity, (y, x) in zip(affinities, NEIGHBOR_OFFSETS, strict=True):
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
      planes: c x h x w, the same size as that photo.

    Returns: the sum over planes of v^T L v: near 0 if each plane is one affine function of the
      photo's colors, and at least 0 up to rounding of about 1e-7 per pixel.
    Source: Levin et al. 2008, eq. 12; Luan et al. 2017, eq. 2.

    Example: darkening a photo costs nothing; noise does.

    >>> import jax
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from jphoto.matting import laplacian_energy, matting_affinities
    >>> random = np.random.default_rng(0)
    >>> photo = jnp.asarray(random.random((6, 8, 3), np.float32))
    >>> affinities, energy = matting_affinities(photo), jax.jit(laplacian_energy)
    >>> darker = 0.5 * np.asarray(photo).transpose(2, 0, 1)
    >>> bool(energy(affinities, darker) < 1e-4)
    True
    >>> bool(energy(affinities, random.random((3, 6, 8), np.float32)) > 1)
    True
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
    """The gradient 2 L v, since L is symmetric; the forward pass has already computed L v."""
    affinities, product = saved
    return jax.tree.map(jnp.zeros_like, affinities), 2 * cotangent * product


laplacian_energy.defvjp(_energy_forward, _energy_backward)
