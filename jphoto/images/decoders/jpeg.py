"""Decodes JPEG of 12 bits and lossless JPEG, which scanners and medical devices write.

Pillow decodes neither; all other JPEG files are left to it. imagecodecs (libjpeg-turbo) decodes
both in full depth, but gives no metadata, which are read from the file's segments here.
Source: ITU-T T.81, annex B; ICC.1:2022, annex B.4; Exif 3.0, section 4.7.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from jphoto.errors import ImageError
from jphoto.images.decoders import pillow
from jphoto.images.decoders.upright import orientation_of_block, upright
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Pixels
from jphoto.metadata import Metadata

_START, _START_OF_SCAN, _LOSSLESS = b"\xff\xd8\xff", 0xDA, 0xC3
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a frame's header: SOF0 to SOF15."""
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(_START)


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file, by Pillow if that can.

    Raises: ImageError or any other error, if it is damaged or of a kind that cannot be decoded.
    """
    file.seek(0)
    segments = list(_segments(file))
    frame = next(((m, data) for m, data in segments if m in _FRAMES and len(data) >= 6), None)
    if frame is None:
        return pillow.decode(file, name)
    marker, (bits, height, width, channels) = frame[0], struct.unpack(">BHHB", frame[1][:6])
    if bits == 8 and marker != _LOSSLESS:
        return pillow.decode(file, name)
    if channels not in (1, 3):
        raise ImageError(
            f"{name} is JPEG of {bits} bits and {channels} channels; save it as PNG or TIFF"
        )
    refuse_too_large(width, height)
    from imagecodecs import jpeg_decode

    file.seek(0)
    levels = jpeg_decode(file.read()).reshape(height, width, channels)
    metadata = Metadata(exif=_first(segments, 0xE1, _EXIF), xmp=_first(segments, 0xE1, _XMP))
    white = float(2**bits - 1)
    pixels = Pixels(levels, white, profile=_profile(segments), metadata=metadata)
    return upright(pixels, orientation_of_block(metadata.exif, name))


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments before the picture, as far as they are whole."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if marker == 0xFF:  # a fill byte
            file.seek(-3, 1)
            continue
        if marker == _START_OF_SCAN or length < 2:
            return
        yield marker, file.read(length - 2)


def _first(segments: list[tuple[int, bytes]], marker: int, prefix: bytes) -> bytes | None:
    found = (data for m, data in segments if m == marker and data.startswith(prefix))
    return next(found, b"").removeprefix(prefix) or None


def _profile(segments: list[tuple[int, bytes]]) -> bytes | None:
    """Join an ICC profile from its numbered parts."""
    start = len(_ICC)
    parts = {
        data[start]: data[start + 2 :]
        for marker, data in segments
        if marker == 0xE2 and data.startswith(_ICC) and len(data) > start + 2
    }
    return b"".join(parts[number] for number in sorted(parts)) or None
