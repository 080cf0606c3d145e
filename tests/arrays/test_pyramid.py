"""Masks at every level of the network, halved or carried through it."""

import jax
import numpy as np
import pytest
from helpers.reference import assert_close
from scipy import ndimage

from jphoto.arrays import pyramid

mask_pyramid = jax.jit(pyramid.mask_pyramid, static_argnames="levels")
published_mask_pyramid = jax.jit(pyramid.published_mask_pyramid, static_argnames="convolutions")
quartered = jax.jit(pyramid.quartered)
quartered_transpose = jax.jit(pyramid.quartered_transpose, static_argnums=(1, 2))


def blobs(height: int, width: int, regions: int) -> np.ndarray:
    """Masks of a few large rounded regions that together cover everything."""
    noise = np.random.default_rng(28).normal(size=(regions, height, width))
    labels = np.argmax(ndimage.gaussian_filter(noise, (0, width / 8, width / 8)), axis=0)
    return np.float32(labels == np.arange(regions)[:, None, None])


def test_pyramid_halves_by_averaging() -> None:
    masks = blobs(48, 64, 4)
    levels = [np.asarray(level) for level in mask_pyramid(masks, levels=5)]
    assert [level.shape[1:] for level in levels] == [(48, 64), (24, 32), (12, 16), (6, 8), (3, 4)]
    for level in levels:
        assert_close(level.mean((1, 2)), masks.mean((1, 2)))
        assert_close(level.sum(0), np.ones(level.shape[1:]))
    assert_close(levels[1][0, 0, 0], masks[0, :2, :2].mean(), scale=1)


def test_pyramid_rounds_odd_sizes_up_and_keeps_shares_below_one() -> None:
    masks = blobs(45, 67, 3)[:2]
    levels = [np.asarray(level) for level in mask_pyramid(masks, levels=5)]
    assert [level.shape[1:] for level in levels] == [(45, 67), (23, 34), (12, 17), (6, 9), (3, 5)]
    for level in levels:
        assert level.min() >= 0 and level.sum(0).max() <= 1 + 1e-6
    ones = mask_pyramid(np.ones((1, 5, 7), np.float32), levels=4)
    assert all((np.asarray(level) == 1).all() for level in ones)


@pytest.mark.parametrize("size", [(8, 12), (9, 14), (3, 7)])
def test_quarters_are_means_and_their_transpose_spreads(size: tuple[int, int]) -> None:
    random, (h, w) = np.random.default_rng(29), size
    planes = np.float32(random.normal(size=(2, h, w)))
    quarter = np.asarray(quartered(planes))
    for y, x in np.ndindex(-(-h // 4), -(-w // 4)):
        block = planes[:, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4]
        assert_close(quarter[:, y, x], block.mean((1, 2)), scale=1)
    other = np.float32(random.normal(size=quarter.shape))
    spread = np.asarray(quartered_transpose(other, h, w))
    assert spread.shape == planes.shape
    assert_close(np.vdot(planes, spread), np.vdot(quarter, other), scale=1)


@pytest.mark.parametrize("size", [(12, 16), (13, 18)])
def test_published_masks_are_averaged_and_halved_as_by_hand(size: tuple[int, int]) -> None:
    masks = blobs(*size, 3)
    carried = published_mask_pyramid(masks, convolutions=(2, 1, 3))
    expected = []
    for mask in np.asarray(masks, np.float64):
        levels = [_averaged(mask, 1)]
        levels.append(_averaged(_halved(_averaged(mask, 2)), 1))
        levels.append(_averaged(_halved(levels[1]), 1))
        expected.append(levels)
    for level, of_regions in zip(carried, zip(*expected, strict=True), strict=True):
        assert_close(level, np.stack(of_regions))


def _averaged(mask: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        mask = ndimage.uniform_filter(mask, 3, mode="constant")
    return mask


def _halved(mask: np.ndarray) -> np.ndarray:
    """Bilinear samples at the centers of the larger pixels."""
    sizes = [(n, (n + 1) // 2) for n in mask.shape]
    places = [np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1) for old, new in sizes]
    return ndimage.map_coordinates(mask, np.meshgrid(*places, indexing="ij"), order=1)
