"""Decodes photo files; the first bytes of a file decide which decoder.

`pillow` decodes most formats, `png` and `tiff` the files that Pillow would round to 8 bits, `heif`
HEIC and AVIF. Pillow decodes 8-bit photos of 24 megapixels in 0.4 s (JPEG) and 0.9 s (PNG), libvips
in 0.3 s and 0.4 s: too small a gain for two decoders of the same files.

A decoder takes a file at any position that can be read and sought, not necessarily one on a disk.
"""

from jphoto.errors import ImageError
from jphoto.images.decoders import heif, pillow, png, tiff
from jphoto.images.pixels import Pixels
from jphoto.images.source import FileSource, decoding_errors, open_file


def decode_file(source: FileSource, name: str) -> Pixels:
    """Decode the first picture of a file and read its metadata.

    Args:
      source: path of the file, or the file in memory.
      name: of the source in messages.

    Returns: the photo, upright.
    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(source, name, ImageError) as file, decoding_errors(name, ImageError):
        head = file.peek(64)
        decode = next((d.decode for d in (png, tiff, heif) if d.decodes(head)), pillow.decode)
        return decode(file, name)
