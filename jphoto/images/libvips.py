"""What libvips does for us: files of more than 8 bits, and color profiles of tables.

It is loaded at the first call, keeps nothing from call to call, and may open no format whose
reader is not safe against hostile files.
"""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float32, Real, UInt16

from jphoto.errors import ImageError
from jphoto.images.pixels import Pixels, bare_exif, fractions
from jphoto.images.source import refuse_bomb
from jphoto.metadata import Metadata

_CHANNELS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "scrgb": 3, "cmyk": 4}
_WHITES = {"uchar": 2**8 - 1, "ushort": 2**16 - 1, "uint": 2**32 - 1, "float": 1, "double": 1}
_SPACES = {1: "grey16", 3: "rgb16", 4: "cmyk"}


@functools.cache
def _libvips() -> ModuleType:
    import pyvips  # type: ignore[import-untyped]

    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    logging.getLogger("pyvips").setLevel(logging.ERROR)  # its warnings come with every strip
    vips: ModuleType = pyvips
    return vips


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except _libvips().Error as cause:
        # The last line with a sentence is the latest; those before may be of other pictures.
        lines = [line for line in str(cause).splitlines() if ": " in line]
        raise ValueError(lines[-1] if lines else str(cause)) from cause


def decode(file: BufferedReader, loader: str, name: str, *, opacity: bool = True) -> Pixels:
    """Decode a file's first picture.

    Args:
      file: wherever it stands.
      loader: png, tiff or heif, the last for AVIF.
      name: how messages call it.
      opacity: whether a channel after those of color is opacity, or to be left out.

    Raises: ImageError, if its values have no clear meaning; ValueError, if it is damaged.
    """
    with _one_line_errors():
        source = _libvips().Source.new_from_descriptor(file.fileno())
        load = getattr(_libvips().Image, f"{loader}load_source")
        image = load(source, access="sequential", fail_on="error")
        refuse_bomb(image.width, image.height)
        channels = _CHANNELS.get(image.interpretation)
        if channels is None or image.format not in _WHITES:
            raise ImageError(
                f"{name} has {image.interpretation} colors in {image.format} numbers; "
                f"save it as RGB of 8 or 16 bits"
            )
        has_alpha = image.bands > channels and opacity
        kept = image.extract_band(0, n=channels + has_alpha)
        levels = kept.numpy().reshape(image.height, image.width, -1)
    if levels.dtype.kind == "f":
        levels = fractions(levels, name)
    exif, xmp, profile, orientation = (
        image.get(field) if image.get_typeof(field) else None
        for field in ("exif-data", "xmp-data", "icc-profile-data", "orientation")
    )
    metadata = Metadata(bare_exif(exif), xmp)
    return Pixels(_turned(levels, orientation or 1), _white(image), has_alpha, profile, metadata)


def _white(image: Any) -> float:
    """The level of white; AVIF's 10 and 12 bits are shifted to the upper end of 16."""
    bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else 16
    if image.format == "ushort" and bits in (10, 12):
        return float(2**16 - 2 ** (16 - bits))
    return float(_WHITES[image.format])


def _turned(levels: Real[np.ndarray, "h w c"], orientation: int) -> Real[np.ndarray, "h2 w2 c"]:
    """A view of levels that is turned as EXIF says."""
    if orientation >= 5:
        levels = levels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        levels = levels[::-1]
    if orientation in (2, 3, 6, 7):
        levels = levels[:, ::-1]
    return levels


def convert(levels: UInt16[np.ndarray, "h w c"], profile: bytes) -> Float32[np.ndarray, "h w 3"]:
    """Convert gray, RGB or CMYK levels by a profile of any kind to sRGB, rounded to 16 bits.

    Raises: ValueError, if the profile is broken.
    """
    height, width, channels = levels.shape
    vips = _libvips()
    with _one_line_errors():
        data = np.ascontiguousarray(levels)
        image = vips.Image.new_from_memory(data, width, height, channels, "ushort")
        image = image.copy(interpretation=_SPACES[channels])
        image.set_type(vips.GValue.blob_type, "icc-profile-data", profile)
        converted: np.ndarray = image.icc_transform(
            "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=16
        ).numpy()
    return converted / np.float32(65535)
