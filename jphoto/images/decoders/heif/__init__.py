"""Decodes HEIC by libheif and AVIF by imagecodecs.

Pillow, which rounds AVIF to 8 bits, reads its metadata and its animations.
libvips takes 4.8 s for an AVIF of 24 megapixels and says nothing of its code points, Pillow 1.9 s,
imagecodecs 1.3 s. Asked for the first picture of an animation, imagecodecs 2026.3.6 writes outside
of its memory, so that it gets none.
"""

import logging
from typing import BinaryIO

import numpy as np
from PIL import UnidentifiedImageError

from jphoto.images.decoders import pillow
from jphoto.images.decoders.frames import tell_frames
from jphoto.images.decoders.heif.properties import has_picture, read_properties
from jphoto.images.decoders.loading import open_quietly
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Cicp, Pixels, strip_exif_prefix
from jphoto.metadata import Metadata

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_SEQUENCES = {b"avis", b"hevc", b"hevx", b"msf1"}

_logger = logging.getLogger(__name__)


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return bool(_brands(head) & (_AVIF_BRANDS | _HEIC_BRANDS))


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file. Raises: any error, if it is damaged; ImageError, see `pillow.decode`."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    if head[8:12] in _SEQUENCES:
        _logger.warning("%s: is a sequence of pictures; the first one is used", name)
    return _decode_avif(file, name) if _brands(head) & _AVIF_BRANDS else _decode_heic(file, name)


def _brands(head: bytes) -> set[bytes]:
    """Return the brands in the first box of an ISO base media file; none for any other file."""
    if head[4:8] != b"ftyp":
        return set()
    size = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[start : start + 4] for start in (8, *range(16, size, 4))}


def _decode_avif(file: BinaryIO, name: str) -> Pixels:
    import imagecodecs

    try:
        image = open_quietly(file)
    except UnidentifiedImageError as cause:
        raise ValueError("its description of the picture is broken") from cause
    refuse_too_large(*image.size)
    if not has_picture(file):  # but an animation only
        return pillow.decode(file, name)
    properties = read_properties(file)
    if getattr(image, "n_frames", 1) > 1:
        return pillow.decode(file, name)._replace(cicp=properties.cicp)
    file.seek(0)
    levels = imagecodecs.avif_decode(file.read())
    levels = levels.reshape(*levels.shape[:2], -1)
    has_alpha = levels.shape[2] in (2, 4)
    if properties.gray and levels.shape[2] > 2:
        levels = levels[..., [0, 3] if has_alpha else [0]]
    # HEIF ignores EXIF's orientation; Pillow writes the container's own into EXIF.
    levels = np.rot90(levels, properties.quarter_turns)
    if properties.mirror is not None:
        levels = np.flip(levels, properties.mirror)
    bits = 8 if levels.dtype == np.uint8 else properties.bits or 10
    metadata = Metadata(strip_exif_prefix(image.info.get("exif")), image.info.get("xmp"))
    profile = image.info.get("icc_profile")
    return Pixels(levels, float(2**bits - 1), has_alpha, profile, properties.cicp, metadata)


def _decode_heic(file: BinaryIO, name: str) -> Pixels:
    import pi_heif  # type: ignore[import-untyped]

    # libheif turns the picture by the container's own entries; HEIF ignores EXIF's orientation.
    heif = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    tell_frames(len(heif), name, "pictures", "main")
    refuse_too_large(*heif.size)
    levels = np.array(heif)  # a copy, since the decoder frees its memory
    white = float(2 ** heif.info["bit_depth"] - 1)
    metadata = Metadata(exif=strip_exif_prefix(heif.info.get("exif")), xmp=heif.info.get("xmp"))
    levels = levels.reshape(*levels.shape[:2], -1)
    profile, nclx = heif.info.get("icc_profile"), heif.info.get("nclx_profile")
    cicp = Cicp(nclx["color_primaries"], nclx["transfer_characteristics"]) if nclx else None
    return Pixels(levels, white, heif.has_alpha, profile, cicp, metadata)
