"""Two photos and their masks, brought to the size at which they are solved."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from jphoto import images
from jphoto.errors import ImageError, MaskError
from jphoto.images import PictureSource
from jphoto.regions import Match, Region, match_regions, whole_photos
from jphoto.solver.pairs import Pair

SMALLEST_SIDE = 32
"""Pixels: what leaves 2 x 2 features at the network's deepest style layer."""


def read_pair(
    content: PictureSource,
    style: PictureSource,
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Photos and masks read and brought to working size, as `pair_of` has it."""
    pictures = (
        images.read_picture(content, role="content"),
        images.read_picture(style, role="style"),
    )
    return pair_of(*pictures, content_mask, style_mask, size)


def pair_of(
    content: Float32[np.ndarray, "h w 3"],
    style: Float32[np.ndarray, "hs ws 3"],
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Photos and masks at working size, and the table of their regions.

    Args:
      size: long side of both working pictures, in pixels.

    Raises: ImageError or MaskError.
    """
    if (content_mask is None) != (style_mask is None):
        given, missing = ("content", "style") if style_mask is None else ("style", "content")
        raise MaskError(f"only the {given} mask was given; give the {missing} mask too, or neither")
    pictures = reduced_photo(content, "content", size), reduced_photo(style, "style", size)
    if content_mask is None or style_mask is None:
        match = whole_photos(pictures[0].shape[:2], pictures[1].shape[:2])
    else:
        sizes = [photo.shape[:2] for photo in (content, style)]
        match = _read_masks((content_mask, style_mask), pictures, sizes)
    pair = Pair(pictures[0], pictures[1], match.content_masks, match.style_masks)
    return pair, match.table


def read_photo(
    source: PictureSource, role: str, size: int
) -> tuple[Float32[np.ndarray, "h w 3"], tuple[int, int]]:
    """A photo at working size, see `reduced_photo`, and its own (height, width)."""
    picture = images.read_picture(source, role=role)
    return reduced_photo(picture, role, size), (picture.shape[0], picture.shape[1])


def reduced_photo(
    picture: Float32[np.ndarray, "h w 3"], role: str, size: int
) -> Float32[np.ndarray, "h2 w2 3"]:
    """A photo at working size.

    Args:
      picture: at its own size.
      role: of the photo, for messages.
      size: long side of the working picture, in pixels.

    Raises: ImageError, if it is less than the network can take.
    """
    height, width = images.working_size(picture.shape[:2], size)
    if min(height, width) < SMALLEST_SIDE:
        before = f"{picture.shape[1]} x {picture.shape[0]}"
        shrunk = (
            "" if (height, width) == picture.shape[:2] else f", {width} x {height} at size {size}"
        )
        raise ImageError(
            f"{role}: the photo is {before} pixels{shrunk}; the network needs at least "
            f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
        )
    return images.resize(picture, (height, width))


def _read_masks(
    sources: tuple[PictureSource, PictureSource],
    pictures: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
) -> Match:
    masks = [
        images.read_mask(source, role=role, size=picture.shape[:2], picture_size=size)
        for source, role, picture, size in zip(
            sources, ("content mask", "style mask"), pictures, sizes, strict=True
        )
    ]
    return match_regions(masks[0], masks[1])
