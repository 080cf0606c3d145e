"""Decodes JPEG 2000 by imagecodecs (OpenJPEG): `.jp2` with its boxes and bare codestreams.

Pillow decodes them too, but rounds colors of more than 8 bits to 8 and reads neither the color
profile nor EXIF and XMP.
Source: ISO/IEC 15444-1, annexes A.5.1 (SIZ) and I.5 (boxes); EXIF and XMP as ExifTool finds them.
"""

import struct
from typing import BinaryIO, NamedTuple

from jphoto.errors import ImageError
from jphoto.images.decoders.boxes import boxes
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Pixels, strip_exif_prefix
from jphoto.metadata import Metadata

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_CODESTREAM = b"\xff\x4f\xff\x51"
_END_OF_CODESTREAM = b"\xff\xd9"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_CHANNELS_OF_SPACE = {12: 4, 16: 3, 17: 1}
"""Color channels of an enumerated color space: CMYK, sRGB, gray with the curve of sRGB."""
_CHANNELS_OF_PROFILE = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}


class _Codestream(NamedTuple):
    """What its header declares."""

    width: int
    height: int
    bits: tuple[int, ...]
    """Of each channel; negative if the numbers have a sign."""


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith((_SIGNATURE, _CODESTREAM))


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file.

    Raises: ImageError, if its values have no clear meaning; other errors, if it is damaged.
    """
    from imagecodecs import jpeg2k_decode

    file.seek(0)
    data = file.read()
    found = {b"jp2c": data} if data.startswith(_CODESTREAM) else _contents(data)
    codestream = _read_codestream(found[b"jp2c"])
    refuse_too_large(codestream.width, codestream.height)
    if not found[b"jp2c"].endswith(_END_OF_CODESTREAM):
        raise EOFError("its codestream does not end")
    profile, declared = _color(found.get(b"colr", b""), name)
    levels = jpeg2k_decode(data)
    levels = levels.reshape(*levels.shape[:2], -1)
    bits = set(codestream.bits) if b"pclr" not in found else {8 * levels.itemsize}
    if len(bits) > 1 or not 1 <= min(bits) <= 16:
        raise ImageError(f"{name} has channels of {bits} bits; save it with 8 or 16")
    channels = declared or levels.shape[2] - (levels.shape[2] in (2, 4))
    has_alpha = levels.shape[2] > channels
    if levels.shape[2] not in (channels, channels + 1):
        raise ImageError(f"{name} has {levels.shape[2]} channels; save it as RGB or gray")
    metadata = Metadata(exif=strip_exif_prefix(found.get(_EXIF)), xmp=found.get(_XMP))
    white = float(2 ** min(bits) - 1)
    return Pixels(levels, white, has_alpha, profile, metadata=metadata)


def _contents(data: bytes) -> dict[bytes, bytes]:
    """The first box of each kind, those within the header box too; of UUID boxes, by UUID."""
    found: dict[bytes, bytes] = {}
    for kind, content in boxes(data):
        if kind == b"uuid":
            found.setdefault(content[:16], content[16:])
        else:
            found.setdefault(kind, content)
    for kind, content in boxes(found.get(b"jp2h", b"")):
        found.setdefault(kind, content)
    if b"jp2c" not in found:
        raise EOFError("it has no codestream")
    return found


def _read_codestream(data: bytes) -> _Codestream:
    right, bottom, left, top = struct.unpack_from(">4I", data, 8)
    (count,) = struct.unpack_from(">H", data, 40)
    depths = [struct.unpack_from(">B", data, 42 + 3 * channel)[0] for channel in range(count)]
    bits = tuple((depth & 127) + 1 if depth < 128 else -1 for depth in depths)
    return _Codestream(right - left, bottom - top, bits)


def _color(box: bytes, name: str) -> tuple[bytes | None, int]:
    """Read the color space of a box: an ICC profile and the number of color channels, or 0.

    Raises: ImageError, if it is neither RGB nor gray nor CMYK.
    """
    if box[:1] in (b"\2", b"\3"):
        return box[3:], _CHANNELS_OF_PROFILE.get(box[19:23], 0)
    if box[:1] != b"\1":
        return None, 0
    space = int.from_bytes(box[3:7], "big")
    if space not in _CHANNELS_OF_SPACE:
        raise ImageError(f"{name} has colors that are not read (space {space}); save it as sRGB")
    return None, _CHANNELS_OF_SPACE[space]
