"""The three terms: against plain sums, 0 at their own target, and with nothing to see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from reference import assert_close, photo

from jphoto import losses
from jphoto.grams import gram_matrices as _gram_matrices
from jphoto.windows import matting_affinities

content_loss = jax.jit(losses.content_loss)
gram_matrices = jax.jit(_gram_matrices)
photorealism_loss = jax.jit(losses.photorealism_loss)
style_loss = jax.jit(losses.style_loss)

H, W, C, K = 7, 9, 5, 3


def seen(seed: int = 0) -> np.ndarray:
    """Features as a ReLU leaves them: half silent."""
    return np.maximum(np.random.default_rng(seed).normal(size=(H, W, C)), 0).astype(np.float32)


def soft_masks(seed: int = 1) -> np.ndarray:
    shares = np.random.default_rng(seed).random((K + 1, H, W))
    return (shares / shares.sum(0))[:K].astype(np.float32)


def targets(seed: int = 2) -> np.ndarray:
    return np.asarray(gram_matrices(seen(seed), soft_masks(seed)))


def test_losses_are_their_formulas() -> None:
    style = style_loss(seen(), soft_masks(), targets())
    assert_close(style, reference.style_loss(seen(), soft_masks(), targets()))
    assert_close(content_loss(seen(), seen(3)), reference.content_loss(seen(), seen(3)))
    content, picture = photo(), photo(seed=1)
    found = photorealism_loss(matting_affinities(jnp.asarray(content)), picture)
    assert_close(found, reference.photorealism_loss(content, picture))


def test_losses_are_zero_at_their_own_target() -> None:
    masks = soft_masks()
    assert style_loss(seen(), masks, gram_matrices(seen(), masks)) == 0
    assert content_loss(seen(), seen()) == 0
    content = photo()
    assert abs(photorealism_loss(matting_affinities(jnp.asarray(content)), content)) < 1e-6


def test_a_region_counts_by_its_area() -> None:
    halves = np.stack([np.arange(W) < 3, np.arange(W) >= 3]).astype(np.float32)[:, None]
    masks = np.broadcast_to(halves, (2, H, W))
    own = np.asarray(gram_matrices(seen(), masks))
    one, other = own.copy(), own.copy()
    one[0], other[1] = 0.5 * own[0], 0.5 * own[1]  # (G - G/2)^2 / (G/2)^2 = 1 in that region
    assert float(style_loss(seen(), masks, one)) == pytest.approx(3 / 9)
    assert float(style_loss(seen(), masks, other)) == pytest.approx(6 / 9)


def slopes(function, point: np.ndarray, direction: np.ndarray) -> float:
    """A central difference in float64; the functions are polynomials of degree 4 at most."""
    step = 1e-4
    point = point.astype(np.float64)
    return (function(point + step * direction) - function(point - step * direction)) / (2 * step)


def test_gradients_are_the_slopes_of_the_twins() -> None:
    masks, goals, other = soft_masks(), targets(), seen(3)
    for ours, twin in (
        (
            lambda f: style_loss(f, masks, goals),
            lambda f: reference.style_loss(f, masks, goals),
        ),
        (
            lambda f: content_loss(f, other),
            lambda f: reference.content_loss(f, other),
        ),
    ):
        gradient = np.asarray(jax.grad(ours)(seen()), np.float64)
        for seed in range(3):
            direction = np.random.default_rng(seed).normal(size=gradient.shape)
            expected = slopes(twin, seen(), direction)
            scale = np.linalg.norm(gradient) * np.linalg.norm(direction)
            assert np.vdot(gradient, direction) == pytest.approx(expected, abs=1e-6 * scale)


@pytest.mark.parametrize("mask", [np.zeros((1, H, W)), np.ones((1, H, W))], ids=["no one", "all"])
def test_silence_is_finite(mask: np.ndarray) -> None:
    silent, zero = jnp.zeros((H, W, C)), jnp.zeros((1, C, C))
    for features in (silent, seen()):
        for loss in (
            lambda f: style_loss(f, np.float32(mask), zero),
            lambda f: content_loss(f, silent),
        ):
            value, gradient = jax.value_and_grad(loss)(features)
            assert np.isfinite(value) and np.isfinite(gradient).all()


def test_vmap_is_a_loop() -> None:
    features = jnp.stack([seen(seed) for seed in range(3)])
    masks = jnp.stack([soft_masks(seed) for seed in range(3)])
    goals = jnp.stack([targets(seed + 5) for seed in range(3)])
    value_and_gradient = jax.jit(jax.value_and_grad(losses.style_loss))
    values, gradients = jax.vmap(value_and_gradient)(features, masks, goals)
    for k in range(3):
        value, gradient = value_and_gradient(features[k], masks[k], goals[k])
        assert_close(values[k], value)
        assert_close(gradients[k], gradient)
