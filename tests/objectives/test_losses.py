"""The three terms: against plain sums, 0 at their own target, and with nothing to see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import reference
from helpers.reference import assert_close, photo

from jphoto.matting.affinities import matting_affinities
from jphoto.objectives import grams, losses

content_loss = jax.jit(losses.content_loss)
gamut_loss = jax.jit(losses.gamut_loss)
recoloring_loss = jax.jit(losses.recoloring_loss)
gram_matrices = jax.jit(lambda *a: grams.gram_matrices(*a))
mean_features = jax.jit(grams.mean_features)
photorealism_loss = jax.jit(losses.photorealism_loss)
style_loss = jax.jit(losses.style_loss)

H, W, C, K = 7, 9, 5, 3


def seen(seed: int = 0) -> np.ndarray:
    """Features as a ReLU leaves them: half silent."""
    return np.maximum(np.random.default_rng(seed).normal(size=(H, W, C)), 0).astype(np.float32)


def soft_masks(seed: int = 1) -> np.ndarray:
    shares = np.random.default_rng(seed).random((K + 1, H, W))
    return (shares / shares.sum(0))[:K].astype(np.float32)


def targets(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    return of_style(seen(seed), soft_masks(seed))


def of_style(features: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `style_loss` compares with, of features that are to be the style's."""
    return np.asarray(gram_matrices(features, masks)), np.asarray(mean_features(features, masks))


def test_losses_are_their_formulas() -> None:
    style = style_loss(seen(), soft_masks(), *targets())
    assert_close(style, reference.style_loss(seen(), soft_masks(), *targets()))
    assert_close(content_loss(seen(), seen(3)), reference.content_loss(seen(), seen(3)))
    content, picture = photo(), photo(seed=1)
    found = photorealism_loss(matting_affinities(jnp.asarray(content)), picture)
    assert_close(found, reference.photorealism_loss(content, picture))


def test_losses_are_zero_at_their_own_target() -> None:
    masks = soft_masks()
    assert style_loss(seen(), masks, *of_style(seen(), masks)) == 0
    assert content_loss(seen(), seen()) == 0
    content = photo()
    assert abs(photorealism_loss(matting_affinities(jnp.asarray(content)), content)) < 1e-6


def test_a_region_counts_by_its_area() -> None:
    halves = np.stack([np.arange(W) < 3, np.arange(W) >= 3]).astype(np.float32)[:, None]
    masks = np.broadcast_to(halves, (2, H, W))
    for place, error in enumerate((1.0, losses.MEANS_WEIGHT)):  # Gram matrices, means
        for region, area in enumerate((3 / 9, 6 / 9)):
            goals = [own.copy() for own in of_style(seen(), masks)]
            goals[place][region] /= 2  # (G - G/2)^2 / (G/2)^2 = 1 in that region
            assert float(style_loss(seen(), masks, *goals)) == pytest.approx(error * area)


def test_recoloring_is_the_squared_distance_per_pixel() -> None:
    picture, recolored = photo("textured", seed=1), photo("smooth")
    expected = np.sum(np.square(np.float64(picture) - recolored)) / (12 * 15)
    assert float(recoloring_loss(picture, recolored)) == pytest.approx(expected, rel=1e-5)


def test_beyond_the_gamut_is_the_squared_distance_from_it() -> None:
    inside = photo()
    assert float(gamut_loss(inside)) == 0
    picture = inside.copy()
    picture[0, 0], picture[1, 2, 1] = (-0.1, 0.5, 1.2), 3.0
    expected = (0.1**2 + 0.2**2 + 2.0**2) / picture[..., 0].size
    assert float(gamut_loss(picture)) == pytest.approx(expected, rel=1e-5)


def slopes(function, point: np.ndarray, direction: np.ndarray) -> float:
    """A central difference in float64; the functions are polynomials of degree 4 at most."""
    step = 1e-4
    point = point.astype(np.float64)
    return (function(point + step * direction) - function(point - step * direction)) / (2 * step)


def test_gradients_are_the_slopes_of_the_twins() -> None:
    masks, goals, other = soft_masks(), targets(), seen(3)
    for ours, twin in (
        (
            lambda f: style_loss(f, masks, *goals),
            lambda f: reference.style_loss(f, masks, *goals),
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
    silent, zeros = jnp.zeros((H, W, C)), (jnp.zeros((1, C, C)), jnp.zeros((1, C)))
    for features in (silent, seen()):
        for loss in (
            lambda f: style_loss(f, np.float32(mask), *zeros),
            lambda f: content_loss(f, silent),
        ):
            value, gradient = jax.value_and_grad(loss)(features)
            assert np.isfinite(value) and np.isfinite(gradient).all()


def test_vmap_is_a_loop() -> None:
    features = jnp.stack([seen(seed) for seed in range(3)])
    masks = jnp.stack([soft_masks(seed) for seed in range(3)])
    goals = [jnp.stack([targets(seed + 5)[place] for seed in range(3)]) for place in (0, 1)]
    value_and_gradient = jax.jit(jax.value_and_grad(losses.style_loss))
    values, gradients = jax.vmap(value_and_gradient)(features, masks, *goals)
    for k in range(3):
        value, gradient = value_and_gradient(features[k], masks[k], *(goal[k] for goal in goals))
        assert_close(values[k], value)
        assert_close(gradients[k], gradient)
