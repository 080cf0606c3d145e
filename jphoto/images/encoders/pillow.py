"""Encodes JPEG, WebP, AVIF and BMP files by Pillow."""

import struct
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from jphoto.images.encoders.quantization import QuantizedPicture
from jphoto.metadata import iptc


def write_by_pillow(
    file: BinaryIO, picture: QuantizedPicture, *, file_format: str, **options: Any
) -> None:
    """Write an 8-bit picture as JPEG, WebP, AVIF or BMP.

    Args:
      file: open for writing.
      picture: with 8-bit levels.
      file_format: "JPEG", "WEBP", "AVIF" or "BMP".
      options: of Pillow's `save` for the format.

    Raises: ValueError, if metadata are too long for the format.
    """
    levels = np.empty(picture.shape, np.uint8)
    top = 0
    for strip in picture.strips:
        levels[top : top + len(strip)] = strip
        top += len(strip)
    if picture.metadata.exif:
        options["exif"] = b"Exif\0\0" + picture.metadata.exif
    if picture.metadata.xmp:
        options["xmp"] = picture.metadata.xmp
    if picture.metadata.iptc:
        options["extra"] = _jpeg_segment(0xED, iptc.for_jpeg(picture.metadata.iptc))  # APP13
    if picture.metadata.density:
        options["dpi"] = tuple(map(round, picture.metadata.density))
    image = Image.fromarray(levels if picture.shape[2] > 1 else levels[..., 0])
    image.save(file, format=file_format, icc_profile=picture.profile, **options)


def _jpeg_segment(marker: int, data: bytes) -> bytes:
    if len(data) > 2**16 - 3:
        raise ValueError(f"IPTC metadata of {len(data)} bytes are too long")
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data
