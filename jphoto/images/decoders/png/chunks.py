"""Reads the chunks of a PNG file around its pixels: color, density, EXIF, XMP, IPTC, texts.

Pillow gets the chunks of the pixels alone. It knows no cICP, and refuses whole files for more than
1 MB of text or profile, and for a damaged chunk that the pixels do not need. Here no chunk is
unpacked beyond `MOST_METADATA_BYTES`; what is larger or damaged is left out and told.
Source: PNG 3rd edition, sections 5.3, 5.6, 11.3.
"""

import io
import logging
import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from jphoto.images.limits import MOST_METADATA_BYTES
from jphoto.images.pixels import Calibration, Chromaticities, Cicp
from jphoto.images.source import reason
from jphoto.metadata import Density, declared_density, texts_of_png
from jphoto.metadata.density import METERS_PER_INCH
from jphoto.metadata.iptc import PHOTOSHOP_HEADER
from jphoto.metadata.texts import PROPERTIES, Texts

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MOST_MB = f"{MOST_METADATA_BYTES / 1e6:.1f} MB"

_COLOR_CHUNKS = {b"iCCP", b"cICP", b"sRGB", b"cHRM", b"gAMA"}
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
_READ_HERE = _COLOR_CHUNKS | _TEXT_CHUNKS | {b"eXIf", b"pHYs", b"acTL", b"tRNS"}
_NAMES = {b"iCCP": "color profile", b"eXIf": "EXIF", **dict.fromkeys(_TEXT_CHUNKS, "XMP")}
_COLOR_TYPE_AT = 25  # in the file: the first chunk is IHDR
_ANCILLARY = 32  # of a kind's first letter, lower case: the pixels do not need the chunk

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_EXIF_KEYWORDS = (b"Raw profile type exif", b"Raw profile type APP1")  # as ImageMagick writes it
_XMP_KEYWORDS = (_XMP_KEYWORD, b"Raw profile type xmp")
_IPTC_KEYWORDS = (b"Raw profile type iptc", b"Raw profile type 8bim")
_CAPTIONS = {keyword.encode() for keyword in PROPERTIES}
_PQ_PROFILE_NAME = b"ITUR_2100_PQ_FULL"  # W3C note, "Using the BT.2100 PQ EOTF with PNG"

_logger = logging.getLogger(__name__)


class Chunks(NamedTuple):
    """What a PNG file says besides its pixels, and the file without it."""

    pixels: io.BytesIO
    """A PNG file of all other chunks."""
    complete: bool
    """Whether the last chunk was reached."""
    profile: bytes | None
    cicp: Cicp | None
    narrow_range: bool
    """Whether black and white are 16 and 235 of 255."""
    calibration: Calibration | None
    exif: bytes | None
    xmp: bytes | None
    iptc: bytes | None
    texts: Texts
    density: Density | None
    frames: int
    """Of an animation, whose first picture need not be one; otherwise 1."""


def read_chunks(file: BinaryIO, name: str) -> Chunks:
    """Read all chunks of a file.

    Args:
      file: a PNG file.
      name: of the source in messages.
    """
    pixels, found = io.BytesIO(), dict[bytes, bytes]()
    pixels.write(SIGNATURE)
    before_pixels, kind = True, b""
    file.seek(_COLOR_TYPE_AT)
    color_type = file.read(1)
    for kind, start, length in _positions(file):
        before_pixels &= kind not in (b"PLTE", b"IDAT")
        if kind in _READ_HERE and (before_pixels or kind not in _COLOR_CHUNKS):
            key, content = _content(file, kind, start, length, name)
            if key not in found and content:
                found[key] = content
        if kind[0] & _ANCILLARY == 0 or (kind == b"tRNS" and _is_opacity(found, color_type)):
            file.seek(start - 8)
            pixels.write(file.read(length + 12))
    return _interpreted(found, pixels, kind == b"IEND", name)


def _is_opacity(found: dict[bytes, bytes], color_type: bytes) -> bool:
    """Whether a tRNS chunk is whole: one color of gray or RGB, or entries of a palette."""
    lengths = {b"\0": (2,), b"\2": (6,), b"\3": range(1, 257)}
    return len(found.get(b"tRNS", b"")) in lengths.get(color_type, ())


def _positions(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, the start of its data and their length, as far as there are any."""
    size = file.seek(0, os.SEEK_END)
    position = len(SIGNATURE)
    while position + 8 <= size:
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        yield kind, position + 8, min(length, size - position - 8)
        position += length + 12
        if kind == b"IEND":
            return


def _content(
    file: BinaryIO, kind: bytes, start: int, length: int, name: str
) -> tuple[bytes, bytes]:
    """Return a chunk's meaning, which is its kind or a keyword, and its content, unpacked.

    The content is empty if the chunk is damaged, too large or of no interest.
    """
    file.seek(start)
    what = _NAMES.get(kind, f"chunk {kind.decode()}")
    if kind in _TEXT_CHUNKS:
        keyword = file.read(min(length, 80)).split(b"\0")[0]
        if keyword not in {*_XMP_KEYWORDS, *_EXIF_KEYWORDS, *_IPTC_KEYWORDS, *_CAPTIONS}:
            return kind, b""
        what = f"text {keyword.decode()}" if keyword in _CAPTIONS else what
        file.seek(start)
    try:
        if length > MOST_METADATA_BYTES:
            raise ValueError(f"it has {length / 1e6:.1f} MB; at most {_MOST_MB} are read")
        data, checksum = file.read(length), file.read(4)
        if checksum != struct.pack(">I", zlib.crc32(kind + data)):
            raise ValueError("its checksum fails")
        return _unpacked(kind, data)
    except (ValueError, zlib.error) as cause:
        _logger.warning("%s: its %s was ignored: %s", name, what, reason(cause))
        return kind, b""


def _unpacked(kind: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Return a chunk's meaning and its content.

    Raises: ValueError or zlib.error, if it is damaged or too large.
    """
    if kind == b"iCCP":
        title, rest = data.split(b"\0", 1)
        return (title if title == _PQ_PROFILE_NAME else kind), _inflated(rest[1:])
    if kind not in _TEXT_CHUNKS:
        return kind, data
    keyword, text = data.split(b"\0", 1)
    if kind == b"zTXt":
        text = _inflated(text[1:])
    elif kind == b"iTXt":
        compressed = text[:1] == b"\1"
        _, _, text = text[2:].split(b"\0", 2)
        text = _inflated(text) if compressed else text
    if keyword in _CAPTIONS:
        return keyword, text if kind == b"iTXt" else text.decode("latin-1").encode()
    if keyword == _XMP_KEYWORD:
        return keyword, text
    # Lines: the name, the length, then hexadecimal digits.
    digits = b"".join(text.split(maxsplit=2)[2:])
    content = bytes.fromhex(digits.decode("ascii"))
    if keyword in _XMP_KEYWORDS:
        return _XMP_KEYWORD, content
    if keyword in _IPTC_KEYWORDS:
        resources = content.startswith(b"8BIM")
        return _IPTC_KEYWORDS[0], PHOTOSHOP_HEADER + content if resources else content
    return b"eXIf", content.removeprefix(b"Exif\0\0")


def _inflated(data: bytes) -> bytes:
    """Decompress. Raises: zlib.error, if damaged; ValueError, if it is too large or cut short."""
    stream = zlib.decompressobj()
    content = stream.decompress(data, MOST_METADATA_BYTES)
    if not stream.eof:
        large = len(content) == MOST_METADATA_BYTES
        raise ValueError(f"it unpacks to more than {_MOST_MB}" if large else "it is cut short")
    return content


def _interpreted(
    found: dict[bytes, bytes], pixels: io.BytesIO, complete: bool, name: str
) -> Chunks:
    code_points = found.get(b"cICP", b"")
    cicp, narrow_range = None, False
    if len(code_points) == 4:  # PNG has RGB alone, whatever matrix the third one names
        cicp, narrow_range = Cicp(*code_points[:2]), code_points[3] == 0
    elif code_points:
        _logger.warning("%s: its chunk cICP was ignored: it has not 4 bytes", name)
    if cicp is None and _PQ_PROFILE_NAME in found:
        cicp = Cicp(9, 16)
    if cicp is None and b"sRGB" in found:
        cicp = Cicp(1, 13)
    pixels.seek(0)
    texts = {key.decode(): found[key].decode(errors="replace") for key in _CAPTIONS & found.keys()}
    return Chunks(
        pixels,
        complete,
        found.get(b"iCCP"),
        cicp,
        narrow_range,
        _calibration(found, name),
        found.get(b"eXIf"),
        found.get(_XMP_KEYWORD),
        found.get(_IPTC_KEYWORDS[0]),
        texts_of_png(texts),
        _density(found.get(b"pHYs", b"")),
        int.from_bytes(found.get(b"acTL", b"\0\0\0\1")[:4], "big"),
    )


def _density(data: bytes) -> Density | None:
    """Return the density in a pHYs chunk; None if it is damaged or only a ratio."""
    if len(data) != 9 or data[8] != 1:
        return None
    return declared_density(*(METERS_PER_INCH * side for side in struct.unpack(">II", data[:8])))


def _calibration(found: dict[bytes, bytes], name: str) -> Calibration | None:
    chromaticities = gamma = None
    for kind, length in ((b"cHRM", 32), (b"gAMA", 4)):
        data = found.get(kind, b"")
        if not data:
            continue
        if len(data) != length:
            _logger.warning("%s: its chunk %s was ignored: it is cut short", name, kind.decode())
            continue
        numbers = [number / 100000 for number in struct.unpack(f">{length // 4}I", data)]
        if kind == b"gAMA":
            gamma = numbers[0]
        else:
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
            chromaticities = Chromaticities(*pairs)
    return None if chromaticities is gamma is None else Calibration(chromaticities, gamma)
