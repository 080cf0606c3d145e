"""The formats of output files: how each is written, what it can hold, and its limits.

The limits are those of the encoders, and of AVIF's decoders, which read less than is written. They
are checked before any work is done.
"""

import functools
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from jphoto.errors import ImageError
from jphoto.formats import WRITTEN
from jphoto.images.encoders import (
    QuantizedPicture,
    write_by_pillow,
    write_jpegxl,
    write_png,
    write_tiff,
)
from jphoto.images.encoders.tiff import MOST_TIFF_BYTES


class OutputFormat(NamedTuple):
    """How a file format is written, and what it can hold besides 8-bit RGB."""

    write: Callable[[BinaryIO, QuantizedPicture], None]
    sixteen_bits: bool = False
    alpha: bool = False
    gray: bool = True
    profile: bool = True
    metadata: bool = True
    """Besides the pixel density."""
    longest: int = 2**31 - 1
    """Pixels a side."""
    most_pixels: float = math.inf
    most_bytes: float = math.inf
    """Of levels, in formats without compression."""


# JPEG at full color resolution (4:4:4); WebP lossy, at the encoder's default effort.
JPEG = OutputFormat(
    functools.partial(write_by_pillow, file_format="JPEG", quality=95, subsampling=0),
    longest=65500,  # of libjpeg; the format itself has 65535
)
_PNG = OutputFormat(write_png, sixteen_bits=True, alpha=True)
TIFF = OutputFormat(write_tiff, sixteen_bits=True, alpha=True, most_bytes=MOST_TIFF_BYTES)
_WEBP = OutputFormat(
    functools.partial(write_by_pillow, file_format="WEBP", quality=95, method=4),
    alpha=True,
    gray=False,
    longest=16383,
)
# At full color resolution. Speed 8 takes a quarter of the time of Pillow's speed 6, for files 5 %
# larger; quality 90 gives half the bytes of our JPEG, with a mean error of 1.5 levels instead of
# 1.2. Sides beyond 32768 pixels are written, but libavif does not read them.
_AVIF = OutputFormat(
    functools.partial(
        write_by_pillow, file_format="AVIF", quality=90, subsampling="4:4:4", speed=8
    ),
    alpha=True,
    gray=False,
    longest=32768,
    most_pixels=2**28,
)
_BMP = OutputFormat(
    functools.partial(write_by_pillow, file_format="BMP"),
    profile=False,
    metadata=False,
    most_bytes=2**32 - 2**16,
)
_JPEG_XL = OutputFormat(write_jpegxl, sixteen_bits=True, alpha=True, profile=False)
# One for each format that the list of formats calls written.
_BY_NAME = {
    "JPEG": JPEG,
    "PNG": _PNG,
    "TIFF": TIFF,
    "WebP": _WEBP,
    "AVIF": _AVIF,
    "BMP": _BMP,
    "JPEG XL": _JPEG_XL,
}
FORMATS = {suffix: _BY_NAME[kind.name] for suffix, kind in WRITTEN.items()}


def format_of(target: Path) -> OutputFormat:
    """The format that a path's suffix names.

    Raises: ImageError, if the suffix is unknown.
    """
    if target.suffix.lower() not in FORMATS:
        found = f"the suffix {target.suffix}" if target.suffix else "no suffix"
        raise ImageError(f"output: {target} has {found}; use one of {', '.join(FORMATS)}")
    return FORMATS[target.suffix.lower()]


def check_depth(path: str | os.PathLike[str], depth: int) -> None:
    """Check that a file format has a bit depth, before any work is done.

    Args:
      path: where the picture will be written.
      depth: 8, 16, or 0 for the original's, as far as the format can hold it.

    Raises: ImageError, if the format does not have this depth, or the suffix is unknown.
    """
    target = Path(path)
    if depth not in (0, 8, 16):
        raise ImageError(f"output: a depth of {depth} bits is not possible; use 8 or 16")
    if not format_of(target).sixteen_bits and depth == 16:
        raise ImageError(f"output: {target} cannot have 16 bits; use .png or .tif, or a depth of 8")


def check_size(path: str | os.PathLike[str], shape: tuple[int, int, int], depth: int) -> None:
    """Check that a file format can hold a picture of some size, before any work is done.

    Args:
      path: where the picture will be written.
      shape: (height, width, channels) of the picture; opacity is a channel.
      depth: bits per channel; 0 for as many as the format has.

    Raises: ImageError, naming the formats that can hold it, or if the suffix is unknown.
    """
    target = Path(path)
    limit = _limit(format_of(target), shape, depth)
    if limit is None:
        return
    fitting = [suffix for suffix, other in FORMATS.items() if _limit(other, shape, depth) is None]
    advice = f"; use {', '.join(fitting)} or a smaller --out-size" if fitting else ""
    raise ImageError(
        f"output: {target} would have {shape[1]} x {shape[0]} pixels, and its format has at most "
        f"{limit}{advice}"
    )


def _limit(file_format: OutputFormat, shape: tuple[int, int, int], depth: int) -> str | None:
    """The limit of a format that a picture exceeds, in words; None if it fits."""
    height, width, channels = shape
    if depth == 16 and not file_format.sixteen_bits:
        return "8 bits"
    colors = min(channels, 3 if channels > 2 else 1)
    size = height * width * (channels if file_format.alpha else colors)
    if file_format.sixteen_bits and depth != 8:
        size *= 2
    if max(height, width) > file_format.longest:
        return f"{file_format.longest} a side"
    if height * width > file_format.most_pixels:
        return f"{file_format.most_pixels / 1e6:.0f} million"
    return "4 GB" if size > file_format.most_bytes else None
