"""Reading two photos and their masks, and resizing them to the working size."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float32, UInt8

from jphoto import images
from jphoto.errors import MaskError
from jphoto.images import PictureSource
from jphoto.looks import Look
from jphoto.regions import MatchedRegions, Region, match_regions, whole_photos
from jphoto.solver.pairs import Pair, working_photo


def read_pair(
    content: PictureSource,
    style: PictureSource,
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Read two photos and their masks at working size.

    Args:
      content: the content photo.
      style: the style photo.
      content_mask: see `pair_of`.
      style_mask: see `pair_of`.
      size: long side of both working pictures, in pixels.

    Returns: as `pair_of`.
    Raises: ImageError or MaskError.
    """
    pictures = [
        images.read_picture(source, role=role)
        for role, source in (("content", content), ("style", style))
    ]
    return pair_of(pictures[0], pictures[1], content_mask, style_mask, size)


def read_style(style: PictureSource | Look) -> Float32[np.ndarray, "hs ws 3"] | Look:
    """The style photo at its own size, sRGB in [0, 1]; a look is returned as it is.

    Raises: ImageError, if the photo cannot be read.
    """
    return style if isinstance(style, Look) else images.read_picture(style, role="style")


def pair_of(
    content: Float32[np.ndarray, "h w 3"],
    style: Float32[np.ndarray, "hs ws 3"],
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Resize two photos, and read their masks, at working size.

    Args:
      content: the content photo at its own size, sRGB in [0, 1].
      style: the style photo at its own size.
      content_mask: of the content photo; None, for both masks, makes the whole photos one region.
      style_mask: of the style photo.
      size: long side of both working pictures, in pixels.

    Returns: photos and masks at working size, and the table of their regions.
    Raises: ImageError, if a photo is too small; MaskError, if only one mask is given or the masks
      cannot be used.
    """
    if (content_mask is None) != (style_mask is None):
        given, missing = ("content", "style") if style_mask is None else ("style", "content")
        raise MaskError(f"only the {given} mask was given; give the {missing} mask too, or neither")
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(working_photo, style, "style", size)
        pictures = working_photo(content, "content", size), other.result()
    if content_mask is None or style_mask is None:
        match = whole_photos(pictures[0].shape[:2], pictures[1].shape[:2])
    else:
        sizes = [photo.shape[:2] for photo in (content, style)]
        match = _read_masks((content_mask, style_mask), pictures, sizes)
    pair = Pair(pictures[0], pictures[1], match.content_masks, match.style_masks)
    return pair, match.table


def content_of(
    content: Float32[np.ndarray, "h w 3"], mask: PictureSource | None, size: int
) -> tuple[Float32[np.ndarray, "h2 w2 3"], UInt8[np.ndarray, "h2 w2 3"] | None]:
    """Resize a content photo, and read its mask, at working size.

    Args:
      content: the content photo at its own size.
      mask: of the photo, if there is one.
      size: long side of the working picture, in pixels.

    Raises: ImageError, if the photo is too small; MaskError, if the mask cannot be used.
    """
    photo, own = working_photo(content, "content", size), (content.shape[0], content.shape[1])
    if mask is None:
        return photo, None
    sized = photo.shape[0], photo.shape[1]
    return photo, images.read_mask(mask, role="content mask", size=sized, picture_size=own)


def read_photo(
    source: PictureSource, role: str, size: int
) -> tuple[Float32[np.ndarray, "h w 3"], tuple[int, int]]:
    """Read a photo at working size.

    Args:
      source: of the photo.
      role: "content" or "style", for messages.
      size: long side of the working picture, in pixels.

    Returns: the photo, and the (height, width) that it had.
    Raises: ImageError, if it cannot be read or is too small.
    """
    picture = images.read_picture(source, role=role)
    return working_photo(picture, role, size), (picture.shape[0], picture.shape[1])


def _read_masks(
    sources: tuple[PictureSource, PictureSource],
    pictures: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
) -> MatchedRegions:
    masks = [
        images.read_mask(source, role=role, size=picture.shape[:2], picture_size=size)
        for source, role, picture, size in zip(
            sources, ("content mask", "style mask"), pictures, sizes, strict=True
        )
    ]
    return match_regions(masks[0], masks[1])
