"""How alike segments of two photos look to VGG, for those that have no like in the other photo."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float32

from jphoto.segment.matching import Labels, Segments

TINY = 1e-12


def most_similar_first(
    near: Mapping[str, tuple[str, ...]],
    names: Sequence[str],
    found: Sequence[Segments],
    embedded: Sequence[Float32[np.ndarray, "_ _ c"]],
) -> dict[str, tuple[str, ...]]:
    """What may take the place of each segment of the content, in the order of looks.

    Args:
      near: the names that may take the place of a name, in any order.
      names: of the segments.
      found: in the content and in the style.
      embedded: what VGG sees in either, from `cosegment.embed`.
    """
    content, style = (
        _looks(photo, seen.labels, len(names)) for photo, seen in zip(embedded, found, strict=True)
    )
    alike = dict(zip(names, content @ style.T, strict=True))
    return {
        name: tuple(sorted(others, key=lambda other: -alike[name][names.index(other)]))
        for name, others in near.items()
    }


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
