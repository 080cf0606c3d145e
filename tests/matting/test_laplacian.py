"""The matting Laplacian: against the matrix, against pymatting, and the laws it keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import KINDS, assert_close, dense_laplacian, energy, photo
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.matting.affinities import EPSILON, Affinities, matting_affinities
from jphoto.matting.laplacian import laplacian_energy, laplacian_product

PRODUCT_TOLERANCE = 1e-4
"""The stated accuracy of a float32 product, on any photo."""
ENERGY_ROUNDING = 1e-7
"""The stated rounding of an energy, per pixel."""
SHAPES = [(3, 3), (12, 15), (9, 4), (3, 17)]

product = jax.jit(laplacian_product)
energy_of = jax.jit(laplacian_energy)
gradient_of = jax.jit(jax.grad(laplacian_energy, argnums=1))


def planes(height: int, width: int, seed: int = 1, count: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((count, height, width)).astype(np.float32)


def affinities(content: np.ndarray) -> Affinities:
    return matting_affinities(jnp.asarray(content))


def dense_product(content: np.ndarray, v: np.ndarray) -> np.ndarray:
    laplacian = dense_laplacian(content)
    return (v.reshape(len(v), -1).astype(np.float64) @ laplacian).reshape(v.shape)


def matrix(content: np.ndarray) -> np.ndarray:
    """All columns of the operator at once."""
    h, w, _ = content.shape
    return np.asarray(
        product(affinities(content), np.eye(h * w, dtype=np.float32).reshape(-1, h, w))
    ).reshape(h * w, -1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_product_is_the_dense_matrix_times_each_plane(kind: str, shape: tuple[int, int]) -> None:
    content, v = photo(kind, *shape), planes(*shape)
    assert_close(product(affinities(content), v), dense_product(content, v), PRODUCT_TOLERANCE)


@pytest.mark.parametrize("kind", KINDS)
def test_product_with_a_picture_is_accurate_too(kind: str) -> None:
    """What the solver multiplies is no noise but nearly the content itself: Lv is small then."""
    content = photo(kind)
    v = np.ascontiguousarray((content**2 + 0.1 * photo("smooth")).transpose(2, 0, 1))
    # Values of v near 1 are rounded at 6e-8; below that no float32 difference of them can be.
    expected = dense_product(content, v)
    scale = max(np.abs(expected).max(), 1e-2)
    assert_close(product(affinities(content), v), expected, PRODUCT_TOLERANCE, scale)


def test_product_agrees_with_pymatting(monkeypatch: pytest.MonkeyPatch) -> None:
    # Interpreted: compiling all of it, as it does when imported, takes longer than all tests here.
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    pymatting = pytest.importorskip("pymatting", reason="pymatting is not installed")
    content, v = photo(), planes(12, 15)
    # Its epsilon is added to V^T V as well, before both are divided by nine: no conversion.
    laplacian = pymatting.cf_laplacian(content.astype(np.float64), epsilon=EPSILON, radius=1)
    expected = (laplacian @ v.reshape(3, -1).T).T.reshape(v.shape)
    assert_close(product(affinities(content), v), expected, PRODUCT_TOLERANCE)


@pytest.mark.parametrize("kind", KINDS)
def test_matrix_is_symmetric_with_eigenvalues_from_0_to_9(kind: str) -> None:
    found = matrix(photo(kind, 9, 4))
    assert_close(found, found.T, PRODUCT_TOLERANCE)
    values = np.linalg.eigvalsh(found.astype(np.float64))
    assert values[0] >= -9 * PRODUCT_TOLERANCE and values[-1] <= 9 * (1 + PRODUCT_TOLERANCE)


@given(kind=st.sampled_from(KINDS), shape=st.sampled_from(SHAPES), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_laws_of_the_operator(kind: str, shape: tuple[int, int], seed: int) -> None:
    made = affinities(photo(kind, *shape, seed=seed))
    u, v = planes(*shape, seed), planes(*shape, seed + 1)
    lu, lv = np.asarray(product(made, u)), np.asarray(product(made, v))
    pixels = shape[0] * shape[1]
    assert np.vdot(u, lv) == pytest.approx(np.vdot(lu, v), abs=ENERGY_ROUNDING * 9 * pixels)
    assert energy_of(made, v) >= -ENERGY_ROUNDING * pixels
    assert not np.any(product(made, np.full_like(v, 0.7)))


@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_the_quadratic_form(kind: str) -> None:
    content, v = photo(kind), planes(12, 15)
    assert_close(energy_of(affinities(content), v), energy(content, v))


@pytest.mark.parametrize("kind", KINDS)
def test_affine_recoloring_is_free(kind: str) -> None:
    content = photo(kind)
    slopes = np.array([[0.5, 0.2, 0.1], [-0.3, 0.6, 0.0], [0.1, 0.1, -0.8]], np.float32)
    recolored = (content @ slopes + np.float32(0.3)).transpose(2, 0, 1)
    # The ridge takes its share of the slopes, once a window: at most that and rounding is left.
    allowed = (ENERGY_ROUNDING + EPSILON * np.sum(slopes**2)) * content[..., 0].size
    assert abs(energy_of(affinities(content), recolored)) <= allowed
    assert energy_of(affinities(content), planes(12, 15)) > 1000 * allowed


def test_gradient_of_the_energy_is_twice_the_product() -> None:
    content, v = photo(), planes(12, 15)
    made = affinities(content)
    gradient = gradient_of(made, v)
    assert_close(gradient, 2 * np.asarray(product(made, v)))
    direction = planes(12, 15, 2).astype(np.float64) - 0.5
    step = 0.5  # any: the energy is quadratic, so central differences of its twin are exact
    slope = (energy(content, v + step * direction) - energy(content, v - step * direction)) / (
        2 * step
    )
    assert np.vdot(gradient, direction) == pytest.approx(slope, rel=1e-5)


def test_content_has_no_gradient() -> None:
    of_affinities = jax.jit(jax.grad(laplacian_energy))
    assert not np.any(of_affinities(affinities(photo()), planes(12, 15)))


def test_vmap_is_a_loop() -> None:
    contents = np.stack([photo("textured", seed=seed) for seed in range(3)])
    batch = np.stack([planes(12, 15, seed) for seed in range(3)])

    def both(content: jax.Array, v: jax.Array) -> tuple[jax.Array, jax.Array]:
        made = matting_affinities(content)
        return laplacian_product(made, v), jax.grad(laplacian_energy, argnums=1)(made, v)

    batched = jax.jit(jax.vmap(both))(contents, batch)
    for k, (content, v) in enumerate(zip(contents, batch, strict=True)):
        made = affinities(content)
        assert_close(batched[0][k], product(made, v))
        assert_close(batched[1][k], gradient_of(made, v))
