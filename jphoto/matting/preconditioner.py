"""Solving with the matting Laplacian, nearly: fixed polynomials of L, no matrix, no inner products.

The photorealism term's Hessian is L, whose eigenvalues reach from 0 to 9: that is what makes the
objective slow to descend. Its inverse, shifted by what the other terms curve, is what a descent is
preconditioned by; the same equation spreads colors along the photo's own edges.

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
    largest: float,
    planes: Planes,
    shift: float | Scalar | Plane,
    degree: int,
) -> Planes:
    """(shift + L)^-1 times each plane, but for a polynomial's error.

    The operator is p(A), A = shift + L, with p(x) = (1 - e(x)) / x and |e| < 1 wherever A has
    eigenvalues: symmetric and positive definite at any degree, so L-BFGS may start from it.

    Args:
      product: L times planes; symmetric, as `laplacian_product` is.
      largest: no eigenvalue of L is larger, and none below 0.
      planes: c x h x w.
      shift: above 0; one number, or one for each pixel.
      degree: products with L, at least 0; each takes a share of about 2 sqrt(shift / largest) off
        e, shift the least.
    """
    shift = jnp.asarray(shift, planes.dtype)
    least, most = jnp.min(shift), jnp.max(shift) + largest
    center, radius = (most + least) / 2, (most - least) / 2

    def step(_: Int[Array, ""], carry: tuple[Planes, Planes, Planes, Scalar]) -> Any:
        x, residual, direction, ratio = carry
        residual = residual - shift * direction - product(direction)
        following = 1 / (2 * center / radius - ratio)
        direction = following * ratio * direction + 2 * following / radius * residual
        return x + direction, residual, direction, following

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
    """The picture closest to the given one that the photo's own edges allow.

    Solves (fidelity + L) x = fidelity * picture for the change that this makes to the picture.

    Args:
      affinities: of the content photo, from `matting_affinities`.
      picture: h x w x channels, the size of that photo.
      fidelity: above 0; the smaller, the further colors spread between edges.
      degree: of the polynomial, see `shifted_inverse`.
    """
    planes = to_planes(picture)
    product = functools.partial(laplacian_product, affinities)
    taken = shifted_inverse(product, LARGEST_EIGENVALUE, product(planes), fidelity, degree)
    return to_picture(planes - taken)
