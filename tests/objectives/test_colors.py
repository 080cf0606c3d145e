"""Color transfer: moments reached, the textbook's map, and photos with little color to transfer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import reference
from helpers.reference import KINDS, assert_close, moments, photo

from jphoto.objectives.colors import (
    RIDGE,
    color_moments,
    color_transfer,
    colorfulness,
    weakened_colors,
)


@jax.jit
def transfer(
    content: jax.Array, style: jax.Array, masks: jax.Array, others: jax.Array
) -> jax.Array:
    return color_transfer(content, masks, color_moments(style, others))


def muted(seed: int, height: int = 24, width: int = 32, spread: float = 0.06) -> np.ndarray:
    """Correlated colors around a middle tone, so that no result leaves [0, 1]."""
    random = np.random.default_rng(seed)
    mix = (np.eye(3) + 0.3 * random.normal(size=(3, 3))) * spread
    noise = np.clip(random.normal(size=(height, width, 3)), -2, 2)
    return (random.uniform(0.4, 0.6, 3) + noise @ mix).astype(np.float32)


def halves(height: int, width: int, split: int) -> np.ndarray:
    left = np.arange(width) < split
    return np.broadcast_to(np.stack([left, ~left])[:, None], (2, height, width)).astype(np.float32)


ALL = np.ones((1, 24, 32), np.float32)


def test_each_region_gets_the_mean_and_covariance_of_its_partner() -> None:
    content, style = muted(0), np.concatenate([muted(1, 20, 10), muted(2, 20, 30)], 1)
    masks, style_masks = halves(24, 32, 12), halves(20, 40, 10)
    result = np.asarray(transfer(content, style, masks, style_masks))
    assert result.min() > 0 and result.max() < 1
    for mask, style_mask in zip(masks, style_masks, strict=True):
        (mean, covariance), (goal, spread) = moments(result, mask), moments(style, style_mask)
        assert_close(np.float32(mean), goal)
        # T (C + ridge) T = S + ridge, so T C T is not quite the style's covariance S.
        ridge = RIDGE * np.eye(3)
        before = moments(content, mask)[1]
        matrix = reference.transport(before + ridge, spread + ridge)
        left_over = ridge - matrix @ ridge @ matrix
        assert_close(np.float32(covariance), spread + left_over, 1e-4)  # float32 roots, squared
        assert np.abs(left_over).max() < 0.03 * np.abs(spread).max() < np.abs(spread - before).max()


def test_map_is_the_linear_monge_kantorovich_one() -> None:
    content, style = muted(3), muted(4, 20, 28)
    whole = np.ones((1, 20, 28), np.float32)
    expected = reference.color_transfer(content, style, ALL[0], whole[0])
    # Two square roots of 3 x 3 matrices that are ten times as long as wide: one digit more.
    assert_close(transfer(content, style, ALL, whole), expected, 1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_is_its_own_style(kind: str) -> None:
    content = photo(kind)
    mask = np.ones((1, *content.shape[:2]), np.float32)
    assert_close(transfer(content, content, mask, mask), content, 1e-4)


@pytest.mark.parametrize("style", KINDS)
@pytest.mark.parametrize("content", KINDS)
def test_result_is_a_photo_whatever_the_colors(content: str, style: str) -> None:
    mask = np.ones((1, 12, 15), np.float32)
    result = transfer(photo(content), photo(style, seed=1), mask, mask)
    assert np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1


def test_a_flat_style_makes_the_result_nearly_flat() -> None:
    result = transfer(
        muted(5), np.full((8, 8, 3), [0.2, 0.5, 0.7], np.float32), ALL, ALL[:, :8, :8]
    )
    assert np.abs(result - np.array([0.2, 0.5, 0.7])).max() < 0.02


def test_the_noise_of_a_gray_photo_is_not_blown_up_to_the_style_s_colors() -> None:
    random = np.random.default_rng(8)
    gray = np.linspace(0.3, 0.7, 32)[None, :, None] * np.ones((24, 1, 3))
    content = np.float32(gray + random.normal(0, 0.004, gray.shape))
    style = np.float32(random.uniform(0.2, 0.8, (24, 32, 3)))  # 43 times as varied
    result = np.asarray(transfer(content, style, ALL, ALL))
    stretch = np.std(result[..., 0] - result[..., 1]) / np.std(content[..., 0] - content[..., 1])
    assert 3 < stretch < 6.1


@pytest.mark.parametrize("pixels", [0, 1, 2])
def test_tiny_regions_stay_finite(pixels: int) -> None:
    tiny = np.zeros((24, 32), np.float32)
    tiny[0, :pixels] = 1
    masks = np.stack([tiny, 1 - tiny])
    for own, other in ((masks, halves(24, 32, 16)), (halves(24, 32, 16), masks)):
        result = transfer(muted(6), muted(7), own, other)
        assert np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1


def test_what_no_region_claims_is_mapped_as_the_whole_photo() -> None:
    content, style = muted(8), muted(9)
    left = halves(24, 32, 12)[:1]
    partly = np.asarray(transfer(content, style, left, left))
    wholly = np.asarray(transfer(content, style, ALL, ALL))
    assert_close(partly[:, 12:], wholly[:, 12:])
    assert np.abs(partly[:, :12] - wholly[:, :12]).max() > 0.01


def test_soft_masks_blend_their_regions_maps() -> None:
    content, style = muted(10), muted(11)
    masks = halves(24, 32, 16)
    soft = jnp.stack([jnp.full((24, 32), 0.25), jnp.full((24, 32), 0.75)])
    alone = [np.asarray(transfer(content, style, ALL, mask[None])) for mask in masks]
    blended = transfer(content, style, soft, masks)
    assert_close(blended, 0.25 * alone[0] + 0.75 * alone[1])


@pytest.mark.parametrize("tone", [(1, 1, 1), (1, 0.85, 0.65)])
def test_noise_of_a_gray_or_toned_photo_is_no_color_and_a_faint_tint_is(
    tone: tuple[float, ...],
) -> None:
    """Noise of 2 of 255 levels is four times weaker in means of 4 x 4 pixels."""
    random = np.random.default_rng(9)
    gray = random.uniform(0.2, 0.9, (96, 128, 1)) * np.float32(tone)
    noisy = np.float32(gray + random.normal(0, 2 / 255, gray.shape))
    tinted = noisy.copy()
    tinted[:48] += np.float32([0.02, 0, -0.02])
    assert jax.jit(colorfulness)(noisy) == 0 and jax.jit(colorfulness)(tinted) == 1


def test_texture_loses_the_color_that_the_map_takes_and_gains_nothing() -> None:
    content = muted(0)
    mean = content.mean((0, 1))
    soft, strong = (np.float32(mean + factor * (content - mean)) for factor in (0.5, 2))
    texture = np.float32(0.1 * (content - mean))
    change = jax.jit(
        lambda texture, content, style: weakened_colors(
            texture, content, jnp.asarray(ALL), color_moments(style, jnp.asarray(ALL))
        )
    )
    colors = texture - texture.mean(-1, keepdims=True)
    assert_close(change(texture, content, soft), -0.5 * colors, 0.02)
    assert_close(change(texture, content, strong), np.zeros_like(texture), 1e-4)
