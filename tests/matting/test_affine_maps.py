"""Local affine maps against least squares window by window, and their smoothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import KINDS, assert_close, photo

from jphoto.matting.affine_maps import (
    BOX_RADIUS,
    BOX_RIDGE,
    COLOR_SIGMA,
    DISTANCE_SIGMA,
    SMOOTHING_RADIUS,
    apply_affine_maps,
    bilateral_filter,
    fit_affine_maps,
    fit_box_maps,
    flatness,
    smooth_affine_maps,
    upsample_guided,
)
from jphoto.matting.affinities import EPSILON

H, W = 12, 15
fit, fit_boxes = jax.jit(fit_affine_maps), jax.jit(fit_box_maps, static_argnames="radius")
RECOLORING = np.array([[0.8, 0.1, 0.0], [0.05, 0.6, 0.1], [0.0, 0.2, 0.5]], np.float32)


def recolored(content):
    return np.float32(content @ RECOLORING.T + 0.1)


def test_maps_are_ridge_regressions_in_windows():
    content, picture = photo("textured", H, W), photo("textured", H, W, 1)
    maps = np.asarray(fit(content, picture))
    expected = np.empty((12, H - 2, W - 2))
    for y in range(H - 2):
        for x in range(W - 2):
            colors, goals = (
                p[y : y + 3, x : x + 3].reshape(9, 3).astype(np.float64) for p in (content, picture)
            )
            centered = colors - colors.mean(0)
            moments = centered.T @ centered + EPSILON * np.eye(3)
            slopes = np.linalg.solve(moments, centered.T @ (goals - goals.mean(0))).T
            expected[:3, y, x] = goals.mean(0) - slopes @ colors.mean(0)
            expected[3:, y, x] = slopes.ravel()
    assert_close(maps[:, 1:-1, 1:-1], expected, 1e-4)
    np.testing.assert_array_equal(maps[:, 0, 0], maps[:, 1, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_recoloring_is_its_own_map(kind):
    content = photo(kind, H, W)
    maps = fit(content, recolored(content))
    # The ridge gives up a little where colors hardly vary.
    assert_close(jax.jit(apply_affine_maps)(maps, content), recolored(content), 5e-4)


def test_smoothing_is_a_bilateral_filter():
    """At a few pixels, by the double sum; two tones, so that both weights count."""
    random = np.random.default_rng(0)
    maps = random.normal(size=(12, H, W))
    guide = 0.5 + 0.02 * random.random((3, H, W)) + 0.1 * (np.arange(W) > 7)
    found = np.asarray(jax.jit(bilateral_filter)(np.float32(maps), np.float32(guide)))
    rows, columns = np.mgrid[:H, :W]
    for y, x in ((0, 0), (5, 7), (5, 8), (11, 14)):
        away = (rows - y) ** 2 + (columns - x) ** 2
        unlike = ((guide - guide[:, y, x, None, None]) ** 2).sum(0)
        weights = np.exp(-away / (2 * DISTANCE_SIGMA**2) - unlike / (2 * COLOR_SIGMA**2))
        weights *= np.maximum(abs(rows - y), abs(columns - x)) <= SMOOTHING_RADIUS
        assert_close(found[:, y, x], (weights * maps).sum((1, 2)) / weights.sum(), 1e-5, scale=1)


def test_smoothing_removes_noise_in_flat_parts_and_keeps_an_edge():
    random = np.random.default_rng(0)
    side = (np.arange(40) >= 20).astype(np.float32)
    content = np.broadcast_to(0.3 + 0.4 * side[None, :, None], (36, 40, 3))
    content = np.float32(content + 0.002 * random.normal(size=content.shape))
    goal = np.float32(np.where(side[None, :, None] > 0, [0.9, 0.5, 0.2], [0.1, 0.3, 0.4]))
    goal = np.broadcast_to(goal, content.shape)
    noisy = np.float32(goal + 0.02 * random.normal(size=goal.shape))
    smoothed = np.asarray(smooth_affine_maps(jnp.asarray(content), jnp.asarray(noisy)))
    assert np.sqrt(np.mean((smoothed - goal) ** 2)) < 0.25 * 0.02
    assert np.abs(smoothed[:, 19:21] - goal[:, 19:21]).max() < 0.05


def test_smoothing_leaves_a_recoloring_alone():
    content = photo("textured", 36, 40)
    smoothed = smooth_affine_maps(jnp.asarray(content), jnp.asarray(recolored(content)))
    assert_close(smoothed, recolored(content), 5e-4)


def windows_around(y, x, radius):
    """The part of the photo that a box around a pixel has."""
    return tuple(slice(max(0, at - radius), at + radius + 1) for at in (y, x))


def test_a_clear_sky_is_flat_and_an_edge_is_not_nor_what_is_beside_it():
    noise = np.random.default_rng(0).normal(size=(30, 40, 3))
    content = np.where(np.arange(40)[:, None] < 20, 0.3, 0.7) + noise / 400
    flat = np.asarray(jax.jit(flatness)(np.float32(content)))
    assert flat.shape == (30, 40) and flat.min() >= 0 and flat.max() <= 1
    assert flat[:, :14].min() > 0.9 and flat[:, 26:].min() > 0.9
    assert flat[:, 19:21].max() < 0.25
    rough = np.asarray(jax.jit(flatness)(np.float32(0.5 + 0.05 * noise)))
    assert rough.max() < 0.05


def test_boxes_have_the_mean_of_ridge_regressions():
    content, picture = photo("textured", H, W), photo("smooth", H, W, 1)
    maps = np.asarray(fit_boxes(content, picture, radius=2))
    fitted = np.empty((H, W, 12))
    for y, x in np.ndindex(H, W):
        colors, goals = (
            p[windows_around(y, x, 2)].reshape(-1, 3).astype(np.float64) for p in (content, picture)
        )
        centered = colors - colors.mean(0)
        moments = centered.T @ centered / len(colors) + BOX_RIDGE * np.eye(3)
        slopes = np.linalg.solve(moments, centered.T @ (goals - goals.mean(0)) / len(colors)).T
        fitted[y, x] = [*(goals.mean(0) - slopes @ colors.mean(0)), *slopes.ravel()]
    for y, x in np.ndindex(H, W):
        assert_close(maps[:, y, x], fitted[windows_around(y, x, 2)].mean((0, 1)), 1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recoloring_is_upsampled_with_the_content(kind):
    content = photo(kind, 2 * H, 2 * W)
    smaller = content.reshape(H, 2, W, 2, 3).mean((1, 3))
    found = upsample_guided(
        jnp.asarray(smaller), jnp.asarray(recolored(smaller)), jnp.asarray(content)
    )
    if kind == "textured":  # with variances well above the ridge
        assert_close(found, recolored(content), 0.02)
    else:  # what the ridge gives up, colors that hardly vary do not show
        assert np.abs(np.asarray(found) - recolored(content)).mean() < 0.02


def test_upsampled_detail_is_that_of_the_content():
    content = np.full((4 * BOX_RADIUS, 40, 3), 0.5, np.float32)
    content[:, 20:] = 0.8
    smaller = content[::2, ::2]
    noise = np.random.default_rng(0).normal(0, 0.005, smaller.shape)
    picture = np.float32(np.where(smaller > 0.6, 0.2, 0.7) + noise)
    found = np.asarray(
        upsample_guided(jnp.asarray(smaller), jnp.asarray(picture), jnp.asarray(content))
    )
    away = np.abs(found - np.where(content > 0.6, 0.2, 0.7))
    # At the edge, a map of one side has its share on the other.
    assert away[:, 19:21].max() < 0.1 and np.delete(away, (19, 20), 1).max() < 0.02
