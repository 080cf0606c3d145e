"""Regions: the parts of photos, and which parts of two photos show the same kind of thing.

`painted` reads them from a pair of painted masks. Without masks, `labels` groups the segmenter's
classes into region classes, `clusters` finds parts that two photos have in common in the features
of VGG, `colors` corrects both by the colors of the pixels, `similarity` compares segments by VGG
features, `matching` decides which segments of two photos form a region, and `borders` turns regions
on a coarse grid into soft masks that follow the photo's edges. `table` has what both ways return:
masks in the same order for both photos, and one row of a table for each region.

Arrays in, arrays out: reading photos and running networks is the job of `jphoto.pipeline`.
"""

from jphoto.regions.painted import COLOR_NAMES, decode_colors, match_regions
from jphoto.regions.table import LEFT, HostMasks, MatchedRegions, Region, fill_holes, whole_photos

__all__ = [
    "COLOR_NAMES",
    "LEFT",
    "HostMasks",
    "MatchedRegions",
    "Region",
    "decode_colors",
    "fill_holes",
    "match_regions",
    "whole_photos",
]
