"""Decodes photo files; the first bytes of a file decide which decoder.

`pillow` decodes most formats, `heif` HEIC and AVIF, `tiff` TIFF of any bits; `png` reads what a
file says of color and metadata, and decodes the pixels that Pillow would round to 8 bits; `raw`
develops raw photos.

A decoder takes a file at any position that can be read and sought, not necessarily one on a disk.
"""

import os

from jphoto.errors import ImageError
from jphoto.images.decoders import heif, pillow, png, raw, tiff
from jphoto.images.pixels import Pixels
from jphoto.images.source import decoding_errors, open_file


def decode_file(path: str | os.PathLike[str], name: str) -> Pixels:
    """Decode the first picture of a file and read its metadata.

    Args:
      path: of the file.
      name: of the source in messages.

    Returns: the photo, upright.
    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(path, name, ImageError) as file, decoding_errors(name, ImageError):
        head = file.peek(64)
        decode = next((d.decode for d in (raw, png, tiff, heif) if d.decodes(head)), pillow.decode)
        return decode(file, name)
