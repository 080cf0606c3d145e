"""Painted regions: which parts of two photos show the same kind of thing, read from their masks.

A mask is a picture in which each kind of thing is painted in one flat color. A color that fills
whole 3 x 3 blocks is the color of a region. Other pixels (JPEG ringing, blends from resizing, stray
pixels) belong to the region that they touch and whose color is close, otherwise to the nearest
region. So any colors may be used, even 0, 1, 2 of a clean label map.
"""

from typing import TypeAlias

import numpy as np
import scipy
from jaxtyping import Bool, Float32, Int32, UInt8

from jphoto.errors import MaskError
from jphoto.regions.table import (
    LEFT,
    SMALL_REGION_SHARE,
    HostMasks,
    LabelMap,
    MatchedRegions,
    Region,
    fill_holes,
)

ColorPicture: TypeAlias = UInt8[np.ndarray, "h w 3"]
ColorCodes: TypeAlias = Int32[np.ndarray, "h w"]
"""Colors as one number, red * 65536 + green * 256 + blue."""

SMALLEST_FLAT_SHARE = 0.0005
"""Share of a mask that a flat color must fill to be the color of a region."""
NOISE_SHARE = 0.001
"""Share of pixels in no flat color above which a mask counts as noisy, from JPEG or resizing."""
PHOTO_SHARE = 0.1
"""Share of pixels unlike every flat color above which a picture is not a mask: photos have 13 % and
more, masks after JPEG 6 % and less."""
SAME_COLOR_DISTANCE = 32.0
"""In a noisy mask, colors (0 to 255) closer than this count as one."""
SMALLEST_REGION_SHARE = 0.002
"""Share of a photo below which a region has too few pixels for a Gram matrix."""

COLOR_NAMES = {
    0x0000FF: "blue",
    0x00FF00: "green",
    0x000000: "black",
    0xFFFFFF: "white",
    0xFF0000: "red",
    0xFFFF00: "yellow",
    0x808080: "gray",
    0x00FFFF: "light blue",
    0xFF00FF: "purple",
}


def match_regions(content: ColorPicture, style: UInt8[np.ndarray, "hs ws 3"]) -> MatchedRegions:
    """Find the regions that both masks have.

    Args:
      content: the content photo's mask in flat colors, the size of that photo.
      style: the style photo's mask; the same color means the same kind of thing.

    Returns: masks of the shared regions, the largest of the content first. A region that only one
      photo has joins its neighbors if it is small; otherwise it is in no mask.
    Raises: MaskError, if a picture is not a mask or the two share no region.
    Source: Luan et al. 2017, section 3.2.
    """
    labels, colors, radius = _label(content, style)
    names = [_name(color, radius) for color in colors.tolist()]
    shares = [_shares(label, len(colors)) for label in labels]
    shared = np.flatnonzero(np.minimum(*shares) >= SMALLEST_REGION_SHARE)
    if not len(shared):
        lists = [
            ", ".join(name for name, s in zip(names, share, strict=True) if s > 0)
            for share in shares
        ]
        raise MaskError(
            f"the masks share no region: the content's has {lists[0]}; the style's has {lists[1]}; "
            "paint things of one kind in one color in both"
        )
    shared = shared[np.argsort(-shares[0][shared], kind="stable")]
    order = np.argsort(-shares[0], kind="stable").tolist()
    table = tuple(
        _row(names[k], float(shares[0][k]), float(shares[1][k]), k in shared) for k in order
    )
    masks = [_masks(label, share, shared) for label, share in zip(labels, shares, strict=True)]
    return MatchedRegions(masks[0], masks[1], table)


def _label(*masks: np.ndarray) -> tuple[list[np.ndarray], Int32[np.ndarray, "n"], float]:
    """Number the regions of two masks.

    Returns: the label map of each mask, the color of each region as one number, and the distance
      within which colors count as the same: 0 for clean masks.
    """
    codes = [_encode(mask) for mask in masks]
    flat = [_flat(code) for code in codes]
    flat_colors = [_flat_colors(code, solid) for code, solid in zip(codes, flat, strict=True)]
    noise = [
        1 - np.isin(code, list(colors)).mean()
        for code, colors in zip(codes, flat_colors, strict=True)
    ]
    for role, code, colors in zip(("content", "style"), codes, flat_colors, strict=True):
        unlike = _share_unlike(code, colors)
        if unlike > PHOTO_SHARE:
            raise MaskError(
                f"the {role} mask is no mask: {unlike:.0%} of it is unlike any flat color in it; "
                "paint each kind of thing in one color"
            )
    radius = SAME_COLOR_DISTANCE if max(noise) > NOISE_SHARE else 0.0
    centers, regions = _merge(flat_colors, radius)
    labels = [
        _assign(code, solid, regions, centers, radius)
        for code, solid in zip(codes, flat, strict=True)
    ]
    return labels, centers, radius


def _encode(picture: ColorPicture) -> ColorCodes:
    red, green, blue = np.moveaxis(picture.astype(np.int32), -1, 0)
    codes: ColorCodes = red << 16 | green << 8 | blue
    return codes


def decode_colors(codes: Int32[np.ndarray, "*n"]) -> Float32[np.ndarray, "*n 3"]:
    """Red, green and blue, 0 to 255, of colors given as one number.

    Args:
      codes: red * 65536 + green * 256 + blue.
    """
    return np.stack([codes >> 16 & 255, codes >> 8 & 255, codes & 255], -1).astype(np.float32)


def _flat(codes: ColorCodes) -> Bool[np.ndarray, "h w"]:
    """Pixels whose whole 3 x 3 block has one color."""
    least, most = scipy.ndimage.minimum_filter(codes, 3), scipy.ndimage.maximum_filter(codes, 3)
    same: Bool[np.ndarray, "h w"] = least == most
    return same


def _flat_colors(codes: ColorCodes, flat: Bool[np.ndarray, "h w"]) -> dict[int, int]:
    """The colors that fill enough of a mask, with the number of their flat pixels."""
    values, counts = np.unique(codes[flat], return_counts=True)
    enough = counts >= SMALLEST_FLAT_SHARE * codes.size
    return dict(zip(values[enough].tolist(), counts[enough].tolist(), strict=True))


def _share_unlike(codes: ColorCodes, colors: dict[int, int]) -> float:
    """Share of pixels whose color is not close to any flat color."""
    unique_codes, counts = np.unique(codes, return_counts=True)
    values, centers = decode_colors(unique_codes), decode_colors(np.array(list(colors), np.int32))
    close = np.zeros(len(values), np.bool_)
    for center in centers:
        close |= np.linalg.norm(values - center, axis=-1) < SAME_COLOR_DISTANCE
    return float(counts[~close].sum() / codes.size)


def _merge(
    flat_colors: list[dict[int, int]], radius: float
) -> tuple[Int32[np.ndarray, "n"], dict[int, int]]:
    """Merge flat colors that are closer than the radius into regions.

    Returns: the most frequent color of each region, and the region of each flat color.
    """
    total = {
        color: sum(colors.get(color, 0) for colors in flat_colors)
        for color in set(flat_colors[0]) | set(flat_colors[1])
    }
    centers: list[int] = []
    regions: dict[int, int] = {}
    for color in sorted(total, key=lambda color: (-total[color], color)):
        distances = np.linalg.norm(
            decode_colors(np.array(centers, np.int32)) - decode_colors(np.array(color, np.int32)),
            axis=-1,
        )
        if centers and distances.min() < radius:
            regions[color] = int(distances.argmin())
        else:
            regions[color] = len(centers)
            centers.append(color)
    return np.array(centers, np.int32), regions


def _assign(
    codes: ColorCodes,
    flat: Bool[np.ndarray, "h w"],
    regions: dict[int, int],
    centers: Int32[np.ndarray, "n"],
    radius: float,
) -> LabelMap:
    """Label each pixel by its color if it is connected to a flat part of that region, otherwise
    with the nearest region.
    """
    values, inverse = np.unique(codes, return_inverse=True)
    distances = np.linalg.norm(decode_colors(values)[:, None] - decode_colors(centers), axis=-1)
    by_color = np.where(distances.min(1) < radius, distances.argmin(1), -1)
    for color, region in regions.items():
        by_color[values == color] = region
    labels = by_color[inverse.reshape(codes.shape)].astype(np.int32)
    core = flat & (labels >= 0)
    for label in range(len(centers)):
        pieces, _ = scipy.ndimage.label(labels == label, np.ones((3, 3)))
        pieces_with_core = np.unique(pieces[core & (labels == label)])
        labels[(pieces > 0) & ~np.isin(pieces, pieces_with_core)] = -1
    return fill_holes(labels, labels < 0)


def _masks(labels: LabelMap, shares: Float32[np.ndarray, "n"], shared: np.ndarray) -> HostMasks:
    """Masks of the shared regions; other regions join their neighbors if they are small."""
    other = ~np.isin(labels, shared)
    small = other & (shares[labels] < SMALL_REGION_SHARE)
    labels = fill_holes(np.where(other, -1, labels), small)
    masks: HostMasks = (labels == shared[:, None, None]).astype(np.float32)
    return masks


def _shares(labels: LabelMap, regions: int) -> Float32[np.ndarray, "n"]:
    counts = np.bincount(labels.ravel(), minlength=regions)
    return (counts / labels.size).astype(np.float32)


def _row(name: str, content: float, style: float, shared: bool) -> Region:
    if shared:
        use = "matched"
    elif content == 0:
        use = "not used" if style >= SMALL_REGION_SHARE else "joined to its neighbors"
    else:
        large = content >= SMALL_REGION_SHARE
        use = LEFT if large else "joined to its neighbors"
    return Region(name, content, style, use)


def _name(color: int, radius: float) -> str:
    """The name of a color, or of a named color within the radius; otherwise its number."""
    if color in COLOR_NAMES:
        return COLOR_NAMES[color]
    named = np.array(list(COLOR_NAMES), np.int32)
    distances = np.linalg.norm(
        decode_colors(named) - decode_colors(np.array(color, np.int32)), axis=-1
    )
    if distances.min() < radius:
        return COLOR_NAMES[int(named[distances.argmin()])]
    return f"#{color:06x}"
