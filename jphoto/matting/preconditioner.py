"""Approximate solves with the matting Laplacian, by fixed polynomials of it: no inner products.

The Hessian of the photorealism term is a multiple of L, whose eigenvalues lie between 0 and 9; this
spread makes the objective slow to minimize. L-BFGS therefore starts from an approximate inverse of
shift + L, where the shift stands for the curvature of the other terms. The same equation smooths a
picture along the photo's own edges.

Source: Saad 2003, "Iterative Methods for Sparse Linear Systems", algorithm 12.1 (Chebyshev).
"""

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Plane, Planes, Scalar, to_picture, to_planes
from jphoto.matting.affinities import Affinities
from jphoto.matting.laplacian import LARGEST_EIGENVALUE, laplacian_product


def shifted_inverse(
    product: Callable[[Planes], Planes],
    largest_eigenvalue: float,
    planes: Planes,
    shift: float | Scalar | Plane,
    degree: int,
) -> Planes:
    """(shift + L)^-1 times each plane, up to the error of a Chebyshev polynomial.

    The operator is p(A) for A = shift + L, with p(x) = (1 - e(x)) / x and |e| < 1 between the
    smallest and the largest eigenvalue of A. It is symmetric and positive definite at any degree,
    so L-BFGS may use it as its initial inverse Hessian.

    Args:
      product: computes L times planes; L is symmetric with no eigenvalue below 0.
      largest_eigenvalue: upper bound of the eigenvalues of L.
      planes: c x h x w.
      shift: above 0; one number, or h x w with one for each pixel.
      degree: number of products with L, at least 0. Each reduces e by a share of about
        2 sqrt(s / largest_eigenvalue), s the smallest shift.

    Returns: c x h x w.

    Example: solve (1 + L) x = b, then multiply back.

    >>> import functools
    >>> import jax
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from jphoto.matting import (
    ...     LARGEST_EIGENVALUE, laplacian_product, matting_affinities, shifted_inverse
    ... )
    >>> random = np.random.default_rng(0)
    >>> photo = jnp.asarray(random.random((6, 8, 3), np.float32))
    >>> product = jax.jit(functools.partial(laplacian_product, matting_affinities(photo)))
    >>> b = random.random((3, 6, 8), np.float32)
    >>> x = jax.jit(lambda b: shifted_inverse(product, LARGEST_EIGENVALUE, b, 1.0, 30))(b)
    >>> bool(abs(np.asarray(x + product(x)) - b).max() < 1e-4)
    True
    """
    shift = jnp.asarray(shift, planes.dtype)
    lowest, highest = jnp.min(shift), jnp.max(shift) + largest_eigenvalue
    center, radius = (highest + lowest) / 2, (highest - lowest) / 2

    def step(_: Int[Array, ""], carry: tuple[Planes, Planes, Planes, Scalar]) -> Any:
        x, residual, direction, ratio = carry
        residual = residual - shift * direction - product(direction)
        next_ratio = 1 / (2 * center / radius - ratio)
        direction = next_ratio * ratio * direction + 2 * next_ratio / radius * residual
        return x + direction, residual, direction, next_ratio

    first = planes / center
    carry = first, planes, first, radius / center
    solution: Planes = lax.fori_loop(0, degree, step, carry)[0]
    return solution


def smooth(
    affinities: Affinities,
    picture: Float[Array, "h w c"],
    fidelity: float | Scalar,
    degree: int = 80,
) -> Float[Array, "h w c"]:
    """A picture smoothed along the content photo's own edges.

    Solves (fidelity + L) x = fidelity * picture, as picture - x = (fidelity + L)^-1 L picture.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      picture: h x w x channels, the same size as that photo.
      fidelity: above 0; the smaller, the further colors spread between edges.
      degree: of the polynomial, see `shifted_inverse`.

    Returns: h x w x channels.

    Example: noise on a photo has less matting energy afterwards.

    >>> import jax
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from jphoto.matting import laplacian_energy, matting_affinities, smooth
    >>> random = np.random.default_rng(0)
    >>> photo = jnp.asarray(random.random((6, 8, 3), np.float32))
    >>> noisy = random.random((6, 8, 3), np.float32)
    >>> affinities, energy = matting_affinities(photo), jax.jit(laplacian_energy)
    >>> smoothed = jax.jit(smooth)(affinities, noisy, 0.1)
    >>> before, after = (energy(affinities, p.transpose(2, 0, 1)) for p in (noisy, smoothed))
    >>> bool(after < 0.1 * before)
    True
    """
    planes = to_planes(picture)
    product = functools.partial(laplacian_product, affinities)
    removed = shifted_inverse(product, LARGEST_EIGENVALUE, product(planes), fidelity, degree)
    return to_picture(planes - removed)
