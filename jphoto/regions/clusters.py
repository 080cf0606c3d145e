"""What two photos have in common, without names: clusters of what VGG sees in both.

Source: the idea of joint clustering from Rother et al. 2006, "Cosegmentation of Image Pairs by
Histogram Matching"; Arthur and Vassilvitskii 2007 for the starts of k-means; Rousseeuw 1987,
"Silhouettes", for the number of clusters.
"""

from collections.abc import Sequence
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.cluster.vq import ClusterError, kmeans2
from scipy.spatial.distance import cdist

from jphoto.arrays import Features
from jphoto.networks.vgg import Seen

LAYERS = ("relu3_3", "relu4_3", "relu5_3")
"""From texture to things; places are those of the second."""
COMPONENTS = 8
"""Of the features that count: beyond them, clusters are of single photos."""
HEIGHT = 0.3
"""What a photo's height counts: sky is above, ground is below."""
MOST = 6
"""Clusters."""
STARTS = 6
"""Of k-means, for each number of clusters."""
SAMPLE = 1000
"""Places of which silhouettes are taken."""
STRUCTURE = 0.15
"""A silhouette, times what is shared, below which there are no clusters to speak of."""

Points: TypeAlias = Float[np.ndarray, "n d"]


def embed(seen: Seen) -> Features:
    """The features of several layers at each place: directions of the photo's own mean.

    Args:
      seen: features at `LAYERS`.
    """
    height, width, _ = seen[LAYERS[1]].shape
    parts = []
    for layer in LAYERS:
        x = seen[layer]
        x = jax.image.resize(x, (height, width, x.shape[-1]), "linear")
        x = x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), 1e-6)
        # One photo is darker, or all in mist: what all of it has in common tells no parts apart.
        parts.append(x - x.mean((0, 1)))
    return jnp.concatenate(parts, -1)


def cosegment(
    embedded: Sequence[Float32[np.ndarray, "_ _ c"]],
) -> list[Float[np.ndarray, "_ _ k"]]:
    """Clusters that photos have in common.

    How many is told by the photos: where the clusters' silhouettes, times the share of the area
    that is in clusters of both, are largest. The same photos always give the same clusters.

    Args:
      embedded: of one or two photos, from `embed`.

    Returns: the probability of each cluster at each place; of one cluster if nothing stands apart.
    """
    points = _points(embedded)
    ends = np.cumsum([np.prod(photo.shape[:2]) for photo in embedded])
    best, chosen = STRUCTURE, points.mean(0, keepdims=True)
    # By what is seen alone: a height tells apart places of one color, too.
    sample = np.random.default_rng(0).permutation(len(points))[:SAMPLE]
    distances = cdist(points[sample, :COMPONENTS], points[sample, :COMPONENTS])
    for number in range(2, MOST + 1):
        labels, centers = _clusters(points, number)
        parts = np.split(labels, ends[:-1])
        shares = [np.bincount(part, minlength=number) / len(part) for part in parts]
        score = _silhouette(distances, labels[sample]) * np.min(shares, 0).sum()
        if score > best:
            best, chosen = score, centers
    found = np.split(_probabilities(points, chosen), ends[:-1])
    return [p.reshape(*photo.shape[:2], -1) for p, photo in zip(found, embedded, strict=True)]


def _points(embedded: Sequence[Float32[np.ndarray, "_ _ c"]]) -> Points:
    """Principal components of all places, and how high each place is."""
    features = np.concatenate([photo.reshape(-1, photo.shape[-1]) for photo in embedded])
    features = (features - features.mean(0)).astype(np.float64)
    _, axes = np.linalg.eigh(features.T @ features)
    heights = [
        np.repeat(np.linspace(-HEIGHT, HEIGHT, photo.shape[0]), photo.shape[1])
        for photo in embedded
    ]
    return np.column_stack([features @ axes[:, -COMPONENTS:], np.concatenate(heights)])


def _clusters(points: Points, number: int) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "k d"]]:
    """Of several runs of k-means the one with the tightest clusters: labels and centers."""
    best, found = np.inf, (np.zeros(len(points), int), points.mean(0, keepdims=True))
    for start in range(STARTS):
        try:
            centers, labels = kmeans2(points, number, 30, minit="++", missing="raise", seed=start)
        except ClusterError:  # a center that nothing is close to; another start has none
            continue
        spread = np.square(points - centers[labels]).sum()
        if spread < best:
            best, found = spread, (labels, centers)
    return found


def _silhouette(distances: Float[np.ndarray, "n n"], labels: Int[np.ndarray, "n"]) -> float:
    """How much closer a place is to its own cluster than to the next, on average: at most 1."""
    members = np.eye(labels.max() + 1)[labels]
    total, count = distances @ members, members.sum(0)
    own = members.astype(bool)
    alone = count[labels] < 2
    within = total[own] / np.maximum(count[labels] - 1, 1)
    beyond = np.where(own | (count == 0), np.inf, total / np.maximum(count, 1)).min(1)
    if not np.isfinite(beyond).all():
        return 0.0
    widths = (beyond - within) / np.maximum(np.maximum(beyond, within), 1e-12)
    return float(np.where(alone, 0, widths).mean())


def _probabilities(points: Points, centers: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "n k"]:
    """Of the clusters as one round bell each, all as wide as they are on average."""
    squares = cdist(points, centers, "sqeuclidean")
    variance = squares.min(1).mean() / points.shape[1] + 1e-12
    likelihood = np.exp((squares.min(1, keepdims=True) - squares) / (2 * variance))
    probabilities: np.ndarray = likelihood / likelihood.sum(1, keepdims=True)
    return probabilities
