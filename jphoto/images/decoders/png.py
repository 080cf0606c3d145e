"""Decodes PNG files of 16 bits, except for gray alone, by libvips; Pillow rounds them to 8 bits."""

from typing import BinaryIO

from jphoto.images import libvips
from jphoto.images.pixels import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(_SIGNATURE) and head[24:25] == b"\x10" and head[25:26] != b"\0"


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file. Raises: ValueError, if it is damaged; ImageError, see `libvips.decode`."""
    return libvips.decode(file, "png", name)
