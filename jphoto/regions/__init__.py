"""Regions: which parts of two photos are the same kind of thing.

`painted` reads them from a pair of masks. Without masks, `labels` names the segmenter's classes,
`clusters` groups what VGG sees in both photos, `matching` matches the segments of two photos, those
without a like by `similarity`, and `borders` makes masks of them that follow the photo's edges.
Either way the outcome is a `Match`: masks in the same order for both photos, and a table for
people.
"""

from jphoto.regions.painted import NAMES, decode, match_regions
from jphoto.regions.table import HostMasks, Match, Region, fill, whole_photos

__all__ = [
    "NAMES",
    "HostMasks",
    "Match",
    "Region",
    "decode",
    "fill",
    "match_regions",
    "whole_photos",
]
