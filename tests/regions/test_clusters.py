"""Joint clusters of two photos' features, on made-up photos whose parts are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jphoto.regions.clusters import LAYERS, cluster_features, embed


def embedding(labels, parts, noise, seed):
    """Features of a photo whose places have these labels; each part has a direction of its own."""
    directions = np.random.default_rng(0).normal(size=(parts, 40))
    added = np.random.default_rng(seed).normal(size=(*labels.shape, 40))
    return (directions[labels] + noise * added).astype(np.float32)


def blobs(seed, parts=3, shape=(24, 32)):
    noise = np.random.default_rng(seed).normal(size=(parts, *shape))
    return ndimage.gaussian_filter(noise, (0, 4, 4)).argmax(0)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_clusters_are_the_parts_that_two_photos_have_in_common(count):
    labels = [blobs(seed, count) for seed in (5, 6)]
    embeddings = [embedding(x, count, 0.5, n) for n, x in enumerate(labels)]
    probabilities = cluster_features(embeddings)
    assert [p.shape for p in probabilities] == [(24, 32, count)] * 2
    clusters = np.concatenate([p.reshape(-1, count).argmax(-1) for p in probabilities])
    truth = np.concatenate([x.ravel() for x in labels])
    # Each cluster is one part, the same in both photos.
    table = np.array(
        [[np.sum((clusters == a) & (truth == b)) for b in range(count)] for a in range(count)]
    )
    assert table.max(1).sum() > 0.98 * truth.size and len(set(table.argmax(1))) == count
    for one, other in zip(probabilities, cluster_features(embeddings), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("noise", [1.0, 0.0], ids=["noise", "constant"])
def test_photos_without_distinct_parts_are_one_cluster(noise):
    photos = [embedding(np.zeros((12, 16), int), 1, noise, seed) for seed in (1, 2)]
    assert [p.shape[-1] for p in cluster_features(photos)] == [1, 1]


def test_features_are_relative_to_the_photos_own_mean():
    generator = np.random.default_rng(7)
    sizes = {layer: (16 >> n, 24 >> n, 4) for n, layer in enumerate(LAYERS)}
    maps = {
        layer: jnp.asarray(generator.random(size), jnp.float32) for layer, size in sizes.items()
    }
    embedded = embed(maps)
    assert embedded.shape == (8, 12, 12)
    np.testing.assert_allclose(embedded.mean((0, 1)), 0, atol=1e-5)
    darker = embed(jax.tree.map(lambda x: 0.5 * x, maps))
    np.testing.assert_allclose(darker, embedded, atol=1e-5)
