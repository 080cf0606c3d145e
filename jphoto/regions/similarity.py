"""How similar the segments of two photos are in VGG features, to choose among substitutes."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float32

from jphoto.regions.matching import Labels, Segments

SMALLEST_NORM = 1e-12
"""Keeps the direction of an absent segment finite."""


def similarities(
    segments: Sequence[Segments], embeddings: Sequence[Float32[np.ndarray, "_ _ c"]]
) -> Float[np.ndarray, "n n"]:
    """Cosine similarity of each segment of the content (rows) to each of the style (columns).

    Args:
      segments: of the content and of the style.
      embeddings: VGG features of the content and of the style, from `clusters.embed`.

    Returns: -1 to 1; 0 where a photo lacks the segment.
    """
    content, style = (
        _directions(embedding, photo.labels, len(photo.shares))
        for embedding, photo in zip(embeddings, segments, strict=True)
    )
    cosines: np.ndarray = content @ style.T
    return cosines


def rank_substitutes(
    substitutes: Mapping[str, tuple[str, ...]],
    names: Sequence[str],
    similarity: Float[np.ndarray, "n n"],
) -> dict[str, tuple[str, ...]]:
    """Sort the substitutes of each segment of the content, the most similar of the style first.

    Args:
      substitutes: for each name, the names that may take its place, in any order.
      names: of the segments.
      similarity: from `similarities`.
    """
    rows = dict(zip(names, similarity, strict=True))
    return {
        name: tuple(sorted(others, key=lambda other: -rows[name][names.index(other)]))
        for name, others in substitutes.items()
    }


def align_clusters(
    probabilities: Float[np.ndarray, "y x n"], similarity: Float[np.ndarray, "n n"]
) -> Float[np.ndarray, "y x n"]:
    """Move each cluster of the content to the number of the most similar cluster of the style.

    A joint cluster may hold whatever is flat in both photos: sky in one and sand in the other.

    Args:
      probabilities: of the content's clusters.
      similarity: from `similarities`; a cluster that is similar to none keeps its number.
    """
    numbers = np.where(similarity.max(1) > 0, similarity.argmax(1), np.arange(len(similarity)))
    moved: np.ndarray = probabilities @ np.eye(len(similarity))[numbers]
    return moved


def _directions(
    embedding: Float32[np.ndarray, "_ _ c"], labels: Labels, count: int
) -> Float[np.ndarray, "n c"]:
    """The mean features of each segment, relative to the whole photo's, as unit vectors."""
    rows, columns = (
        np.arange(new) * old // new
        for new, old in zip(embedding.shape[:2], labels.shape, strict=True)
    )
    members = np.eye(count)[labels[np.ix_(rows, columns)].ravel()]
    sums = members.T @ embedding.reshape(len(members), -1)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    directions: np.ndarray = sums / np.maximum(norms, SMALLEST_NORM)
    return directions
