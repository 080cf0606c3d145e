"""The strength of the finest detail, and its transfer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from jphoto.objectives.details import (
    LEAST_GAIN,
    NOISE,
    bounded_color_detail,
    detail_strengths,
    detail_transfer,
)

RANDOM = np.random.default_rng(5)
SHAPE = 30, 40
SIDES = np.stack([np.arange(40) < 18, np.arange(40) >= 22])
MASKS = np.float32(np.broadcast_to(SIDES[:, None], (2, *SHAPE)))
strengths = jax.jit(detail_strengths)
transfer = jax.jit(detail_transfer)
bounded_colors = jax.jit(bounded_color_detail)


def photo(*contrasts):
    """Two gray regions and a stripe between them, each with its own contrast of pixels."""
    noise, levels = RANDOM.normal(size=(*SHAPE, 3)), np.repeat(contrasts, [18, 4, 18])[:, None]
    return np.float32(0.5 + noise * levels)


def test_each_region_has_its_own_strength():
    found = np.asarray(strengths(photo(0.02, 0.3, 0.04), MASKS))
    assert found[1] == pytest.approx(4 * found[0], rel=0.2)
    np.testing.assert_array_equal(strengths(np.full((*SHAPE, 3), 0.3, np.float32), MASKS), 0)


def test_detail_takes_the_strength_of_the_style_and_all_else_stays():
    content, masks = photo(0.04, 0.04, 0.04), MASKS
    goals = np.float32([0.9**2, 0.8**2]) * np.asarray(strengths(content, masks))
    result = transfer(content, masks, goals, 1.0)
    # Of what is left, halving and doubling takes another part: so only nearly.
    np.testing.assert_allclose(strengths(result, masks), goals, rtol=0.05)
    half = transfer(content, masks, goals, 0.5)
    np.testing.assert_allclose(half, (content + result) / 2, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(result)[:, 18:22], content[:, 18:22])
    ramp = np.float32(np.linspace(0, 1, 40)[:, None] * np.ones((30, 1, 3)))
    np.testing.assert_allclose(transfer(ramp, masks, goals, 1.0)[:, 1:-1], ramp[:, 1:-1], atol=1e-6)


def test_gains_are_limited_and_noise_is_not_matched():
    content, much = photo(0.04, 0.04, 0.04), np.float32([0.0, 1.0])
    result = np.asarray(transfer(content, MASKS, much, 1.0))
    flat = transfer(content, MASKS, strengths(content, MASKS), 1.0)
    np.testing.assert_allclose(flat, content, atol=1e-6)
    for columns, gain in ((slice(2, 16), LEAST_GAIN), (slice(24, 38), 1)):
        detail = content[:, columns] - smooth_part(content)[:, columns]
        changed = result[:, columns] - content[:, columns]
        np.testing.assert_allclose(changed, (gain - 1) * detail, atol=1e-6)
    calm = np.float32(0.5 + 0.1 * NOISE**0.5 * RANDOM.normal(size=(*SHAPE, 3)))
    none = np.zeros(2, np.float32)
    np.testing.assert_allclose(transfer(calm, MASKS, none, 1.0), calm, atol=0.01 * NOISE**0.5)


def test_padding_changes_nothing():
    content, goals = photo(0.04, 0.1, 0.02), np.float32([1e-3, 1e-3])
    padding = (0, 10), (0, 16)
    masks = np.pad(MASKS, ((0, 0), *padding))
    valid = np.pad(np.ones(SHAPE, np.float32), padding)
    padded = np.pad(content, (*padding, (0, 0)))
    found = strengths(padded, masks, valid)
    np.testing.assert_allclose(found, strengths(content, MASKS), rtol=1e-5)
    result = np.asarray(transfer(padded, masks, goals, 0.5, valid))
    np.testing.assert_allclose(result[:30, :40], transfer(content, MASKS, goals, 0.5), atol=1e-6)
    assert not result[30:].any()


def smooth_part(content):
    """The content photo halved by means and doubled bilinearly, by SciPy."""
    half = content.reshape(15, 2, 20, 2, 3).mean((1, 3))
    grid = np.meshgrid(*[(np.arange(side) - 0.5) / 2 for side in SHAPE], indexing="ij")
    planes = [map_coordinates(half[..., c], grid, order=1, mode="nearest") for c in range(3)]
    return np.stack(planes, -1)


def twigs(height, width):
    """A sky with red twigs, one pixel wide, over a lawn; and recolored, with brown ones."""
    recolored = np.full((height, width, 3), [0.5, 0.6, 0.8], np.float32)
    recolored[height // 2 :] = 0.3, 0.5, 0.2
    picture = recolored + np.float32([0.1, 0, -0.1])
    recolored[: height // 3, 3::9], picture[: height // 3, 3::9] = [0.3, 0.2, 0.1], [0.6, 0, 0]
    return picture, recolored


def test_colors_of_twigs_are_bounded_and_all_else_stays():
    picture, recolored = twigs(48, 90)
    bounded = np.asarray(bounded_colors(picture, recolored))
    np.testing.assert_allclose(bounded.mean(-1), picture.mean(-1), atol=1e-6)
    np.testing.assert_allclose(bounded[20:], picture[20:], atol=1e-5)
    was, now = (
        np.ptp(p[:12, 3::9] - recolored[:12, 3::9], axis=-1).mean() for p in (picture, bounded)
    )
    assert was > 0.4 and now < 0.8 * was
    np.testing.assert_allclose(bounded_colors(recolored, recolored), recolored, atol=1e-6)


def test_colors_are_bounded_alike_compiled_and_padded():
    """At this size, sums of windows of means over colors were wrong when compiled."""
    picture, recolored = twigs(468, 700)
    bounded = np.asarray(bounded_colors(picture, recolored))
    slowly = bounded_color_detail(jnp.asarray(picture), jnp.asarray(recolored))
    np.testing.assert_allclose(bounded, slowly, atol=1e-5)
    picture, recolored = picture[:46, :87], recolored[:46, :87]
    inside = np.pad(np.ones((46, 87), np.float32), ((0, 6), (0, 9)))
    wide = [np.pad(p, ((0, 6), (0, 9), (0, 0))) for p in (picture, recolored)]
    padded = np.asarray(bounded_colors(*wide, inside))[:46, :87]
    np.testing.assert_allclose(padded, bounded_colors(picture, recolored), atol=1e-5)
