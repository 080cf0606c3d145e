"""The regions that two photos share, and the table that says how each region is used."""

from typing import NamedTuple, TypeAlias

import numpy as np
import scipy
from jaxtyping import Bool, Float32, Int32

HostMasks: TypeAlias = Float32[np.ndarray, "k h w"]
LabelMap: TypeAlias = Int32[np.ndarray, "h w"]
"""The number of each pixel's region; -1 for none."""

SMALL_REGION_SHARE = 0.01
"""Share of a photo. A region that the other photo lacks joins its neighbors if it is smaller, and
is in no mask if it is larger."""


LEFT = "left to content and photorealism"
"""The use of a region that takes no style."""


class Region(NamedTuple):
    """One row of the table of regions."""

    name: str
    """Of the region's color in the masks, or of its class."""
    content_share: float
    """Share of the content photo's area."""
    style_share: float
    """Share of the style photo's area."""
    use: str
    """How the region is used: "matched", "matched with ..." another region, "joined to its
    neighbors", `LEFT`, or "not used"."""
    confidence: float | None = None
    """Mean probability of the region in the content photo, or in the style photo if the content
    lacks it; None for painted regions."""


class MatchedRegions(NamedTuple):
    """The regions that two photos share, and the table of all regions."""

    content_masks: HostMasks
    style_masks: HostMasks
    """In the same order as the content's."""
    table: tuple[Region, ...]


def whole_photos(content_size: tuple[int, int], style_size: tuple[int, int]) -> MatchedRegions:
    """One region that covers both photos. Sizes are (height, width)."""
    masks = [np.ones((1, *size), np.float32) for size in (content_size, style_size)]
    return MatchedRegions(masks[0], masks[1], (Region("whole photo", 1.0, 1.0, "matched"),))


def fill_holes(labels: LabelMap, holes: Bool[np.ndarray, "h w"]) -> LabelMap:
    """Give each pixel of the holes the label of the nearest pixel outside them.

    Returns: the labels as they are if the holes are empty or cover everything.
    """
    if not holes.any() or holes.all():
        return labels
    nearest = scipy.ndimage.distance_transform_edt(
        holes, return_distances=False, return_indices=True
    )
    filled: LabelMap = labels[tuple(nearest)]
    return filled
