"""Gaussian distributions of colors: the optimal transport between two, and the mean of several.

The mean of weighted Gaussians in the Wasserstein distance, their barycenter, is a Gaussian whose
deviations are between theirs. A mixture of the same Gaussians would be wider than each of them:
half of a blue and half of a red evening would be neither.

Source: Agueh, Carlier 2011, "Barycenters in the Wasserstein Space", section 6.3; Alvarez-Esteban et
al. 2016, "A Fixed-point Approach to Barycenters in Wasserstein Space", for the iteration; Pitie,
Kokaram 2007, eq. 17, for the transport.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

Matrix: TypeAlias = Float[np.ndarray, "3 3"]

MOST_ITERATIONS = 100
TOLERANCE = 1e-12
"""Largest change of a covariance, in squared colors, at which the iteration has converged."""
SMALLEST_EIGENVALUE = 1e-12


class Gaussian(NamedTuple):
    """A distribution of colors."""

    mean: Float[np.ndarray, "3"]
    covariance: Matrix


def barycenter(
    means: Float[np.ndarray, "n 3"],
    covariances: Float[np.ndarray, "n 3 3"],
    weights: Float[np.ndarray, "n"],
) -> Gaussian:
    """The Gaussian whose weighted squared Wasserstein distances to several are smallest.

    Args:
      means: of the Gaussians.
      covariances: positive definite.
      weights: not negative, of any positive sum.

    Example: covariances that commute have the square of the mean of their roots.

    >>> import numpy as np
    >>> from jphoto.looks.gaussians import barycenter
    >>> covariances = np.array([np.eye(3), 9 * np.eye(3)])
    >>> mean, covariance = barycenter(np.zeros((2, 3)), covariances, np.array([0.5, 0.5]))
    >>> np.round(np.diag(covariance), 6).tolist()
    [4.0, 4.0, 4.0]
    """
    weights = weights / weights.sum()
    covariance = np.einsum("n,nij->ij", weights, covariances)
    for _ in range(MOST_ITERATIONS):
        root, inverse = _power(covariance, 0.5), _power(covariance, -0.5)
        mean_root = np.einsum("n,nij->ij", weights, _power(root @ covariances @ root, 0.5))
        following = inverse @ mean_root @ mean_root @ inverse
        change, covariance = np.abs(following - covariance).max(), following
        if change < TOLERANCE:
            break
    return Gaussian(weights @ means, covariance)


def transport(source: Matrix, target: Matrix) -> Matrix:
    """The symmetric T with T source T = target, which moves colors least."""
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    matrix: Matrix = inverse @ _power(root @ target @ root, 0.5) @ inverse
    return matrix


def distance(one: Gaussian, other: Gaussian) -> float:
    """The Wasserstein distance of two Gaussians, in colors from 0 to 1."""
    root = _power(one.covariance, 0.5)
    cross = np.trace(_power(root @ other.covariance @ root, 0.5))
    spread = np.trace(one.covariance) + np.trace(other.covariance) - 2 * cross
    return float(np.sqrt(np.sum((one.mean - other.mean) ** 2) + max(spread, 0.0)))


def _power(matrix: Float[np.ndarray, "*n 3 3"], exponent: float) -> Float[np.ndarray, "*n 3 3"]:
    """Powers of symmetric positive matrices; negative rounding errors are clipped."""
    values, vectors = np.linalg.eigh(matrix)
    powers = np.maximum(values, SMALLEST_EIGENVALUE) ** exponent
    result: np.ndarray = (vectors * powers[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return result
