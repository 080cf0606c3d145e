"""Finds the page of a TIFF file that holds the photo, and checks what it claims.

A page is a directory (IFD) with its pixels. Besides the photo, files hold thumbnails, smaller
copies and masks, as pages of their own or in child directories (SubIFDs). In raw photos the first
page is often a thumbnail, and the values of the sensor are in a child directory.
Source: TIFF 6.0, tags 254 and 255; Adobe, TIFF Technical Note 1; DNG 1.7.
"""

import io
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from PIL import JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.images.limits import refuse_too_large

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_MOST_PAGES = 100
"""Pages and children of a page that are looked at, so that chains without end do."""
_MOST_CHANNELS = 32
"""CMYK with opacity has 5, and layers of spot colors are a few more."""

_MULTIPAGE = 2  # NewSubfileType of a page of a document; all other bits are no full photos
_UNCOMPRESSED, _JPEG = 1, 7  # Compression
_LARGEST_EXCESS, _LEAST_CHUNK = 4, 2**16
"""How much larger a JPEG may be than its strip or tile, in which case it is cropped."""

_MASK = 4  # PhotometricInterpretation
_RAW_PHOTOMETRICS = (32803, 34892)  # color filter array, linear raw
_RAW_COMPRESSIONS = (32767, 32770, 32772, 32867, 34713, 65535)
"""Of Sony, Samsung (two), Kodak, Nikon and Pentax."""

_logger = logging.getLogger(__name__)


@contextmanager
def open_tiff(file: BinaryIO) -> Iterator["TiffFile"]:
    """Open a TIFF file, which stays open afterwards. Raises: ValueError, if it is damaged."""
    import tifffile

    # It logs what it finds odd in a file, in words for its programmers.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    file.seek(0)
    # Formats of microscopes are read as any other TIFF file.
    with tifffile.TiffFile(
        file, name="photo", is_ndpi=False, is_lsm=False, is_scanimage=False
    ) as tiff:
        yield tiff


def full_page(tiff: "TiffFile", name: str) -> "TiffPage":
    """Find the first page in full size; the log tells if there are others.

    Returns: the largest page, if all are thumbnails or smaller copies.
    Raises: ImageError, if there is none but masks.
    """
    chain = list(_chain(tiff))
    found = [page for top in chain for page in (top, *_children(top)) if _is_picture(page)]
    if not chain:
        raise ValueError("it has no pages")
    if not found:
        raise ImageError(f"{name} has no page with a picture; save it as a TIFF of one page")
    full = [page for page in found if not page.subfiletype & ~_MULTIPAGE]
    page = full[0] if full else max(found, key=lambda page: page.imagewidth * page.imagelength)
    count = len({page.offset for page in chain} & {page.offset for page in full})
    if len(chain) == 1:
        count = max(page.imagedepth, _imagej_count(tiff))
    if count > 1:
        more = " or more" if count == _MOST_PAGES else ""
        _logger.warning("%s: it has %d%s pages; the first full one is used", name, count, more)
    return page


def raw_page(tiff: "TiffFile") -> "TiffPage | None":
    """Find the page with the values of a camera's sensor; None if the file is no raw photo."""
    for top in _chain(tiff):
        for page in (top, *_children(top)):
            if page.photometric in _RAW_PHOTOMETRICS or page.compression in _RAW_COMPRESSIONS:
                return page
    return None


def check_claims(page: "TiffPage", name: str) -> None:
    """Refuse a page that claims more than a photo has, before memory is taken for it.

    Raises: ImageError; Image.DecompressionBombError, if it has too many pixels; ValueError, if
      pixels are missing, which tifffile would fill with zeros.
    """
    refuse_too_large(page.imagewidth, page.imagelength * page.imagedepth)
    if page.is_tiled:
        refuse_too_large(page.tilewidth, page.tilelength * page.tiledepth)
    if page.samplesperpixel > _MOST_CHANNELS:
        raise ImageError(f"{name} has {page.samplesperpixel} channels; save it as RGB")
    needed = math.prod(page.chunked) if page.shape else 0
    missing = needed - min(len(page.dataoffsets), len(page.databytecounts))
    empty = 0 in page.dataoffsets[:needed] or 0 in page.databytecounts[:needed]
    if missing > 0 or empty:
        raise ValueError("strips or tiles of its pixels are missing")
    if page.compression != _UNCOMPRESSED:  # tifffile knows how much it needs of others
        check_end(page)
    if page.compression == _JPEG:
        _check_jpeg_sizes(page)


def check_end(page: "TiffPage") -> None:
    """Check that a page's pixels end before the file does. Raises: ValueError, if they do not."""
    size = page.parent.filehandle.size
    bits = page.imagewidth * page.imagelength * page.samplesperpixel * np.max(page.bitspersample)
    for start, length in zip(page.dataoffsets, page.databytecounts, strict=False):
        # Some programs declare larger lengths than a picture has.
        end = start + (min(length, bits // 8) if page.compression == _UNCOMPRESSED else length)
        if end > size:
            raise ValueError(f"its pixels end at byte {end} and the file at {size}")


def _check_jpeg_sizes(page: "TiffPage") -> None:
    """Check what the JPEG files of strips or tiles claim themselves, which the codec believes."""
    file = page.parent.filehandle
    for start, length in zip(page.dataoffsets, page.databytecounts, strict=False):
        file.seek(start)
        try:
            image = JpegImagePlugin.JpegImageFile(io.BytesIO(file.read(length)))
        except SyntaxError:  # of 12 bits, which Pillow does not read, or broken
            continue
        if math.prod(image.size) > _LARGEST_EXCESS * max(math.prod(page.chunks), _LEAST_CHUNK):
            raise ValueError(f"a strip or tile claims {image.width} x {image.height} pixels")


def read_bytes(page: "TiffPage", tag: int) -> bytes | None:
    """Read the value of a tag as it is in the file; None if there is none.

    tifffile itself converts it to the numbers that it is declared as: many programs declare IPTC as
    32-bit numbers.
    """
    entry = page.tags.get(tag)
    if entry is None:
        return None
    file = page.parent.filehandle
    file.seek(entry.valueoffset)
    return file.read(entry.valuebytecount) or None


def _chain(tiff: "TiffFile") -> Iterator["TiffPage"]:
    """Yield the pages that are no children; a broken one ends the chain, unless it is the first."""
    seen: set[int] = set()
    for index in range(_MOST_PAGES):
        try:
            page = cast("TiffPage", tiff.pages.get(index))
        except IndexError:
            return
        except Exception:
            if index == 0:
                raise
            return
        if page.offset in seen:
            return
        seen.add(page.offset)
        yield page


def _children(page: "TiffPage") -> Iterator["TiffPage"]:
    try:
        if page.pages is not None:
            for index in range(min(len(page.pages), _MOST_PAGES)):
                yield cast("TiffPage", page.pages.get(index))
    except Exception:  # broken children are no reason to refuse a good page
        return


def _is_picture(page: "TiffPage") -> bool:
    has_pixels = page.imagewidth * page.imagelength > 0 and len(page.dataoffsets) > 0
    return has_pixels and page.photometric != _MASK and not page.subfiletype & 4


def _imagej_count(tiff: "TiffFile") -> int:
    """Return how many pictures ImageJ has stored behind the first without pages of their own."""
    count = (tiff.imagej_metadata or {}).get("images", 1)
    return count if isinstance(count, int) else 1
