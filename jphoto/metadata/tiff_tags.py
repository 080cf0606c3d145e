"""Reads some tags of a TIFF file's first directory: the layout of its pixels, XMP and IPTC.

It handles classic TIFF and BigTIFF, in either byte order. Pillow is no replacement: many programs
declare IPTC as 32-bit numbers, of which Pillow keeps only the first, with a warning.
Source: TIFF 6.0, section 2; Adobe, BigTIFF.
"""

import struct
from typing import BinaryIO, NamedTuple

BITS, COMPRESSION, SAMPLES, EXTRA_SAMPLES, XMP, IPTC = 258, 259, 277, 338, 700, 33723

_NUMBER_TAGS = {BITS, COMPRESSION, SAMPLES, EXTRA_SAMPLES}
_BLOB_TAGS = {XMP, IPTC}
_STRUCT_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 6: "B", 7: "B"}  # by TIFF's type codes
_MAX_ENTRIES = 65535


class Tags(NamedTuple):
    """Values of the tags above that the directory has."""

    numbers: dict[int, tuple[int, ...]]
    blobs: dict[int, bytes]


def read_tags(file: BinaryIO) -> Tags:
    """Read the tags of the first directory.

    Raises: struct.error, if the directory is cut off. Blobs that are cut off are left out.
    """
    header = file.read(16)
    order = "<" if header.startswith(b"II") else ">"
    big = b"+" in header[2:4]
    offset, entry = struct.Struct(order + "IQ"[big]), struct.Struct(order + ("HHI4s", "HHQ8s")[big])
    file.seek(*offset.unpack_from(header, 8 if big else 4))
    counter = struct.Struct(order + "HQ"[big])
    (count,) = counter.unpack(file.read(counter.size))
    table = file.read(entry.size * min(count, _MAX_ENTRIES))
    tags = Tags({}, {})
    for tag, type_code, length, field in entry.iter_unpack(table):
        if tag not in _NUMBER_TAGS | _BLOB_TAGS or type_code not in _STRUCT_CODES:
            continue
        layout = f"{order}{length}{_STRUCT_CODES[type_code]}"
        size = struct.calcsize(layout)
        if size > len(field):
            file.seek(*offset.unpack(field))
            field = file.read(size)
        if tag in _NUMBER_TAGS:
            tags.numbers[tag] = struct.unpack(layout, field[:size])
        elif len(field) >= size:
            tags.blobs[tag] = field[:size]
    return tags
