"""Reads what HEIF files (HEIC, AVIF) say of their primary picture: bits, gray, code points, turns.

imagecodecs gives AVIF's levels alone, without these.
Source: ISO/IEC 14496-12 and 23008-12 (HEIF); AV1 Codec ISO Media File Format Binding, section 2.3.
"""

import os
import struct
from typing import BinaryIO, NamedTuple

from jphoto.images.decoders.boxes import boxes
from jphoto.images.pixels import Cicp

_MOST_BYTES = 2**24  # of all that describes the pictures; thousands of tiles need a few 100 KB
_CHILDREN_AT = 4  # in a box with a version and flags


class Properties(NamedTuple):
    """Of the primary picture."""

    bits: int | None
    gray: bool
    cicp: Cicp | None
    quarter_turns: int
    """To the left."""
    mirror: int | None
    """After the turns: 0 swaps top and bottom, 1 left and right; None for no mirroring."""


def read_properties(file: BinaryIO) -> Properties:
    """Read the properties of a file's primary picture.

    Raises: ValueError or EOFError, if its boxes are damaged.
    """
    try:
        return _read_properties(file)
    except (struct.error, IndexError) as cause:
        raise ValueError("its description of the picture is cut short") from cause


def has_picture(file: BinaryIO) -> bool:
    """Whether a file has a box that describes single pictures."""
    return _find_meta(file) is not None


def _read_properties(file: BinaryIO) -> Properties:
    children = dict(boxes(_meta(file)[_CHILDREN_AT:]))
    pitm, iprp = children.get(b"pitm", b""), dict(boxes(children.get(b"iprp", b"")))
    (primary,) = struct.unpack_from(">I" if pitm[:1] != b"\0" else ">H", pitm, 4)
    properties = list(boxes(iprp.get(b"ipco", b"")))
    own = [
        properties[index - 1]
        for index in _associations(iprp.get(b"ipma", b""), primary)
        if 0 < index <= len(properties)
    ]
    return _properties(own, properties)


def _properties(own: list[tuple[bytes, bytes]], every: list[tuple[bytes, bytes]]) -> Properties:
    gray, cicp, turns, mirror = False, None, 0, None
    # A picture of tiles has no av1C of its own; all of a file have the same bits.
    bits = next((_av1_bits(content) for kind, content in every if kind == b"av1C"), None)
    for kind, content in own:
        if kind == b"av1C":
            bits, gray = _av1_bits(content), bool(content[2] & 0x10)
        elif kind == b"pixi" and bits is None:
            bits = content[5]
        elif kind == b"colr" and content[:4] == b"nclx":
            cicp = Cicp(*struct.unpack_from(">HH", content, 4))
        elif kind == b"irot":
            turns = content[0] & 3
        elif kind == b"imir":
            mirror = content[0] & 1
    return Properties(bits, gray, cicp, turns, mirror)


def _av1_bits(content: bytes) -> int:
    high, twelve = content[2] & 0x40, content[2] & 0x20
    return 12 if high and twelve else 10 if high else 8


def _meta(file: BinaryIO) -> bytes:
    """Return the content of the box that describes the pictures.

    Raises: ValueError, if there is none, or it is too large.
    """
    found = _find_meta(file)
    if found is None:
        raise ValueError("it describes no picture")
    start, size = found
    if size > _MOST_BYTES:
        raise ValueError(f"its description of the picture has {size} bytes")
    file.seek(start)
    return file.read(size)


def _find_meta(file: BinaryIO) -> tuple[int, int] | None:
    """Return where the content of the box that describes pictures begins, and its size."""
    end, position = file.seek(0, os.SEEK_END), 0
    while position + 16 <= end:
        file.seek(position)
        head = file.read(16)
        size, kind = struct.unpack_from(">I4s", head)
        start = 16 if size == 1 else 8
        size = struct.unpack_from(">Q", head, 8)[0] if size == 1 else size or end - position
        if size < start:
            return None
        if kind == b"meta":
            return position + start, size - start
        position += size
    return None


def _associations(ipma: bytes, item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties. Raises: struct.error, if cut off."""
    version, flags, count = struct.unpack_from(">B2xBI", ipma)
    position = 8
    for _ in range(count):
        (found,) = struct.unpack_from(">H" if version < 1 else ">I", ipma, position)
        position += 2 if version < 1 else 4
        (length,) = struct.unpack_from(">B", ipma, position)
        position += 1
        # Besides the number, the highest bit says whether the property is essential.
        numbers = struct.unpack_from(f">{length}{'H' if flags & 1 else 'B'}", ipma, position)
        if found == item:
            return [number & (0x7FFF if flags & 1 else 0x7F) for number in numbers]
        position += length * (2 if flags & 1 else 1)
    return []
