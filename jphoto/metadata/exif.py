"""Edits EXIF blocks in place, so that maker notes stay valid.

Numbers are overwritten where they are, removed data become zeros (and are cut off at the block's
end), and new data that do not fit are appended. Sizes are (height, width). A block is bytes, from
the TIFF header on.
Tried in its place: Pillow's `Image.Exif`, piexif 1.1.3 and exif 1.6.1. All three move the maker
note, whose offsets then lead nowhere; Pillow drops UTF-8 values, piexif floating-point ones and
little-endian order, and exif fails on a block with such values.
Source: Exif 3.0 (CIPA DC-008), section 4.6; thumbnails, section 4.5.5.
"""

import logging
import struct

from jphoto.metadata.density import ACROSS, DOWN, INCH, UNIT, Density, read_density
from jphoto.metadata.exif_block import Block, ByteRange, overlap
from jphoto.metadata.exif_color import FileColor, set_color
from jphoto.metadata.exif_outdated import further_ranges, outdated_entries
from jphoto.metadata.tiff_directories import (
    ASCII,
    EXIF,
    GPS,
    INTEROP,
    LONG,
    MAIN,
    MAX_EXIF_BYTES,
    RATIONAL,
    SHORT,
    Directory,
    TiffError,
    Tree,
    read_child,
    serialize_tree,
)

_ORIENTATION, _SOFTWARE = 0x0112, 0x0131
_HEIGHT_TAGS = {MAIN: 0x0101, EXIF: 0xA003, INTEROP: 0x1002}
_WIDTH_TAGS = {MAIN: 0x0100, EXIF: 0xA002, INTEROP: 0x1001}
# The least that the standard demands of a JPEG file: 72 pixels per inch, chroma centered.
_72_PER_INCH = struct.pack("<II", 72, 1)
_NEW_BLOCK = struct.pack("<4sI", b"II*\0", 8) + serialize_tree(
    Tree(
        {
            0x011A: (RATIONAL, _72_PER_INCH),
            0x011B: (RATIONAL, _72_PER_INCH),
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
    color: FileColor,
    density: Density | None,
    thumbnail: bytes | None,
    strip_location: bool,
    software: str | None,
) -> bytes | None:
    """Make the EXIF block of a new picture from that of its content photo.

    Args:
      exif: from its TIFF header on; None if the photo has none.
      size: of the new picture, written to the entries for sizes. Orientation becomes 1.
      color: of the new file.
      density: of the new picture; None to keep what the block says.
      thumbnail: a JPEG that replaces the old thumbnail; None for no thumbnail. It is left out if
        the block would become longer than `MAX_EXIF_BYTES` with it.
      strip_location: whether to remove all GPS directories. Maker notes stay, and those of some
        cameras name places.
      software: the new value of Software; None to keep the old one.

    Returns: the block, without entries whose values are cut off and without what is about the old
      file. A block that is broken or too long is dropped, with a line in the log. Without a block,
      or if it was dropped, the result is a new one with Software, or None if `software` is None.
    """
    for source in (exif, None if software is None else _NEW_BLOCK):
        if source:
            try:
                block = Block(source)
                _remove_outdated(block, strip_location)
                _correct(block, size, color, density)
                if software is not None:
                    block.set_value(MAIN, _SOFTWARE, ASCII, software.encode() + b"\0")
                return _serialized(block, thumbnail)
            except TiffError as cause:
                _logger.warning("an EXIF block cannot be kept and was left out: %s", cause)
    return None


def _correct(
    block: Block, size: tuple[int, int], color: FileColor, density: Density | None
) -> None:
    """Make orientation, sizes, density and color those of the new picture."""
    block.set_number(MAIN, _ORIENTATION, 1)
    for tags, side in zip((_HEIGHT_TAGS, _WIDTH_TAGS), size, strict=True):
        for name in tags.keys() & block.directories.keys():
            block.set_number(name, tags[name], side)
        if color.sized and EXIF in block.directories:
            block.remove_entries(EXIF, {tags[EXIF]})
    if density is not None and read_density(block.source) != density:
        for tag, number in zip((ACROSS, DOWN), density.fractions, strict=True):
            pair = struct.pack(f"{block.order}II", number.numerator, number.denominator)
            block.set_value(MAIN, tag, RATIONAL, pair)
        block.set_value(MAIN, UNIT, SHORT, struct.pack(f"{block.order}H", INCH))
    set_color(block, color)


def _serialized(block: Block, thumbnail: bytes | None) -> bytes:
    if thumbnail:
        result = block.to_bytes(_second_directory(thumbnail, block.order, block.end))
        if len(result) <= MAX_EXIF_BYTES:
            return result
        _logger.warning("a thumbnail was left out: EXIF would have %d bytes", len(result))
    result = block.to_bytes()
    if len(result) > MAX_EXIF_BYTES:
        raise TiffError(f"it has {len(result)} bytes; {MAX_EXIF_BYTES} fit into a JPEG file")
    return result


def _remove_outdated(block: Block, strip_location: bool) -> None:
    """Remove what is about the old file and, on request, locations."""
    outdated = further_ranges(block)
    for name in block.directories.keys() & {MAIN, EXIF}:
        entries = outdated_entries(block, name)
        outdated += block.value_ranges(entries)
        block.remove_entries(name, {entry.tag for entry in entries})
    locations = _unlink_locations(block) if strip_location else []
    used = block.used_ranges()
    if any(overlap(span, other) for span in locations for other in used):
        raise TiffError("its GPS directory shares bytes with other entries")
    # A thumbnail may lie within a maker note.
    unused = [span for span in outdated if not any(overlap(span, other) for other in used)]
    block.discard(locations + unused)


def _unlink_locations(block: Block) -> list[ByteRange]:
    """Unlink every GPS directory, whichever directory links to it.

    Returns: the ranges of these directories and their values.
    """
    block.directories.pop(GPS, None)
    locations: list[Directory | None] = []
    for table in block.directories.values():
        tags = [entry.tag for entry in table.entries]
        # Of these only the first is followed, and another one might lead to a location.
        if tags.count(EXIF) > 1 or tags.count(INTEROP) > 1:
            raise TiffError("it has more than one link to a directory of the same name")
        links = [table._replace(entries=(entry,)) for entry in table.entries if entry.tag == GPS]
        locations += [read_child(block.source, link, GPS) for link in links]
    if GPS in block.unreadable or None in locations:
        raise TiffError("its GPS directory cannot be read and so cannot be removed")
    for name in block.directories:
        block.remove_entries(name, {GPS})
    return [span for table in locations if table for span in block.directory_ranges(table)]


def _second_directory(jpeg: bytes, order: str, base: int) -> bytes:
    """Serialize the directory of a thumbnail for an offset, followed by the thumbnail itself."""
    resolution = struct.pack(f"{order}II", 72, 1)
    values = {
        0x0103: (SHORT, struct.pack(f"{order}H", 6)),  # Compression: JPEG
        0x011A: (RATIONAL, resolution),  # XResolution, mandatory here
        0x011B: (RATIONAL, resolution),  # YResolution
        0x0128: (SHORT, struct.pack(f"{order}H", 2)),  # ResolutionUnit: inch
        0x0201: (LONG, bytes(4)),  # offset of the JPEG, set below
        0x0202: (LONG, struct.pack(f"{order}I", len(jpeg))),
    }
    length = len(serialize_tree(Tree(values, {}), order, base))
    values[0x0201] = (LONG, struct.pack(f"{order}I", base + length))
    return serialize_tree(Tree(values, {}), order, base) + jpeg
