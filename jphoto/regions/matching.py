"""Which segments of two photos meet: like with like, and what has no like with what comes nearest.

Source: Luan et al. 2017, section 3.2.
Departs: there, all that the style lacks is given to a class that it has; here what has nothing
near is left alone, like a region that was painted in one mask only.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int32
from scipy import ndimage
from scipy.sparse import coo_array, csgraph

from jphoto.regions import Region, fill

Labels: TypeAlias = Int32[np.ndarray, "y x"]
"""The number of each place's segment."""

SMALLEST_ISLAND = 0.01
"""Share of the photo; what hangs together in less is given to its surroundings."""
SCRAP = 0.05
"""Likewise, of a segment that the other photo lacks: what is so small may well be seen wrongly, and
would stay as it was in the midst of a new look."""


class Segments(NamedTuple):
    """What was found in one photo, on a grid of places over all of it."""

    labels: Labels
    confidences: tuple[float, ...]
    """Mean probability of each segment where it is; 0 where it is not."""
    shares: tuple[float, ...]
    """Of the photo's area."""


class Meeting(NamedTuple):
    """Which segments of either photo are a region together."""

    groups: tuple[tuple[int, ...], ...]
    """Numbers of segments that the two photos have between them, the largest in the content first;
    groups likewise."""
    table: tuple[Region, ...]
    """Of all segments that either photo has."""
    scraps: frozenset[int]
    """Small segments that the style lacks, to be given to other segments of the content."""
    trust: float
    """0 to 1: of each group the share that both photos have of it, times how surely it was seen,
    added up. Water that fills one photo does not match a puddle in the other."""


def segments(probabilities: Float[np.ndarray, "y x n"]) -> Segments:
    """The likeliest segment at each place, without islands.

    Args:
      probabilities: of n segments, adding up to 1.
    """
    likeliest = probabilities.argmax(-1).astype(np.int32)
    labels = np.full_like(likeliest, -1)
    for segment in np.unique(likeliest):
        islands, _ = ndimage.label(likeliest == segment)
        large = np.bincount(islands.ravel()) >= SMALLEST_ISLAND * labels.size
        labels[(islands > 0) & large[islands]] = segment
    # Where nothing hangs together, no island is any smaller than the rest.
    labels = fill(labels, labels < 0) if (labels >= 0).any() else likeliest
    shares, confidences = [], []
    for segment in range(probabilities.shape[-1]):
        here = labels == segment
        shares.append(float(here.mean()))
        confidences.append(float(probabilities[here, segment].mean()) if here.any() else 0.0)
    return Segments(labels, tuple(confidences), tuple(shares))


def dissolved(
    found: Segments, probabilities: Float[np.ndarray, "y x n"], scraps: frozenset[int]
) -> Labels:
    """Labels without some segments, whose places are given to the likeliest of the others.

    Args:
      found: in a photo.
      probabilities: that it was found by.
      scraps: numbers of segments.
    """
    others = [k for k, share in enumerate(found.shares) if share and k not in scraps]
    left = np.full_like(probabilities, -1)
    left[..., others] = probabilities[..., others]
    return segments(left).labels


def lacking(content: Segments, style: Segments) -> list[int]:
    """Segments of the content that need a substitute, for the style has none of them."""
    pairs = enumerate(zip(content.shares, style.shares, strict=True))
    return [k for k, (here, there) in pairs if here >= SCRAP and not there]


def meet(
    content: Segments,
    style: Segments,
    names: tuple[str, ...],
    near: Mapping[str, tuple[str, ...]],
) -> Meeting:
    """Let segments meet.

    Args:
      content: with n segments.
      style: with the same.
      names: of the n.
      near: the names that may take the place of a name, the most similar first.
    """
    partners = _partners(content, style, names, near)
    order = sorted(partners, key=lambda k: (-content.shares[k], -style.shares[k]))
    links = coo_array(
        (np.ones(len(partners)), (list(partners), list(partners.values()))), (len(names),) * 2
    )
    _, component = csgraph.connected_components(links, directed=False)
    gathered: dict[int, list[int]] = {}
    for segment in order:
        gathered.setdefault(component[segment], []).append(segment)
    groups = tuple(
        tuple(group)
        for group in gathered.values()
        if all(any(photo.shares[k] for k in group) for photo in (content, style))
    )
    matched = {k for group in groups for k in group}
    scraps = frozenset(k for k in order if k not in matched and 0 < content.shares[k] < SCRAP)
    table = tuple(
        Region(
            names[k],
            content.shares[k],
            style.shares[k],
            _use(names[k], names[partners[k]], k in matched, k in scraps, content.shares[k]),
            content.confidences[k] or style.confidences[k],
        )
        for k in order
    )
    trust = sum(
        min(
            sum(photo.shares[k] * photo.confidences[k] for k in group) for photo in (content, style)
        )
        for group in groups
    )
    return Meeting(groups, table, scraps, trust)


def _partners(
    content: Segments,
    style: Segments,
    names: tuple[str, ...],
    near: Mapping[str, tuple[str, ...]],
) -> dict[int, int]:
    """For each segment that either photo has, the one that it meets in the other; or itself.

    Only the content looks for a substitute. To add to a like what merely comes near it would blur
    its look.
    """
    everything = range(len(names))
    partners = {k: k for k in everything if content.shares[k] or style.shares[k]}
    for segment in lacking(content, style):
        substitutes = [names.index(name) for name in near[names[segment]]]
        found = [k for k in substitutes if style.shares[k]]
        if found:
            partners[segment] = found[0]
            if not content.shares[found[0]]:
                partners[found[0]] = segment
    return partners


def _use(name: str, partner: str, matched: bool, scrap: bool, content_share: float) -> str:
    """What became of a segment, as the table says it."""
    if partner != name:
        return f"meets {partner}"
    if matched:
        return "matched"
    if scrap:
        return "joined to its neighbors"
    return "left to content and photorealism" if content_share else "not used"
