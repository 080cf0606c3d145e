"""Encodes JPEG XL files by imagecodecs (libjxl); EXIF and XMP are boxes that follow the picture.

imagecodecs writes no ICC profile: its files are sRGB, those of 8 bits with its curve, those of 16
linear. pylibjxl writes profiles, but 8 bits only.

Source: ISO/IEC 18181-2.
"""

import struct
from typing import BinaryIO

import numpy as np

from jphoto.images.color import srgb
from jphoto.images.encoders.quantization import QuantizedPicture

_DISTANCE = 0.5
"""From the original, in just noticeable differences of libjxl: about as JPEG at quality 95."""
_EFFORT = 4
"""Of 1 to 9; higher ones take several times as long for files that are hardly smaller."""


def write_jpegxl(file: BinaryIO, picture: QuantizedPicture) -> None:
    """Write a picture of sRGB colors as JPEG XL.

    Args:
      file: open for writing.
      picture: its profile is not written: the file says sRGB by itself.
    """
    from imagecodecs import jpegxl_encode

    levels = np.empty(picture.shape, np.uint8 if picture.depth == 8 else np.uint16)
    colors = picture.shape[2] - (picture.shape[2] in (2, 4))
    top = 0
    for strip in picture.strips:
        rows = levels[top : top + len(strip)]
        rows[...] = strip
        if picture.depth == 16:
            light = srgb.decode(strip[..., :colors] / np.float32(65535))
            rows[..., :colors] = np.rint(light * 65535)
        top += len(strip)
    if picture.shape[2] == 1:
        levels = levels[..., 0]
    file.write(jpegxl_encode(levels, distance=_DISTANCE, effort=_EFFORT, usecontainer=True))
    if picture.metadata.exif:
        _write_box(file, b"Exif", struct.pack(">I", 0) + picture.metadata.exif)
    if picture.metadata.xmp:
        _write_box(file, b"xml ", picture.metadata.xmp)


def _write_box(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I4s", 8 + len(content), kind) + content)
