"""Regions as painted: which parts of two photos are the same kind of thing, read from their masks.

A mask is a picture in which each kind of thing is painted in one flat color. What is flat, filling
whole 3 x 3 blocks, is a region's color; what is not (JPEG ringing, blends from resizing, stray
pixels) belongs to the region that its color is close to and that it touches, else to the nearest
one. So the colors themselves are free, and a clean label map may use 0, 1, 2.
"""

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy import ndimage

from jphoto.errors import MaskError
from jphoto.regions.table import SCRAP, Codes, HostMasks, Match, Region, fill

ColorPicture: TypeAlias = UInt8[np.ndarray, "h w 3"]

SMALLEST_FLAT_AREA = 0.0005
"""Share of a mask that must be flat in a color for that color to be a region's."""
NOISE_SHARE = 0.001
"""With more pixels than this off every flat color, a mask has been through JPEG or resizing."""
PHOTO_SHARE = 0.1
"""With more pixels than this unlike every flat color, a mask is no mask: photos have 13 % and more,
masks after JPEG 6 % and less."""
SAME_COLOR = 32.0
"""In a noisy mask, colors (0 to 255) closer than this are one."""
SMALLEST_REGION = 0.002
"""Share of a photo below which a Gram matrix would rest on too few pixels."""

NAMES = {
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


def match_regions(content: ColorPicture, style: UInt8[np.ndarray, "hs ws 3"]) -> Match:
    """The regions that both masks have.

    Args:
      content: the content photo's mask in flat colors, the size of that photo.
      style: the style photo's mask; the same color means the same kind of thing.

    Returns: masks of the shared regions, the largest first. A region that only one photo has joins
      its neighbors when it is a scrap; otherwise it is in no mask.
    Raises: MaskError, when a mask is no mask or the two share no region.
    Source: Luan et al. 2017, section 3.2.
    """
    labels, colors, radius = _label(content, style)
    names = [_name(color, radius) for color in colors.tolist()]
    shares = [_shares(label, len(colors)) for label in labels]
    shared = np.flatnonzero(np.minimum(*shares) >= SMALLEST_REGION)
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
    return Match(masks[0], masks[1], table)


def _label(*masks: np.ndarray) -> tuple[list[np.ndarray], Int32[np.ndarray, "n"], float]:
    """Each pixel's region in either mask, the regions' colors, and how far colors may stray."""
    codes = [_encode(mask) for mask in masks]
    flat = [_flat(code) for code in codes]
    found = [_flat_colors(code, solid) for code, solid in zip(codes, flat, strict=True)]
    stray = [
        1 - np.isin(code, list(colors)).mean() for code, colors in zip(codes, found, strict=True)
    ]
    for role, code, colors in zip(("content", "style"), codes, found, strict=True):
        far = _far_share(code, colors)
        if far > PHOTO_SHARE:
            raise MaskError(
                f"the {role} mask is no mask: {far:.0%} of it is unlike any flat color in it; "
                "paint each kind of thing in one color"
            )
    radius = SAME_COLOR if max(stray) > NOISE_SHARE else 0.0
    centers, home = _merge(found, radius)
    labels = [
        _assign(code, solid, home, centers, radius) for code, solid in zip(codes, flat, strict=True)
    ]
    return labels, centers, radius


def _encode(picture: ColorPicture) -> Codes:
    red, green, blue = np.moveaxis(picture.astype(np.int32), -1, 0)
    codes: Codes = red << 16 | green << 8 | blue
    return codes


def decode(codes: Int32[np.ndarray, "*n"]) -> Float32[np.ndarray, "*n 3"]:
    """Red, green and blue, 0 to 255, of colors as one number."""
    return np.stack([codes >> 16 & 255, codes >> 8 & 255, codes & 255], -1).astype(np.float32)


def _flat(codes: Codes) -> Bool[np.ndarray, "h w"]:
    """Pixels whose whole 3 x 3 block has one color."""
    same: Bool[np.ndarray, "h w"] = ndimage.maximum_filter(codes, 3) == ndimage.minimum_filter(
        codes, 3
    )
    return same


def _flat_colors(codes: Codes, flat: Bool[np.ndarray, "h w"]) -> dict[int, int]:
    """The colors that fill a fair part of a mask, with the number of their pixels."""
    values, counts = np.unique(codes[flat], return_counts=True)
    enough = counts >= SMALLEST_FLAT_AREA * codes.size
    return dict(zip(values[enough].tolist(), counts[enough].tolist(), strict=True))


def _far_share(codes: Codes, colors: dict[int, int]) -> float:
    """Share of pixels whose color is not close to any flat one."""
    codes_found, counts = np.unique(codes, return_counts=True)
    values, centers = decode(codes_found), decode(np.array(list(colors), np.int32))
    near = np.zeros(len(values), np.bool_)
    for center in centers:
        near |= np.linalg.norm(values - center, axis=-1) < SAME_COLOR
    return float(counts[~near].sum() / codes.size)


def _merge(
    found: list[dict[int, int]], radius: float
) -> tuple[Int32[np.ndarray, "n"], dict[int, int]]:
    """One center for all colors closer than the radius; the commonest color is the center."""
    total = {color: sum(f.get(color, 0) for f in found) for color in set(found[0]) | set(found[1])}
    centers: list[int] = []
    home: dict[int, int] = {}
    for color in sorted(total, key=lambda color: (-total[color], color)):
        distances = np.linalg.norm(
            decode(np.array(centers, np.int32)) - decode(np.array(color, np.int32)), axis=-1
        )
        if centers and distances.min() < radius:
            home[color] = int(distances.argmin())
        else:
            home[color] = len(centers)
            centers.append(color)
    return np.array(centers, np.int32), home


def _assign(
    codes: Codes,
    flat: Bool[np.ndarray, "h w"],
    home: dict[int, int],
    centers: Int32[np.ndarray, "n"],
    radius: float,
) -> Codes:
    """Labels by color where a pixel hangs together with its region's flat part, else by place."""
    values, inverse = np.unique(codes, return_inverse=True)
    distances = np.linalg.norm(decode(values)[:, None] - decode(centers), axis=-1)
    by_color = np.where(distances.min(1) < radius, distances.argmin(1), -1)
    for color, label in home.items():
        by_color[values == color] = label
    labels = by_color[inverse.reshape(codes.shape)].astype(np.int32)
    core = flat & (labels >= 0)
    for label in range(len(centers)):
        pieces, _ = ndimage.label(labels == label, np.ones((3, 3)))
        rooted = np.unique(pieces[core & (labels == label)])
        labels[(pieces > 0) & ~np.isin(pieces, rooted)] = -1
    return fill(labels, labels < 0)


def _masks(labels: Codes, shares: Float32[np.ndarray, "n"], shared: np.ndarray) -> HostMasks:
    """Masks of the shared regions, scraps of the others given to their neighbors."""
    other = ~np.isin(labels, shared)
    labels = fill(np.where(other, -1, labels), other & (shares[labels] < SCRAP))
    masks: HostMasks = (labels == shared[:, None, None]).astype(np.float32)
    return masks


def _shares(labels: Codes, regions: int) -> Float32[np.ndarray, "n"]:
    counts = np.bincount(labels.ravel(), minlength=regions)
    return (counts / labels.size).astype(np.float32)


def _row(name: str, content: float, style: float, shared: bool) -> Region:
    if shared:
        use = "matched"
    elif content == 0:
        use = "not used" if style >= SCRAP else "joined to its neighbors"
    else:
        use = "left to content and photorealism" if content >= SCRAP else "joined to its neighbors"
    return Region(name, content, style, use)


def _name(color: int, radius: float) -> str:
    """The word for a color, or for one that noise may have made of it; else its number."""
    if color in NAMES:
        return NAMES[color]
    known = np.array(list(NAMES), np.int32)
    distances = np.linalg.norm(decode(known) - decode(np.array(color, np.int32)), axis=-1)
    if distances.min() < radius:
        return NAMES[int(known[distances.argmin()])]
    return f"#{color:06x}"
