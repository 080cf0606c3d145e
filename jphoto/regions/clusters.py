"""Parts that two photos have in common, without class names: joint clusters of VGG features.

Source: the idea of joint clustering from Rother et al. 2006, "Cosegmentation of Image Pairs by
Histogram Matching"; Arthur and Vassilvitskii 2007 for the starts of k-means; Rousseeuw 1987,
"Silhouettes", for the number of clusters.
"""

from collections.abc import Sequence
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, Float32, Int

from jphoto.arrays import Features
from jphoto.networks.vgg import FeatureMaps

LAYERS = ("relu3_3", "relu4_3", "relu5_3")
"""From textures to objects. Features of all three are resized to the grid of the second."""
COMPONENTS = 8
"""Principal components of the features that are clustered. With more, clusters separate one photo
from the other."""
HEIGHT_WEIGHT = 0.3
"""Vertical position is clustered along with the features, from -0.3 at the top of a photo to 0.3 at
the bottom: sky is above, ground is below."""
MOST_CLUSTERS = 6
KMEANS_STARTS = 6
"""Runs of k-means for each number of clusters; the best is used."""
KMEANS_ITERATIONS = 30
SILHOUETTE_SAMPLE = 1000
"""Places that the mean silhouette is estimated from."""
SMALLEST_SCORE = 0.15
"""Mean silhouette times shared area, below which the photos have no distinct parts."""

Points: TypeAlias = Float[np.ndarray, "n d"]


def embed(maps: FeatureMaps) -> Features:
    """Concatenate normalized features of several layers at each place, minus their mean.

    Args:
      maps: features of one photo at `LAYERS`.

    Returns: y x x x channels, on the grid of the second layer.
    """
    height, width, _ = maps[LAYERS[1]].shape
    parts = []
    for layer in LAYERS:
        x = maps[layer]
        x = jax.image.resize(x, (height, width, x.shape[-1]), "linear")
        x = x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), 1e-6)
        # One photo may be darker or misty as a whole, which does not distinguish its parts.
        parts.append(x - x.mean((0, 1)))
    return jnp.concatenate(parts, -1)


def cluster_features(
    embeddings: Sequence[Float32[np.ndarray, "_ _ c"]],
) -> list[Float[np.ndarray, "_ _ k"]]:
    """Cluster the places of one or two photos jointly.

    The number of clusters maximizes the mean silhouette times the shared area: summed over
    clusters, the smaller of the cluster's shares of the two photos. The result is deterministic.

    Args:
      embeddings: of one or two photos, from `embed`.

    Returns: for each photo the probability of each cluster at each place; of a single cluster if
      the photos have no distinct parts.
    """
    points = _points(embeddings)
    ends = np.cumsum([np.prod(photo.shape[:2]) for photo in embeddings])
    best_score, best_centers = SMALLEST_SCORE, points.mean(0, keepdims=True)
    # By features alone: with the height, even parts of one color would count as distinct.
    sample = np.random.default_rng(0).permutation(len(points))[:SILHOUETTE_SAMPLE]
    components = points[sample, :COMPONENTS]
    distances = scipy.spatial.distance.cdist(components, components)
    for number in range(2, MOST_CLUSTERS + 1):
        labels, centers = _kmeans(points, number)
        parts = np.split(labels, ends[:-1])
        shares = [np.bincount(part, minlength=number) / len(part) for part in parts]
        score = _silhouette(distances, labels[sample]) * np.min(shares, 0).sum()
        if score > best_score:
            best_score, best_centers = score, centers
    parts = np.split(_probabilities(points, best_centers), ends[:-1])
    return [p.reshape(*photo.shape[:2], -1) for p, photo in zip(parts, embeddings, strict=True)]


def _points(embeddings: Sequence[Float32[np.ndarray, "_ _ c"]]) -> Points:
    """Principal components of the features of all places, and each place's height."""
    features = np.concatenate([photo.reshape(-1, photo.shape[-1]) for photo in embeddings])
    features -= features.mean(0)
    channels = features.shape[1]
    largest = channels - COMPONENTS, channels - 1
    _, axes = scipy.linalg.eigh(features.T @ features, subset_by_index=largest)
    heights = [
        np.repeat(np.linspace(-HEIGHT_WEIGHT, HEIGHT_WEIGHT, photo.shape[0]), photo.shape[1])
        for photo in embeddings
    ]
    return np.column_stack([(features @ axes).astype(np.float64), np.concatenate(heights)])


def _kmeans(points: Points, number: int) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "k d"]]:
    """Labels and centers from the run of k-means with the tightest clusters."""
    best_spread, best = np.inf, (np.zeros(len(points), int), points.mean(0, keepdims=True))
    for start in range(KMEANS_STARTS):
        try:
            centers, labels = scipy.cluster.vq.kmeans2(
                points, number, KMEANS_ITERATIONS, minit="++", missing="raise", seed=start
            )
        except scipy.cluster.vq.ClusterError:  # a cluster became empty; another start may work
            continue
        spread = np.square(points - centers[labels]).sum()
        if spread < best_spread:
            best_spread, best = spread, (labels, centers)
    return best


def _silhouette(distances: Float[np.ndarray, "n n"], labels: Int[np.ndarray, "n"]) -> float:
    """The mean silhouette, at most 1: how much closer points are to their own cluster than to the
    nearest other one.
    """
    members = np.eye(labels.max() + 1)[labels]
    total, count = distances @ members, members.sum(0)
    own = members.astype(bool)
    single = count[labels] < 2
    within = total[own] / np.maximum(count[labels] - 1, 1)
    nearest = np.where(own | (count == 0), np.inf, total / np.maximum(count, 1)).min(1)
    if not np.isfinite(nearest).all():
        return 0.0
    widths = (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-12)
    return float(np.where(single, 0, widths).mean())


def _probabilities(points: Points, centers: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "n k"]:
    """Of each cluster at each point, for isotropic Gaussians of one common variance."""
    squares = scipy.spatial.distance.cdist(points, centers, "sqeuclidean")
    variance = squares.min(1).mean() / points.shape[1] + 1e-12
    likelihood = np.exp((squares.min(1, keepdims=True) - squares) / (2 * variance))
    probabilities: np.ndarray = likelihood / likelihood.sum(1, keepdims=True)
    return probabilities
