"""Solving with the Laplacian: against the dense inverse, and the laws a preconditioner keeps."""

import functools

import jax
import numpy as np
import pytest
from helpers.reference import KINDS, assert_close, dense_laplacian, photo

from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import LARGEST_EIGENVALUE, laplacian_product
from jphoto.matting.preconditioner import shifted_inverse, smooth

TOLERANCE = 1e-4
"""The stated accuracy of a float32 product with L, on any photo."""

smoothed = jax.jit(smooth, static_argnames=("fidelity", "degree"))


@functools.partial(jax.jit, static_argnames="degree")
def solved(affinities, planes, shift, degree):
    product = functools.partial(laplacian_product, affinities)
    return shifted_inverse(product, LARGEST_EIGENVALUE, planes, shift, degree)


affinities = jax.jit(matting_affinities)


SHIFTS = np.linspace(0.1, 3, 42, dtype=np.float32).reshape(6, 7)
"""One for each pixel."""


def operator(kind: str, shift: float | np.ndarray, degree: int) -> np.ndarray:
    """The polynomial as a matrix: its products with the unit vectors."""
    made = affinities(photo(kind, 6, 7))
    units = np.eye(42, dtype=np.float32).reshape(42, 6, 7)
    return np.asarray(solved(made, units, shift, degree=degree)).reshape(42, 42).T


@pytest.mark.parametrize("shift", [0.1, SHIFTS], ids=["one", "many"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_high_degree_is_the_inverse(kind: str, shift: float | np.ndarray) -> None:
    diagonal = np.diag(np.broadcast_to(shift, (6, 7)).ravel())
    inverse = np.linalg.inv(diagonal + dense_laplacian(photo(kind, 6, 7)))
    assert_close(operator(kind, shift, 120), inverse, TOLERANCE / 0.1)


@pytest.mark.parametrize("degree", [0, 3, 31])
def test_with_a_shift_for_each_pixel_it_stays_symmetric_and_positive(degree: int) -> None:
    found = operator("textured", SHIFTS, degree)
    assert_close(found, found.T, 1e-5)
    assert np.linalg.eigvalsh(found.astype(np.float64)).min() > 0


@pytest.mark.parametrize("shift", [10.0, 1e-2, 1e-4])
@pytest.mark.parametrize("degree", [0, 1, 4, 31])
def test_any_degree_is_symmetric_and_positive(degree: int, shift: float) -> None:
    found = operator("textured", shift, degree)
    assert_close(found, found.T, 1e-5)
    values, vectors = np.linalg.eigh(dense_laplacian(photo("textured", 6, 7)))
    shares = np.diag(vectors.T @ found @ vectors) * (shift + values)
    # p(x) (shift + x) = 1 - e(x), and Chebyshev's e is at most 1 / T(1 + 2 shift / 9).
    largest = 1 / np.cosh((degree + 1) * np.arccosh(1 + 2 * shift / 9))
    assert (np.abs(1 - shares) <= largest + 1e-3).all()
    assert (shares > 0).all()


@pytest.mark.parametrize("fidelity", [1.0, 0.01])
@pytest.mark.parametrize("kind", ["textured", "smooth", "gray"])
def test_smooth_solves_its_equation(kind: str, fidelity: float) -> None:
    content, start, degree = photo(kind), photo("textured", seed=5), 80
    laplacian = dense_laplacian(content)
    right = fidelity * start.reshape(-1, 3).astype(np.float64)
    solution = np.linalg.solve(fidelity * np.eye(len(laplacian)) + laplacian, right)
    # Chebyshev's rate for eigenvalues in [fidelity, fidelity + 9] bounds the error in 2-norm.
    condition = 1 + 9 / fidelity
    rate = (np.sqrt(condition) - 1) / (np.sqrt(condition) + 1)
    before = np.linalg.norm(start.reshape(-1, 3) - solution)
    result = smoothed(affinities(content), start, fidelity=fidelity, degree=degree)
    after = np.linalg.norm(np.asarray(result).reshape(-1, 3) - solution)
    assert after <= 2 * rate**degree * before + TOLERANCE * np.linalg.norm(solution)
    assert before > 0.2 * np.linalg.norm(solution)


def test_smooth_leaves_an_affine_recoloring_alone() -> None:
    content = photo()
    recolored = content[..., ::-1] * np.array([0.5, 0.8, -0.6], np.float32) + np.float32(0.2)
    assert_close(smoothed(affinities(content), recolored, fidelity=0.01), recolored, TOLERANCE)
