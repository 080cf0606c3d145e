"""Decodes photo files; the first bytes of a file decide which decoder.

`pillow` decodes most formats, `heif` HEIC and AVIF, `tiff` TIFF of any bits; `png` reads what a
file says of color and metadata, and decodes the pixels that Pillow would round to 8 bits, as
`jpeg`, `netpbm` and `jpeg2000` do; `jpegxl` decodes JPEG XL, and `raw` develops raw photos.

A decoder takes a file at any position that can be read and sought, not necessarily one on a disk.
"""

from jphoto.images.decoders import heif, jpeg, jpeg2000, jpegxl, netpbm, pillow, png, raw, tiff
from jphoto.images.decoders.loading import decoding_errors
from jphoto.images.pixels import Pixels
from jphoto.images.source import FileSource, open_file

_DECODERS = (raw, jpeg, png, tiff, heif, netpbm, jpeg2000, jpegxl)


def decode_file(source: FileSource, name: str) -> Pixels:
    """Decode the first picture of a file and read its metadata.

    Args:
      source: path of the file, or the file in memory.
      name: of the source in messages.

    Returns: the photo, upright.
    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(source, name) as file, decoding_errors(name):
        head = file.peek(64)
        decode = next((d.decode for d in _DECODERS if d.decodes(head)), pillow.decode)
        return decode(file, name)
