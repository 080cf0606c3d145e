"""Soft masks whose borders follow the photo's edges, on made-up photos with known edges."""

import jax.numpy as jnp
import numpy as np

from jphoto.regions.borders import soft_mask


def test_a_border_moves_to_the_photos_edge():
    height, width, edge = 48, 64, 37
    picture = np.full((height, width, 3), (0.2, 0.4, 0.7), np.float32)
    picture[:, edge:] = (0.6, 0.5, 0.1)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape).astype(np.float32)
    share = jnp.zeros((6, 8)).at[:, :5].set(1.0)  # up to pixel 40, 3 beyond the edge
    mask = np.asarray(soft_mask(jnp.asarray(picture), share))
    assert mask[:, : edge - 1].min() > 0.8 and mask[:, edge + 1 :].max() < 0.35
    complement = np.asarray(soft_mask(jnp.asarray(picture), 1 - share))
    np.testing.assert_allclose(mask + complement, 1, atol=1e-4)


def test_a_region_that_covers_the_grid_covers_the_photo():
    picture = jnp.asarray(np.random.default_rng(4).random((20, 30, 3)), jnp.float32)
    np.testing.assert_allclose(soft_mask(picture, jnp.ones((3, 4))), 1, atol=1e-4)
