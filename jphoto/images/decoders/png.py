"""Decodes PNG files of 16 bits, except for gray alone, by libvips; Pillow rounds them to 8 bits."""

import struct
from typing import BinaryIO

from jphoto.images import libvips
from jphoto.images.pixels import Pixels
from jphoto.metadata import Density, declared_density

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METERS_PER_INCH = 0.0254


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(_SIGNATURE) and head[24:25] == b"\x10" and head[25:26] != b"\0"


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file. Raises: ValueError, if it is damaged; ImageError, see `libvips.decode`."""
    pixels = libvips.decode(file, "png", name)
    return pixels._replace(metadata=pixels.metadata._replace(density=read_density(file)))


def read_density(file: BinaryIO) -> Density | None:
    """Read the density in a PNG's pHYs; None if there is none.

    libvips says 72 pixels per inch instead.
    """
    at, chunk = len(_SIGNATURE), struct.Struct(">I4sII?")
    while file.seek(at) and len(head := file.read(chunk.size)) == chunk.size:
        size, name, across, down, is_per_meter = chunk.unpack(head)
        if name == b"pHYs" and is_per_meter:
            return declared_density(*(_METERS_PER_INCH * side for side in (across, down)))
        if name in (b"pHYs", b"IDAT"):
            break
        at += 12 + size
    return None
