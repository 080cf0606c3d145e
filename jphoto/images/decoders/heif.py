"""Decodes HEIC by libheif and AVIF by libvips; Pillow rounds AVIF to 8 bits."""

import logging
from typing import BinaryIO

import numpy as np

from jphoto.images import libvips
from jphoto.images.frames import tell_frames
from jphoto.images.pixels import Pixels, strip_exif_prefix
from jphoto.images.source import refuse_decompression_bomb
from jphoto.metadata import Metadata

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_SEQUENCES = {b"avis", b"hevc", b"hevx", b"msf1"}

_logger = logging.getLogger(__name__)


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return bool(_brands(head) & (_AVIF_BRANDS | _HEIC_BRANDS))


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file. Raises: any error, if it is damaged; ImageError, see `libvips.decode`."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    if head[8:12] in _SEQUENCES:
        _logger.warning("%s: is a sequence of pictures; the first one is used", name)
    if _brands(head) & _AVIF_BRANDS:
        return libvips.decode(file, "heif", name)
    return _decode_heic(file, name)


def _brands(head: bytes) -> set[bytes]:
    """Return the brands in the first box of an ISO base media file; none for any other file."""
    if head[4:8] != b"ftyp":
        return set()
    size = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[start : start + 4] for start in (8, *range(16, size, 4))}


def _decode_heic(file: BinaryIO, name: str) -> Pixels:
    import pi_heif  # type: ignore[import-untyped]

    # libheif turns the picture by the container's own entries; HEIF ignores EXIF's orientation.
    heif = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    tell_frames(len(heif), name, "pictures", "main")
    refuse_decompression_bomb(*heif.size)
    levels = np.array(heif)  # a copy, since the decoder frees its memory
    white = float(2 ** heif.info["bit_depth"] - 1)
    metadata = Metadata(exif=strip_exif_prefix(heif.info.get("exif")), xmp=heif.info.get("xmp"))
    levels = levels.reshape(*levels.shape[:2], -1)
    profile = heif.info.get("icc_profile")
    return Pixels(levels, white, heif.has_alpha, profile, metadata=metadata)
