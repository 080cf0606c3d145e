"""The first directory of a TIFF file: how its pixels are laid out, and blobs beside them.

Classic TIFF and BigTIFF, in either byte order. Pillow would do but for IPTC, of which many
programs say that it is 32-bit numbers: it warns of that and keeps the first.
Source: TIFF 6.0, section 2; Adobe, BigTIFF.
"""

import struct
from typing import BinaryIO, NamedTuple

BITS, COMPRESSION, SAMPLES, EXTRA_SAMPLES, XMP, IPTC = 258, 259, 277, 338, 700, 33723

_NUMBERS = {BITS, COMPRESSION, SAMPLES, EXTRA_SAMPLES}
_BLOBS = {XMP, IPTC}
_LETTERS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "B", 7: "B"}  # of `struct`, by TIFF's types
_MOST_ENTRIES = 65535


class Tags(NamedTuple):
    """Values by the tags above, as far as the directory has them."""

    numbers: dict[int, tuple[int, ...]]
    blobs: dict[int, bytes]


def read_tags(file: BinaryIO) -> Tags:
    """Read the directory that a file's header leads to.

    Raises: struct.error, if it is cut off; cut blobs are left out.
    """
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = b"+" in head[2:4]
    offset, entry = struct.Struct(order + "IQ"[big]), struct.Struct(order + ("HHI4s", "HHQ8s")[big])
    file.seek(*offset.unpack_from(head, 8 if big else 4))
    counter = struct.Struct(order + "HQ"[big])
    (count,) = counter.unpack(file.read(counter.size))
    table = file.read(entry.size * min(count, _MOST_ENTRIES))
    tags = Tags({}, {})
    for tag, kind, length, field in entry.iter_unpack(table):
        if tag not in _NUMBERS | _BLOBS or kind not in _LETTERS:
            continue
        letters = f"{order}{length}{_LETTERS[kind]}"
        size = struct.calcsize(letters)
        if size > len(field):
            file.seek(*offset.unpack(field))
            field = file.read(size)
        if tag in _NUMBERS:
            tags.numbers[tag] = struct.unpack(letters, field[:size])
        elif len(field) >= size:
            tags.blobs[tag] = field[:size]
    return tags
