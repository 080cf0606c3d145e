"""How alike segments of two photos look to VGG: which of the style's comes closest to which of the
content's.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float32

from jphoto.regions.matching import Labels, Segments

TINY = 1e-12


def similarities(
    found: Sequence[Segments], embedded: Sequence[Float32[np.ndarray, "_ _ c"]]
) -> Float[np.ndarray, "n n"]:
    """Of each of the content's segments with each of the style's: -1 to 1, 0 where one is missing.

    Args:
      found: in the content and in the style.
      embedded: what VGG sees in either, from `cosegment.embed`.
    """
    content, style = (
        _looks(photo, seen.labels, len(seen.shares))
        for photo, seen in zip(embedded, found, strict=True)
    )
    alike: np.ndarray = content @ style.T
    return alike


def most_similar_first(
    near: Mapping[str, tuple[str, ...]],
    names: Sequence[str],
    alike: Float[np.ndarray, "n n"],
) -> dict[str, tuple[str, ...]]:
    """What may take the place of each segment of the content, in the order of looks.

    Args:
      near: the names that may take the place of a name, in any order.
      names: of the segments.
      alike: `similarities` of them.
    """
    rows = dict(zip(names, alike, strict=True))
    return {
        name: tuple(sorted(others, key=lambda other: -rows[name][names.index(other)]))
        for name, others in near.items()
    }


def regrouped(
    probabilities: Float[np.ndarray, "y x n"], alike: Float[np.ndarray, "n n"]
) -> Float[np.ndarray, "y x n"]:
    """Probabilities of the content's segments, each under the number of its likest in the style.

    Clusters may hold what is flat in both photos, sky in one and sand in the other.

    Args:
      probabilities: of the content's segments.
      alike: `similarities` with the style's; what is like none keeps its number.
    """
    numbers = np.where(alike.max(1) > 0, alike.argmax(1), np.arange(len(alike)))
    moved: np.ndarray = probabilities @ np.eye(len(alike))[numbers]
    return moved


def _looks(
    embedded: Float32[np.ndarray, "_ _ c"], labels: Labels, count: int
) -> Float[np.ndarray, "n c"]:
    """Of each segment the direction in which its features lie from those of the whole photo."""
    rows, columns = (
        np.arange(new) * old // new
        for new, old in zip(embedded.shape[:2], labels.shape, strict=True)
    )
    members = np.eye(count)[labels[np.ix_(rows, columns)].ravel()]
    sums = members.T @ embedded.reshape(len(members), -1)
    looks: np.ndarray = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), TINY)
    return looks
