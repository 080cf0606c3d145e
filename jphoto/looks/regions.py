"""The regions of a content photo, and the kinds of a look that each takes its style from.

With a content mask, kinds are matched by color; without one, the segmenter finds the classes that
the look has. What the look has no kind for takes what its photos have in common, as far as that is
known: nothing of a single photo's style, as with a style photo, and of many photos nearly all.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float32, UInt8

from jphoto import weights
from jphoto.arrays.tiles import ONE_PICTURE, Tiles
from jphoto.errors import LookError
from jphoto.looks.statistics import WHOLE, Group, Statistics
from jphoto.regions import LEFT, HostMasks, Region, match_regions
from jphoto.regions.labels import CLASSES
from jphoto.segmentation import automatic_regions
from jphoto.segmentation.soft_masks import soft_masks, soft_masks_at_half_size

HostPicture: TypeAlias = Float32[np.ndarray, "h w 3"]
ColorPicture: TypeAlias = UInt8[np.ndarray, "h w 3"]

_CLASS_OF_COLOR = {f"#{region.color:06x}": name for name, region in CLASSES.items()}
"""Classes by their colors in the masks of `jphoto segment`, as `match_regions` names colors."""


class Painted(NamedTuple):
    """The regions of one painted mask."""

    kinds: tuple[str, ...]
    """The class of each region, if the mask has the colors of `jphoto segment`; else its color."""
    masks: HostMasks
    shares: tuple[float, ...]


class ContentRegions(NamedTuple):
    """The regions of a content photo."""

    masks: HostMasks
    groups: tuple[Group, ...]
    """For each region, the kinds of the look that it takes its style from."""
    kinds: tuple[Group, ...]
    """For each region, what the content photo shows there."""
    table: tuple[Region, ...]
    match_confidence: float
    """See `regions.matching.SegmentMatch`; 1 of masks and of whole photos."""
    method: automatic_regions.Method | None
    """How they were found; None of painted ones."""


def painted(mask: ColorPicture) -> Painted:
    """The regions of a mask in flat colors.

    Raises: MaskError, if it is no mask.
    """
    match = match_regions(mask, mask)
    rows = [row for row in match.table if row.use == "matched"]
    kinds = tuple(_CLASS_OF_COLOR.get(row.name, row.name) for row in rows)
    return Painted(kinds, match.content_masks, tuple(row.content_share for row in rows))


def find_regions(
    photo: HostPicture,
    look: Statistics,
    regions: str,
    *,
    mask: ColorPicture | None = None,
    general: bool = False,
    quick: bool = False,
    tiles: Tiles = ONE_PICTURE,
) -> ContentRegions:
    """Find the regions of a content photo that a look has kinds for.

    Args:
      photo: at working size.
      look: that it is to get.
      regions: "auto", "labels" or "none", as in Settings.
      mask: of the photo, in flat colors, the same size.
      general: whether a photo that shows nothing the look knows takes its whole photos' style.
      quick: whether to compute masks at half the size.
      tiles: of the photo.

    Raises: LookError, if the photo shows none of the look's kinds, or kinds are asked for that it
      has not; WeightsError, if labels are asked for without the segmenter; MaskError.
    """
    if mask is not None and regions != "none":
        return _painted_regions(look, painted(mask))
    method = method_for(look, regions)
    if method == "none":
        everywhere = np.ones((1, *photo.shape[:2]), np.float32)
        table = (Region(WHOLE, 1.0, 1.0, "matched"),)
        whole = ((WHOLE,),)
        return ContentRegions(everywhere, whole, whole, table, 1.0, "none")
    known = {name: float(share) for name, share in zip(look.kinds, look.shares, strict=True)}
    found = automatic_regions.find_known(photo, known, tiles)
    if not found.match.groups and not (general and regions == "auto"):
        raise _nothing_in_common([row.name for row in found.match.table if row.content_share], look)
    return _labelled_regions(photo, look, found, quick)


def color_of(kind: str) -> int:
    """The color of a kind in masks, red * 65536 + green * 256 + blue; black of the whole photo."""
    return CLASSES[kind].color if kind in CLASSES else 0


def method_for(look: Statistics, regions: str) -> automatic_regions.Method:
    """How regions are found for a look without masks: "labels" or "none".

    Raises: LookError, if the look has no kinds for the setting.
    """
    if regions == "features":
        raise LookError(
            "a look has no parts that a photo could be clustered with; give --regions labels or "
            "none, or a style photo"
        )
    has_labels = any(kind in CLASSES for kind in look.kinds)
    if regions == "labels" and not has_labels:
        raise LookError(
            "the look has no kinds of things, only its whole photos; make it again with the "
            "segmenter installed (jphoto weights install deeplab), or give --regions none"
        )
    if regions == "auto" and not (has_labels and weights.find("deeplab")):
        return "none"
    return "none" if regions == "none" else "labels"


def _painted_regions(look: Statistics, found: Painted) -> ContentRegions:
    in_look = [kind in look.kinds for kind in found.kinds]
    if not any(in_look):
        raise _nothing_in_common(found.kinds, look)
    chosen = [n for n, known in enumerate(in_look) if known or look.common]
    groups = tuple((found.kinds[n],) if in_look[n] else (WHOLE,) for n in chosen)
    table = tuple(
        Region(kind, share, _share(look, kind), "matched" if known else _use_of_others(look))
        for kind, share, known in zip(found.kinds, found.shares, in_look, strict=True)
    )
    kinds = tuple((found.kinds[n],) for n in chosen)
    masks = _as_far_as_common(found.masks[chosen], groups, look)
    return ContentRegions(masks, groups, kinds, table, 1.0, None)


def _labelled_regions(
    photo: HostPicture, look: Statistics, found: automatic_regions.FoundRegions, quick: bool
) -> ContentRegions:
    content, match, names = found.photos[0], found.match, found.names
    matched = {k for group in match.groups for k in group}
    others = [k for k in np.unique(content.labels).tolist() if k not in matched]
    if match.groups and not look.common:
        others = []
    segments: list[Sequence[int]] = [*match.groups, *[(k,) for k in others]]
    in_look = [tuple(names[k] for k in group if names[k] in look.kinds) for group in match.groups]
    groups = (*in_look, *[(WHOLE,)] * len(others))
    kinds = tuple(tuple(names[k] for k in group if content.shares[k]) for group in segments)
    left = {names[k] for k in others}
    table = tuple(
        row._replace(use=_use_of_others(look)) if row.name in left else row for row in match.table
    )
    make = soft_masks_at_half_size if quick else soft_masks
    masks = _as_far_as_common(make(photo, content.labels, segments), groups, look)
    return ContentRegions(masks, groups, kinds, table, match.match_confidence, "labels")


def _share(look: Statistics, kind: str) -> float:
    return float(look.shares[look.kinds.index(kind)]) if kind in look.kinds else 0.0


def _use_of_others(look: Statistics) -> str:
    """How the table says a region is used that the look has no kind for."""
    return f"matched with {WHOLE}" if look.common else LEFT


def _as_far_as_common(masks: HostMasks, groups: Sequence[Group], look: Statistics) -> HostMasks:
    """The masks, those of whole photos' style reduced to what the photos have in common."""
    if all(group == (WHOLE,) for group in groups):
        return masks
    shares = [look.common if group == (WHOLE,) else 1 for group in groups]
    reduced: HostMasks = masks * np.array(shares, np.float32)[:, None, None]
    return reduced


def _nothing_in_common(kinds: Sequence[str], look: Statistics) -> LookError:
    return LookError(
        f"the photo shows {_listed(kinds)}, and the look knows only {_listed(look.kinds[:-1])}; "
        "give --regions none to take the colors of its whole photos"
    )


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(kinds) or "nothing that has a name"
