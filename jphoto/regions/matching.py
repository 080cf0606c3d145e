"""Segments of a photo, and which segments of two photos form a region together.

Segments of the same class match. A segment of the content that the style lacks is matched with the
best substitute.

Source: Luan et al. 2017, section 3.2.
Departs: there, everything that the style lacks is merged into a class that the style has; here a
segment without a substitute stays unmatched, like a region that is painted in one mask only.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy
from jaxtyping import Float, Int32

from jphoto.regions.table import LEFT, Region, fill_holes

Labels: TypeAlias = Int32[np.ndarray, "y x"]
"""The number of the segment at each place."""

SMALLEST_ISLAND_SHARE = 0.01
"""Share of the photo. Connected pieces of a segment that are smaller join their surroundings."""
SMALL_SEGMENT_SHARE = 0.05
"""Share of the photo. A smaller segment that the style lacks joins its neighbors: it may well be a
mistake of the segmenter, and would keep its old colors amid the new ones."""


class Segments(NamedTuple):
    """The segments of one photo, on a grid of places that covers it."""

    labels: Labels
    confidences: tuple[float, ...]
    """Mean probability of each segment over its places; 0 for absent segments."""
    shares: tuple[float, ...]
    """Of each segment, of the photo's area."""


class SegmentMatch(NamedTuple):
    """Which segments of two photos form a region together."""

    groups: tuple[tuple[int, ...], ...]
    """For each region the numbers of its segments, of which each photo has at least one. The
    largest in the content comes first, in each group and among groups."""
    table: tuple[Region, ...]
    """One row for each segment that either photo has."""
    small_segments: frozenset[int]
    """Segments of the content, unmatched and small, whose places go to other segments."""
    match_confidence: float
    """How well the photos match, 0 to 1. In each photo, a group counts by its area times its
    confidence; the smaller of the two values is summed over groups. So water that fills one photo
    does not match a puddle in the other. What only substitutes match counts half."""


def find_segments(probabilities: Float[np.ndarray, "y x n"]) -> Segments:
    """Label each place with its most probable segment, without small islands.

    Args:
      probabilities: of n segments, adding up to 1.
    """
    most_probable = probabilities.argmax(-1).astype(np.int32)
    labels = np.full_like(most_probable, -1)
    for segment in np.unique(most_probable):
        islands, _ = scipy.ndimage.label(most_probable == segment)
        large = np.bincount(islands.ravel()) >= SMALLEST_ISLAND_SHARE * labels.size
        labels[(islands > 0) & large[islands]] = segment
    # If all islands are small, all of them stay.
    labels = fill_holes(labels, labels < 0) if (labels >= 0).any() else most_probable
    shares, confidences = [], []
    for segment in range(probabilities.shape[-1]):
        places = labels == segment
        shares.append(float(places.mean()))
        confidences.append(float(probabilities[places, segment].mean()) if places.any() else 0.0)
    return Segments(labels, tuple(confidences), tuple(shares))


def found_shares(probabilities: Float[np.ndarray, "y x n"]) -> Float[np.ndarray, "n"]:
    """The share of the photo where each segment is the most probable."""
    most_probable = probabilities.argmax(-1).ravel()
    counts = np.bincount(most_probable, minlength=probabilities.shape[-1])
    shares: np.ndarray = counts / len(most_probable)
    return shares


def labels_without(
    removed: frozenset[int], photo: Segments, probabilities: Float[np.ndarray, "y x n"]
) -> Labels:
    """Remove some segments: their places get the most probable of the photo's other segments.

    Args:
      removed: numbers of segments.
      photo: its segments.
      probabilities: that the segments were found from.
    """
    kept = [k for k, share in enumerate(photo.shares) if share and k not in removed]
    kept_probabilities = np.full_like(probabilities, -1)
    kept_probabilities[..., kept] = probabilities[..., kept]
    return find_segments(kept_probabilities).labels


def segments_without_match(content: Segments, style: Segments) -> list[int]:
    """Numbers of the content's segments, except small ones, that the style lacks."""
    shares = enumerate(zip(content.shares, style.shares, strict=True))
    return [
        k
        for k, (content_share, style_share) in shares
        if content_share >= SMALL_SEGMENT_SHARE and not style_share
    ]


def match_segments(
    content: Segments,
    style: Segments,
    names: tuple[str, ...],
    substitutes: Mapping[str, tuple[str, ...]],
) -> SegmentMatch:
    """Match the segments of two photos by number, and by substitutes where the style has none.

    Args:
      content: with n segments.
      style: with the same n segments.
      names: of the n segments.
      substitutes: for each name, the names that may take its place, the best first.
    """
    partners = _partners(content, style, names, substitutes)
    order = sorted(partners, key=lambda k: (-content.shares[k], -style.shares[k]))
    links = scipy.sparse.coo_array(
        (np.ones(len(partners)), (list(partners), list(partners.values()))), (len(names),) * 2
    )
    _, component = scipy.sparse.csgraph.connected_components(links, directed=False)
    linked: dict[int, list[int]] = {}
    for segment in order:
        linked.setdefault(component[segment], []).append(segment)
    groups = tuple(
        tuple(group)
        for group in linked.values()
        if all(any(photo.shares[k] for k in group) for photo in (content, style))
    )
    matched = {k for group in groups for k in group}
    small_segments = frozenset(
        k for k in order if k not in matched and 0 < content.shares[k] < SMALL_SEGMENT_SHARE
    )
    table = tuple(
        Region(
            names[k],
            content.shares[k],
            style.shares[k],
            _use(
                names[k], names[partners[k]], k in matched, k in small_segments, content.shares[k]
            ),
            content.confidences[k] or style.confidences[k],
        )
        for k in order
    )
    return SegmentMatch(groups, table, small_segments, _match_confidence(groups, content, style))


def _partners(
    content: Segments,
    style: Segments,
    names: tuple[str, ...],
    substitutes: Mapping[str, tuple[str, ...]],
) -> dict[int, int]:
    """For each segment of either photo, the segment that it is matched with: itself by default.

    A segment that only the style has gets no substitute: to add it to a similar region would blur
    that region's style.
    """
    numbers = range(len(names))
    partners = {k: k for k in numbers if content.shares[k] or style.shares[k]}
    for segment in segments_without_match(content, style):
        candidates = [names.index(name) for name in substitutes[names[segment]]]
        available = [k for k in candidates if style.shares[k]]
        if available:
            partners[segment] = available[0]
            if not content.shares[available[0]]:
                partners[available[0]] = segment
    return partners


def _match_confidence(
    groups: tuple[tuple[int, ...], ...], content: Segments, style: Segments
) -> float:
    """See `SegmentMatch.match_confidence`."""
    areas = [np.multiply(photo.shares, photo.confidences) for photo in (content, style)]
    same_class = np.minimum(*areas)
    values = [
        # The match of a segment with a substitute is a guess.
        (same_class[list(group)].sum() + min(area[list(group)].sum() for area in areas)) / 2
        for group in groups
    ]
    return float(sum(values, start=0.0))


def _use(name: str, partner: str, matched: bool, small: bool, content_share: float) -> str:
    """How the table says a segment is used."""
    if partner != name:
        return f"matched with {partner}"
    if matched:
        return "matched"
    if small:
        return "joined to its neighbors"
    return LEFT if content_share else "not used"
