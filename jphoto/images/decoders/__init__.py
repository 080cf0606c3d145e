"""Decodes photo files; the first bytes of a file decide which decoder.

`pillow` decodes most formats, `heif` HEIC and AVIF, `tiff` TIFF of any bits; `png` reads what a
file says of color and metadata, and decodes the pixels that Pillow would round to 8 bits, as
`netpbm` and `jpeg2000` do; `jpegxl` decodes JPEG XL, and `raw` develops raw photos.

A decoder takes a file at any position that can be read and sought, not necessarily one on a disk.
"""

import os
from collections.abc import Callable
from typing import BinaryIO

from jphoto.errors import ImageError
from jphoto.images.decoders import heif, jpeg2000, jpegxl, netpbm, pillow, png, raw, tiff
from jphoto.images.pixels import Pixels
from jphoto.images.source import decoding_errors, open_file

Decode = Callable[[BinaryIO, str], Pixels]

_SPECIAL = (raw, png, tiff, heif, netpbm, jpeg2000, jpegxl)


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
