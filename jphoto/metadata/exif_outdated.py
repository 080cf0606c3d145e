"""Which EXIF entries are about the photo's file, and where its further directories lie.

The tags are those of TIFF's pixel layout, of raw photos and DNG, of Photoshop's layers, and of what
telephones append to a photo. Further directories are the second one, for the thumbnail, those after
it, and those of raw photos (SubIFDs); a new picture has none of them.
Source: TIFF 6.0; TIFF/EP (ISO 12234-2); DNG 1.7.1; exiftool's tables of tags.
"""

import re
from collections.abc import Iterator

from jphoto.metadata.exif_block import Block, ByteRange
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    Directory,
    Entry,
    TiffError,
    read_child,
    read_directory,
    read_numbers,
    read_value,
)

_SUB_IFDS = 0x014A
_PICTURES = ((0x0201, 0x0202), (0x0111, 0x0117))  # of a thumbnail's offset and its length
_MOST_DIRECTORIES = 32

_LAYOUT_TAGS = {
    0x00FE, 0x00FF, 0x0102, 0x0103, 0x0106, 0x0107, 0x010A, 0x0111, 0x0115, 0x0116, 0x0117, 0x0118,
    0x0119, 0x011C, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x0129, 0x012D, 0x013D, 0x013E,
    0x013F, 0x0140, 0x0141, 0x0142, 0x0143, 0x0144, 0x0145, _SUB_IFDS, 0x014C, 0x014D, 0x0152,
    0x0153, 0x0154, 0x0155, 0x0156, 0x015B, *range(0x0200, 0x020A), 0x0211, 0x0212, 0x0214,
}  # fmt: skip
_RAW_TAGS = {
    0x828D, 0x828E, *range(0xC612, 0xC800), *range(0xCD2D, 0xCD4E),
} - {0xC6D2, 0xC6D3}  # fmt: skip
"""Of TIFF/EP and DNG, but not Panasonic's title and title 2."""
# XMP, IPTC, Photoshop's resources and the profile, which pictures get outside of EXIF.
_COPY_TAGS = {0x02BC, 0x83BB, 0x8649, 0x8773}
# Xiaomi's mark of a motion photo, bits per pixel of the old compression, Photoshop's layers and
# annotations, the camera's hints to printers, gamma.
_OTHER_TAGS = {0x8897, 0x9102, 0x935C, 0xC44F, 0xC4A5, 0xA500}

FILE_TAGS = frozenset(_LAYOUT_TAGS | _RAW_TAGS | _COPY_TAGS | _OTHER_TAGS)
"""Tags of the first and the Exif directory that do not describe a picture made from the photo."""

# By tag, beginnings of values about the file: the shape of arrays, which tifffile, ImageJ and
# microscopes write as a description; OPPO's and OnePlus's kinds of photo, one of which is a motion
# photo.
_FILE_TEXTS = {
    0x010E: re.compile(
        rb'\{"shape": |ImageJ=|SCIFIO=|(<\?xml[^>]*>\s*(<!--.*?-->\s*)?)?<OME\b', re.DOTALL
    ),
    0x9286: re.compile(rb"(ASCII\0\0\0|\0{8})?oplus_\d+"),
}


def outdated_entries(block: Block, name: int) -> list[Entry]:
    """Return the entries of a directory that are about the file."""

    def is_outdated(entry: Entry) -> bool:
        pattern = _FILE_TEXTS.get(entry.tag)
        if pattern is None:
            return entry.tag in FILE_TAGS
        return pattern.match(read_value(block.source, entry)) is not None

    return [entry for entry in block.directories[name].entries if is_outdated(entry)]


def further_ranges(block: Block) -> list[ByteRange]:
    """Return the ranges of all further directories, their values, pictures and children.

    Those that cannot be read are left out.
    """
    return [span for table in _further(block) for span in _ranges(block, table)]


def _further(block: Block) -> Iterator[Directory]:
    first = read_directory(block.source, block.source.first)
    waiting, seen = _following(block, first), {block.source.first}
    while waiting and len(seen) <= _MOST_DIRECTORIES:
        start = waiting.pop()
        if start in seen:
            continue
        seen.add(start)
        try:
            table = read_directory(block.source, start)
        except TiffError:
            continue
        waiting += _following(block, table)
        yield table


def _following(block: Block, table: Directory) -> list[int]:
    links = (read_numbers(block.source, e) for e in table.entries if e.tag == _SUB_IFDS)
    return [start for start in (table.next_offset, *(n for link in links for n in link)) if start]


def _ranges(block: Block, table: Directory) -> list[ByteRange]:
    numbers = {entry.tag: read_numbers(block.source, entry) for entry in table.entries}
    pictures = [
        (start, start + length)
        for starts, lengths in _PICTURES
        for start, length in zip(numbers.get(starts, ()), numbers.get(lengths, ()), strict=False)
        if start + length <= block.source.size
    ]
    children = (read_child(block.source, table, link) for link in (EXIF, GPS))
    spans = [span for child in children if child for span in block.directory_ranges(child)]
    return [*block.directory_ranges(table), *pictures, *spans]
