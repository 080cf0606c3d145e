"""Decodes JPEG XL by imagecodecs (libjxl), in 8 or 16 bits, with EXIF and XMP from its boxes.

Tried besides: pillow-jxl-plugin (under GPL), jxlpy (8 bits; no release since 2024), pylibjxl (8
bits in and out, no wheels for Linux on ARM). Only the last one gives ICC profiles, which files need
whose color space has no code points; it is asked for those alone, if it is installed.
Source: ISO/IEC 18181-2 (boxes).
"""

import logging
from typing import BinaryIO

import numpy as np

from jphoto.errors import ImageError
from jphoto.images.decoders.boxes import boxes
from jphoto.images.decoders.frames import tell_frames
from jphoto.images.decoders.jpegxl.header import read_header
from jphoto.images.limits import MOST_METADATA_BYTES, refuse_too_large
from jphoto.images.pixels import Pixels, checked_floats
from jphoto.metadata import Metadata

_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_CODESTREAM = b"\xff\x0a"

_logger = logging.getLogger(__name__)


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith((_SIGNATURE, _CODESTREAM))


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode the first picture of a file; libjxl turns it upright.

    Raises: ImageError, if its values have no clear meaning; other errors, if it is damaged.
    """
    import imagecodecs

    file.seek(0)
    data = file.read()
    bare = data.startswith(_CODESTREAM)
    codestream, metadata = (data, Metadata()) if bare else _contents(data, name)
    header = read_header(codestream)
    refuse_too_large(header.width, header.height)
    profile = _profile(data, name) if header.own_profile or header.other_space else None
    levels = imagecodecs.jpegxl_decode(data, index=0 if header.animated else None)
    if header.animated:
        tell_frames(2, name)
    channels = levels.shape[2] if levels.ndim > 2 else 1
    levels = levels.reshape(*levels.shape[:2], channels)
    white = float(np.iinfo(levels.dtype).max) if levels.dtype.kind == "u" else 1.0
    if levels.dtype.kind == "f":
        levels = checked_floats(levels, name)
    return Pixels(levels, white, channels in (2, 4), profile, header.cicp, metadata)


def _contents(data: bytes, name: str) -> tuple[bytes, Metadata]:
    """Return the codestream, of which there may be parts, and the metadata."""
    parts: list[bytes] = []
    metadata: dict[bytes, bytes] = {}
    for kind, content in boxes(data):
        if kind == b"brob":
            kind, content = content[:4], _expanded(content, name)
        if kind == b"jxlc":
            parts.append(content)
        elif kind == b"jxlp":
            parts.append(content[4:])
        elif kind in (b"Exif", b"xml ") and content:
            metadata.setdefault(kind, content)
    exif = metadata.get(b"Exif", b"")
    exif = exif[4 + int.from_bytes(exif[:4], "big") :]
    return b"".join(parts), Metadata(exif=exif or None, xmp=metadata.get(b"xml "))


def _expanded(box: bytes, name: str) -> bytes:
    """Expand a box of metadata; one that is damaged or too large is skipped, with a warning."""
    from imagecodecs import BrotliError, brotli_decode

    try:
        return bytes(brotli_decode(box[4:], out=MOST_METADATA_BYTES))
    except BrotliError:
        kind = box[:4].decode("latin-1").strip()
        _logger.warning(
            "%s: its block %r (%d bytes) is damaged or too large and was skipped",
            name, kind, len(box),
        )  # fmt: skip
        return b""


def _profile(data: bytes, name: str) -> bytes:
    """Read the ICC profile of the decoded pixels. Raises: ImageError, if none can be read."""
    try:
        import pylibjxl  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise ImageError(
            f"{name} has a color profile; to read it, run: pip install 'jphoto[jxl]' (or save the "
            f"photo as sRGB or PNG)"
        ) from None
    return bytes(pylibjxl.decode(data, metadata=True)[1]["icc"])
