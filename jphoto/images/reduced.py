"""Reduced copies of photos for a screen, read fast: JPEG decodes to a half or a quarter by itself.

A reduced copy is for looking and for first looks. What is computed from a photo for its result is
read by `read_original`, whatever its size.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageCms

from jphoto.errors import ImageError
from jphoto.images.decoders.loading import decoding_errors, open_quietly
from jphoto.images.limits import refuse_too_large
from jphoto.images.original import Original, read_original, srgb_on_white
from jphoto.images.sizes import resize, working_size
from jphoto.images.source import open_file, source_name

LEAST_REDUCTION = 2
"""A picture is averaged over blocks of this many pixels a side or more, before the Lanczos filter,
as soon as it is so many times larger: good enough for a screen, in a fifth of the time."""


class Reduced(NamedTuple):
    """A reduced copy of a photo, and what its file is."""

    picture: Float32[np.ndarray, "h w 3"]
    """sRGB in [0, 1], blended on white."""
    size: tuple[int, int]
    """Height and width of the photo itself, upright."""
    depth: int
    """Bits per channel, see `Original`."""
    profile: str | None
    """The name of the color profile; None for sRGB."""


def read_reduced(path: Path, *, role: str, long_side: int) -> Reduced:
    """Read a photo and reduce it.

    Args:
      path: of the file.
      role: "content" or "style", for messages.
      long_side: of the reduced copy, in pixels; a smaller photo keeps its size.

    Raises: ImageError, as `read_original`.
    """
    original, size = _read(path, role, long_side)
    picture = srgb_on_white(original)
    goal = working_size(size, long_side)
    factor = min(picture.shape[0] // goal[0], picture.shape[1] // goal[1])
    if factor >= LEAST_REDUCTION:
        picture = _averaged(picture, factor)
    name = None if original.profile is None else _profile_name(original.profile)
    return Reduced(resize(picture, goal), size, original.depth, name)


def _read(path: Path, role: str, long_side: int) -> tuple[Original, tuple[int, int]]:
    """A photo, reduced by its decoder if that can, and the size that it has without that."""
    name = source_name(path, role)
    with open_file(path, name) as file, decoding_errors(name):
        jpeg = file.peek(3)[:3] == b"\xff\xd8\xff"
        if jpeg:
            try:
                return _read_draft(open_quietly(file), role, long_side)
            except (ImageError, OSError):
                pass  # of 12 bits, lossless or damaged
    original = read_original(path, role=role)
    return original, (original.picture.shape[0], original.picture.shape[1])


def _read_draft(image: Image.Image, role: str, long_side: int) -> tuple[Original, tuple[int, int]]:
    width, height = image.size
    refuse_too_large(width, height)
    goal = working_size((height, width), long_side)
    image.draft(None, (goal[1], goal[0]))
    drafted = image.size
    original = read_original(image, role=role)
    turned = original.picture.shape[1::-1] != drafted
    return original, (width, height) if turned else (height, width)


def _averaged(picture: Float32[np.ndarray, "h w 3"], factor: int) -> Float32[np.ndarray, "_ _ 3"]:
    """The means of blocks of pixels."""
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(plane)).reduce(factor))
        for plane in np.moveaxis(picture, 2, 0)
    ]
    return np.stack(planes, axis=-1)


def _profile_name(profile: bytes) -> str | None:
    try:
        described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (OSError, ImageCms.PyCMSError):
        return None
    return " ".join(described.split()) or None
