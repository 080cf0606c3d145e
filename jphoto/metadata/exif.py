"""EXIF blocks edited where they stand, so that maker notes stay valid.

Numbers are patched in place, what goes is zeroed (and cut off at the block's end), and what does
not fit is put at the end. Sizes are (height, width). Blocks are bytes, from the TIFF header on.
Source: Exif 3.0 (CIPA DC-008), section 4.6; thumbnails, section 4.5.5.
"""

import logging
import struct

from jphoto.metadata.exif_block import Block, Place, meet
from jphoto.metadata.tiff_directories import (
    ASCII,
    EXIF,
    GPS,
    INTEROP,
    LONG,
    LONGEST_EXIF,
    MAIN,
    RATIONAL,
    SHORT,
    TiffError,
    Tree,
    child,
    directory,
    numbers,
    serialized,
)

_ORIENTATION, _SOFTWARE = 0x0112, 0x0131
_HEIGHTS = {MAIN: 0x0101, EXIF: 0xA003, INTEROP: 0x1002}
_WIDTHS = {MAIN: 0x0100, EXIF: 0xA002, INTEROP: 0x1001}
_PICTURES = ((0x0201, 0x0202), (0x0111, 0x0117))  # where a thumbnail lies, and its length
# XMP, IPTC and Photoshop's resources, as in a TIFF file; they travel on their own.
_COPIES = {0x02BC, 0x83BB, 0x8649}

# What the standard demands of every JPEG file: 72 pixels per inch, chroma centered.
_INCH = struct.pack("<II", 72, 1)
_BLANK = struct.pack("<4sI", b"II*\0", 8) + serialized(
    Tree(
        {
            0x011A: (RATIONAL, _INCH),
            0x011B: (RATIONAL, _INCH),
            0x0128: (SHORT, struct.pack("<H", 2)),
            0x0213: (SHORT, struct.pack("<H", 1)),
            _SOFTWARE: (ASCII, b"\0"),
        },
        {},
    ),
    "<",
    8,
)

_logger = logging.getLogger(__name__)


def edited(
    exif: bytes | None,
    *,
    size: tuple[int, int],
    thumbnail: bytes | None,
    strip_location: bool,
    software: str | None,
) -> bytes | None:
    """Make a new picture's EXIF block from an older picture's.

    Args:
      exif: from its TIFF header on, if there is a block.
      size: of the new picture, for the entries that tell it. Orientation becomes 1.
      thumbnail: a JPEG that takes the place of the older thumbnail; None for no thumbnail. It is
        left out where the block would become longer than `LONGEST_EXIF` with it.
      strip_location: whether the GPS directory goes. Maker notes stay, and those of some cameras
        name places.
      software: what Software says; None to leave it as it is.

    Returns: the block, without entries whose values are cut off and without copies of XMP and
      IPTC. A block that is broken or too long is left out, with a line in the log; in place of it
      or of none there is one that says Software, or None if there is nothing to say.
    """
    for source in (exif, None if software is None else _BLANK):
        if source:
            try:
                return _edited(source, size, thumbnail, strip_location, software)
            except TiffError as cause:
                _logger.warning("an EXIF block cannot be kept and was left out: %s", cause)
    return None


def _edited(
    exif: bytes,
    size: tuple[int, int],
    thumbnail: bytes | None,
    strip_location: bool,
    software: str | None,
) -> bytes:
    block = Block(exif)
    block.set_number(MAIN, _ORIENTATION, 1)
    for tags, side in zip((_HEIGHTS, _WIDTHS), size, strict=True):
        for name in tags.keys() & block.tables.keys():
            block.set_number(name, tags[name], side)
    _drop(block, strip_location)
    if software is not None:
        block.set_value(_SOFTWARE, ASCII, software.encode() + b"\0")
    if thumbnail:
        whole = block.written(_second_directory(thumbnail, block.order, block.end))
        if len(whole) <= LONGEST_EXIF:
            return whole
        _logger.warning("a thumbnail was left out: EXIF would have %d bytes", len(whole))
    whole = block.written()
    if len(whole) > LONGEST_EXIF:
        raise TiffError(f"it has {len(whole)} bytes; {LONGEST_EXIF} fit into a JPEG file")
    return whole


def _drop(block: Block, strip_location: bool) -> None:
    """Take thumbnail, copies and, if so wished, location out of a block."""
    copies = [entry for entry in block.tables[MAIN].entries if entry.tag in _COPIES]
    block.forget(MAIN, _COPIES)
    location = _dropped_location(block) if strip_location else []
    used = block.used()
    if any(meet(where, other) for where in location for other in used):
        raise TiffError("its GPS directory shares bytes with other entries")
    others = _second_directory_places(block) + block.values(copies)
    # A thumbnail may lie within a maker note.
    free = [where for where in others if not any(meet(where, other) for other in used)]
    block.cut(location + free)


def _dropped_location(block: Block) -> list[Place]:
    """Unlink GPS directories, from wherever, and tell the places of them and their values."""
    if GPS in block.unreadable:
        raise TiffError("its GPS directory cannot be read, so nor can it be taken out")
    block.tables.pop(GPS, None)
    found = [child(block.before, table, GPS) for table in block.tables.values()]
    for name in block.tables:
        block.forget(name, {GPS})
    return [where for table in found if table for where in block.places(table)]


def _second_directory_places(block: Block) -> list[Place]:
    """The places of the second directory, its values and its picture, as far as they exist."""
    try:
        table = directory(block.before, block.tables[MAIN].following)
    except TiffError:
        return []
    told = {entry.tag: numbers(block.before, entry) for entry in table.entries}
    pictures = [
        (start, start + length)
        for starts, lengths in _PICTURES
        for start, length in zip(told.get(starts, ()), told.get(lengths, ()), strict=False)
        if start + length <= block.before.size
    ]
    return block.places(table) + pictures


def _second_directory(jpeg: bytes, order: str, base: int) -> bytes:
    """A directory for a thumbnail, written for a place, and the thumbnail itself."""
    inch = struct.pack(f"{order}II", 72, 1)
    values = {
        0x0103: (SHORT, struct.pack(f"{order}H", 6)),  # Compression: JPEG
        0x011A: (RATIONAL, inch),  # XResolution, which is mandatory here
        0x011B: (RATIONAL, inch),  # YResolution
        0x0128: (SHORT, struct.pack(f"{order}H", 2)),  # ResolutionUnit: inch
        0x0201: (LONG, bytes(4)),
        0x0202: (LONG, struct.pack(f"{order}I", len(jpeg))),
    }
    length = len(serialized(Tree(values, {}), order, base))
    values[0x0201] = (LONG, struct.pack(f"{order}I", base + length))
    return serialized(Tree(values, {}), order, base) + jpeg
