"""Uses libvips to decode files of more than 8 bits and to convert by LUT-based color profiles.

The library is loaded at the first call, caches nothing between calls, and opens only formats whose
decoders it calls safe for untrusted files.
"""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Float32, UInt16

from jphoto.errors import ImageError
from jphoto.images.pixels import Pixels, checked_floats, strip_exif_prefix, turned
from jphoto.images.source import refuse_decompression_bomb
from jphoto.metadata import Metadata

# By libvips' names: color channels of an interpretation, the level of white of a number format.
_COLOR_CHANNELS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "scrgb": 3, "cmyk": 4}
_WHITE_LEVELS = {"uchar": 2**8 - 1, "ushort": 2**16 - 1, "uint": 2**32 - 1, "float": 1, "double": 1}
_INTERPRETATIONS = {1: "grey16", 3: "rgb16", 4: "cmyk"}


@functools.cache
def _libvips() -> ModuleType:
    import pyvips  # type: ignore[import-untyped]

    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    logging.getLogger("pyvips").setLevel(logging.ERROR)  # it repeats its warnings for every strip
    vips: ModuleType = pyvips
    return vips


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn errors of libvips into ValueError with a message of one line."""
    try:
        yield
    except _libvips().Error as cause:
        # The last line with a sentence is the latest error; earlier ones may be of other pictures.
        lines = [line for line in str(cause).splitlines() if ": " in line]
        raise ValueError(lines[-1] if lines else str(cause)) from cause


def decode(file: BinaryIO, loader: str, name: str, *, opacity: bool = True) -> Pixels:
    """Decode the first picture of a file.

    Args:
      file: at any position.
      loader: "png", "tiff" or "heif"; the last one for AVIF.
      name: of the source in messages.
      opacity: whether a channel after the color channels is opacity; otherwise it is left out.

    Raises: ImageError, if its values have no clear meaning; ValueError, if it is damaged.
    """
    with _one_line_errors():
        file.seek(0)
        source = _libvips().Source.new_from_memory(file.read())
        load = getattr(_libvips().Image, f"{loader}load_source")
        image = load(source, access="sequential", fail_on="error")
        refuse_decompression_bomb(image.width, image.height)
        channels = _COLOR_CHANNELS.get(image.interpretation)
        if channels is None or image.format not in _WHITE_LEVELS:
            raise ImageError(
                f"{name} has {image.interpretation} colors in {image.format} numbers; "
                f"save it as RGB of 8 or 16 bits"
            )
        has_alpha = image.bands > channels and opacity
        bands = image.extract_band(0, n=channels + has_alpha)
        levels = bands.numpy().reshape(image.height, image.width, -1)
    if levels.dtype.kind == "f":
        levels = checked_floats(levels, name)
    exif, xmp, profile, orientation = (
        image.get(field) if image.get_typeof(field) else None
        for field in ("exif-data", "xmp-data", "icc-profile-data", "orientation")
    )
    metadata = Metadata(strip_exif_prefix(exif), xmp)
    levels = turned(levels, orientation or 1)
    return Pixels(levels, _white_level(image), has_alpha, profile, metadata=metadata)


def _white_level(image: Any) -> float:
    """Return the level of white; the 10 or 12 bits of AVIF are the upper bits of 16."""
    bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else 16
    if image.format == "ushort" and bits in (10, 12):
        return float(2**16 - 2 ** (16 - bits))
    return float(_WHITE_LEVELS[image.format])


def convert_to_srgb(
    levels: UInt16[np.ndarray, "h w c"], profile: bytes
) -> Float32[np.ndarray, "h w 3"]:
    """Convert gray, RGB or CMYK levels to sRGB, which libvips rounds to 16 bits.

    Args:
      levels: 65535 is white, or full ink.
      profile: an ICC profile of any type, for these channels.

    Returns: sRGB values in [0, 1].
    Raises: ValueError, if the profile is broken.
    """
    height, width, channels = levels.shape
    vips = _libvips()
    with _one_line_errors():
        data = np.ascontiguousarray(levels)
        image = vips.Image.new_from_memory(data, width, height, channels, "ushort")
        image = image.copy(interpretation=_INTERPRETATIONS[channels])
        image.set_type(vips.GValue.blob_type, "icc-profile-data", profile)
        converted: np.ndarray = image.icc_transform(
            "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=16
        ).numpy()
    return converted / np.float32(65535)
