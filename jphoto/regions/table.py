"""The regions that two photos share, and the table that says what became of all of them."""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int32
from scipy import ndimage

HostMasks: TypeAlias = Float32[np.ndarray, "k h w"]
Codes: TypeAlias = Int32[np.ndarray, "h w"]
"""Colors as one number, red * 65536 + green * 256 + blue, or labels; -1 is no region."""

SCRAP = 0.01
"""A region without a partner joins its neighbors below this share, and is left out above it."""


class Region(NamedTuple):
    """One row of the table of regions. Shares are of the photo's area."""

    name: str
    """Of the color it is painted in, or of the kind of thing that was seen."""
    content_share: float
    style_share: float
    use: str
    """matched, joined to its neighbors, left to content and photorealism, or not used; of regions
    that were found, also what they meet."""
    confidence: float | None = None
    """Mean probability of what was seen in the content, or if it is not there, in the style; None
    if it was not a network that found the region."""


class Match(NamedTuple):
    """The regions that two photos share, as masks in the same order, and the table of all."""

    content_masks: HostMasks
    style_masks: HostMasks
    table: tuple[Region, ...]


def whole_photos(content_size: tuple[int, int], style_size: tuple[int, int]) -> Match:
    """One region: everything. Sizes are (height, width)."""
    masks = [np.ones((1, *size), np.float32) for size in (content_size, style_size)]
    return Match(masks[0], masks[1], (Region("whole photo", 1.0, 1.0, "matched"),))


def fill(labels: Codes, holes: Bool[np.ndarray, "h w"]) -> Codes:
    """Holes take the label of the nearest pixel that is none."""
    if not holes.any() or holes.all():
        return labels
    nearest = ndimage.distance_transform_edt(holes, return_distances=False, return_indices=True)
    filled: Codes = labels[tuple(nearest)]
    return filled
