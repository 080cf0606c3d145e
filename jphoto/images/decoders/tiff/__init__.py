"""Decodes TIFF files of any bits and compression: tifffile reads them, imagecodecs decompresses.

`pages` finds the full page, `levels` says what its numbers mean. Pillow decodes what
tifffile does not: JPEG in the old style, YCbCr that is not JPEG, some rare compressions of 8 bits.
Pillow alone would round 16 bits to 8; libvips lacks Zstandard, LZMA and WebP, takes 12-bit gray for
16 bits, and neither knows of pages.
"""

import logging
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from jphoto.images.decoders import pillow, raw
from jphoto.images.decoders.tiff import levels, pages
from jphoto.images.decoders.upright import upright
from jphoto.images.pixels import Pixels
from jphoto.metadata import Metadata
from jphoto.metadata.tiff_exif import read_exif

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _XMP, _IPTC, _ICC, _EXIF = 274, 700, 33723, 34675, 34665
_BASELINE_EXPOSURE, _MOST_STOPS = 50730, 4.0
_OLD_JPEG = 6

_logger = logging.getLogger(__name__)


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(_SIGNATURES)


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode the first full page of a file, or develop it if it is a raw photo.

    Raises: ImageError or any other error, if it is damaged or its values have no clear meaning.
    """
    with pages.open_tiff(file) as tiff:
        sensor = pages.raw_page(tiff)
        if sensor is not None:
            pages.check_end(sensor)
            pixels = raw.decode(file, name, exposure=_baseline_exposure(tiff.pages.first))
            return pixels._replace(metadata=_metadata(tiff, tiff.pages.first, pixels.metadata.exif))
        page = pages.full_page(tiff, name)
        pages.check_claims(page, name)
        if _is_for_pillow(tiff, page):
            pixels = pillow.decode(file, name)
        else:
            pixels = levels.read_pixels(page, name)
            pixels = pixels._replace(profile=pages.read_bytes(page, _ICC))
            pixels = upright(pixels, _orientation(tiff, page))
        return pixels._replace(metadata=_metadata(tiff, page, _exif(file, tiff, page, name)))


def _is_for_pillow(tiff: "TiffFile", page: "TiffPage") -> bool:
    """Whether Pillow, which reads the first page only, decodes this one and tifffile does not."""
    if page.offset != tiff.pages.first.offset or page.bitspersample not in (1, 8):
        return False
    if page.compression == _OLD_JPEG or not levels.can_decompress(page):
        return True
    return levels.is_stored_as_ycbcr(page)


def _baseline_exposure(page: "TiffPage") -> float:
    """Return by how many stops a DNG's values are to be brightened, as it says; otherwise 0."""
    value = page.tags.valueof(_BASELINE_EXPOSURE)
    if not isinstance(value, tuple) or len(value) != 2 or value[1] == 0:
        return 0.0
    return float(np.clip(value[0] / value[1], -_MOST_STOPS, _MOST_STOPS))


def _orientation(tiff: "TiffFile", page: "TiffPage") -> int:
    """Return the orientation of a page; one in a child directory has that of the first page."""
    value = page.tags.valueof(_ORIENTATION) or tiff.pages.first.tags.valueof(_ORIENTATION)
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else 1


def _exif(file: BinaryIO, tiff: "TiffFile", page: "TiffPage", name: str) -> bytes | None:
    """Read EXIF of a page, or of the first one; in BigTIFF files it is left out, with a word."""
    if not tiff.is_bigtiff:
        return read_exif(file, name, page.offset if _EXIF in page.tags else None)
    if _EXIF in page.tags or _EXIF in tiff.pages.first.tags:
        _logger.warning("%s: its EXIF is not kept, because the file is BigTIFF", name)
    return None


def _metadata(tiff: "TiffFile", page: "TiffPage", exif: bytes | None) -> Metadata:
    """Read XMP and IPTC of a page; what it lacks is taken from the first one."""
    first = tiff.pages.first
    xmp, iptc = (
        pages.read_bytes(page, tag) or pages.read_bytes(first, tag) for tag in (_XMP, _IPTC)
    )
    return Metadata(exif, xmp, iptc)
