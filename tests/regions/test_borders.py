"""Soft masks whose borders follow the photo's edges, on made-up photos with known edges."""

import jax
import numpy as np

from jphoto.regions import borders

soft_masks = jax.jit(borders.soft_masks)


def soft_mask(picture, share, **padded):
    shares = jax.image.resize(share[None], (1, *picture.shape[:2]), "linear")
    return np.asarray(soft_masks(picture, shares, **padded))[0]


def test_a_border_moves_to_the_photos_edge():
    height, width, edge = 48, 64, 37
    picture = np.full((height, width, 3), (0.2, 0.4, 0.7), np.float32)
    picture[:, edge:] = (0.6, 0.5, 0.1)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape).astype(np.float32)
    share = np.zeros((6, 8), np.float32)
    share[:, :5] = 1  # up to pixel 40, 3 beyond the edge
    mask = soft_mask(picture, share)
    assert mask[:, : edge - 1].min() > 0.8 and mask[:, edge + 1 :].max() < 0.35
    complement = soft_mask(picture, 1 - share)
    np.testing.assert_allclose(mask + complement, 1, atol=1e-4)


def test_a_region_that_covers_the_grid_covers_the_photo():
    picture = np.random.default_rng(4).random((48, 64, 3), np.float32)
    mask = soft_mask(picture, np.ones((6, 8), np.float32))
    np.testing.assert_allclose(mask, 1, atol=1e-4)


def test_padded_photos_and_regions_have_the_same_masks():
    random = np.random.default_rng(5)
    picture, shares = random.random((40, 50, 3), np.float32), random.random((3, 40, 50), np.float32)
    alone = soft_masks(picture, shares)
    photo, padded = np.zeros((48, 64, 3), np.float32), np.zeros((4, 48, 64), np.float32)
    valid = np.zeros((48, 64), np.float32)
    photo[:40, :50], padded[:3, :40, :50], valid[:40, :50] = picture, shares, 1
    found = np.asarray(soft_masks(photo, padded, 3, valid))
    np.testing.assert_allclose(found[:3, :40, :50], alone, atol=1e-5)
    assert not found[3].any() and not found[:, 40:].any() and not found[:, :, 50:].any()
