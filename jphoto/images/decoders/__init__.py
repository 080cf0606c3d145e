"""Decodes photo files; the first bytes of a file decide which decoder.

`pillow` decodes most formats, `png`, `tiff`, `netpbm` and `jpeg2000` the files that Pillow would
round to 8 bits, `heif` HEIC and AVIF, `jpegxl` JPEG XL. Pillow decodes 8-bit photos of 24
megapixels in 0.4 s (JPEG) and 0.9 s (PNG), libvips in 0.3 s and 0.4 s: too small a gain for two
decoders of the same files.

A decoder takes a file at any position that can be read and sought, not necessarily one on a disk.
"""

import os
from collections.abc import Callable
from typing import BinaryIO

from jphoto.errors import ImageError
from jphoto.images.decoders import heif, jpeg2000, jpegxl, netpbm, pillow, png, tiff
from jphoto.images.pixels import Pixels
from jphoto.images.source import decoding_errors, open_file

Decode = Callable[[BinaryIO, str], Pixels]

_SPECIAL = (png, tiff, heif, netpbm, jpeg2000, jpegxl)


def decode_file(path: str | os.PathLike[str], name: str) -> Pixels:
    """Decode the first picture of a file and read its metadata.

    Args:
      path: of the file.
      name: of the source in messages.

    Returns: the photo, upright.
    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(path, name, ImageError) as file, decoding_errors(name, ImageError):
        decode = special_decoder(file.peek(64)) or pillow.decode
        return decode(file, name)


def special_decoder(head: bytes) -> Decode | None:
    """Choose the decoder of a file that begins with these bytes; None for Pillow."""
    return next((decoder.decode for decoder in _SPECIAL if decoder.decodes(head)), None)
