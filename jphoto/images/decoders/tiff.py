"""Decodes TIFF files: by Pillow those of 8 bits, by libvips those that Pillow would round to 8."""

from typing import BinaryIO

from jphoto.images import libvips
from jphoto.images.decoders import pillow
from jphoto.images.pixels import Pixels
from jphoto.metadata import Metadata
from jphoto.metadata.tiff_exif import read_exif
from jphoto.metadata.tiff_tags import (
    BITS,
    COMPRESSION,
    EXTRA_SAMPLES,
    IPTC,
    SAMPLES,
    XMP,
    Tags,
    read_tags,
)

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_ALPHA_SAMPLES = (1, 2)  # TIFF's ExtraSamples: opacity, premultiplied or not; not a saved selection
_LZMA, _ZSTD, _WEBP = 34925, 50000, 50001  # compressions that libvips' wheels lack


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(_SIGNATURES)


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode the first page of a file.

    Raises: ImageError or any other error, if it is damaged or its values have no clear meaning.
    """
    file.seek(0)
    tags = read_tags(file)
    file.seek(0)
    if _has_high_depth(tags):
        extra = tags.numbers.get(EXTRA_SAMPLES, (0,))[0]
        pixels = libvips.decode(file, "tiff", name, opacity=extra in _ALPHA_SAMPLES)
    else:
        pixels = pillow.decode(file, name)
    exif = read_exif(file, name)
    return pixels._replace(metadata=Metadata(exif, tags.blobs.get(XMP), tags.blobs.get(IPTC)))


def _has_high_depth(tags: Tags) -> bool:
    """Whether a page has more bits than Pillow keeps, in a compression that libvips reads."""
    bits = max(tags.numbers.get(BITS, (1,)))
    (samples, *_), (compression, *_) = (tags.numbers.get(t, (1,)) for t in (SAMPLES, COMPRESSION))
    high_depth = bits == 16 or (bits > 16 and samples > 1)
    return high_depth and compression not in (_LZMA, _ZSTD, _WEBP)
