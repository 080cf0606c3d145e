"""Reads EXIF from TIFF files and adds it to them: in a TIFF file, EXIF is not a block of its own.

Its entries are in the file's first directory, among those that describe the pixels, and its other
directories are anywhere in the file. Only the header and directories are read, never pixels.
tifffile is no replacement: among its extra tags it silently drops the link to an Exif directory.
Source: TIFF 6.0, section 2; Exif 3.0 (CIPA DC-008), section 4.6.
"""

import logging
import os
import struct
from pathlib import Path
from typing import BinaryIO

from jphoto.errors import ImageError
from jphoto.metadata.tiff_directories import (
    CHILDREN,
    MAIN,
    Structure,
    TiffError,
    Tree,
    byte_swapped,
    open_block,
    open_structure,
    read_directory,
    read_tree,
    serialize_tree,
)

# Tags of the first directory that describe the photo: from DocumentName, Make and Model to Rating,
# Copyright and the comments of Windows. The others describe the layout of the pixels, as
# Orientation does here.
_DESCRIPTIVE_TAGS = {
    0x010D, 0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x011D, 0x0128, 0x0131, 0x0132, 0x013B,
    0x013C, 0x4746, 0x4749, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,
}  # fmt: skip

_logger = logging.getLogger(__name__)


def read_exif(file: BinaryIO, name: str, page: int | None = None) -> bytes | None:
    """Read what a TIFF file says about its photo, as an EXIF block.

    Maker notes keep their bytes, but offsets in them are no longer valid.

    Args:
      file: a classic TIFF file, in either byte order; the block has the same order.
      name: of the photo in the log.
      page: the offset of its directory; None for the first page.

    Returns: a block with the descriptive entries of the page and its Exif, GPS and Interop
      directories; None if there are none, or, with a line in the log, if they cannot be read.
    """
    try:
        structure = _open_file(file)
        structure = structure._replace(first=structure.first if page is None else page)
        description = _read_description(structure)
    except (TiffError, OSError) as cause:
        _logger.warning("%s: its EXIF cannot be read and was left out: %s", name, cause)
        return None
    if not description.values and not description.children:
        return None
    version = struct.pack(f"{structure.order}HI", 42, 8)
    mark = b"II" if structure.order == "<" else b"MM"
    return mark + version + serialize_tree(description, structure.order, 8)


def add_exif(path: Path, exif: bytes) -> None:
    """Append the contents of an EXIF block, except its thumbnail, to a TIFF file.

    They replace the values of the same tags in the first page. Maker notes keep their bytes, but
    offsets in them are no longer valid. A broken block adds nothing, with a line in the log.

    Args:
      path: of a classic TIFF file, in either byte order.
      exif: from its TIFF header on, in either byte order.

    Raises: ImageError, if the file is not a classic TIFF file or would be larger than 4 GB; it is
      unchanged then.
    """
    try:
        block = open_block(exif)
        description = _read_description(block)
    except TiffError as cause:
        _logger.warning("an EXIF block cannot be read and was left out: %s", cause)
        return
    with path.open("r+b") as file:
        try:
            structure = _open_file(file)
            page = read_directory(structure, structure.first)
        except TiffError as cause:
            raise ImageError(f"{path} takes no EXIF: {cause}; write a classic TIFF file") from None
        if structure.order != block.order:
            description = byte_swapped(description)
        replaced = description.values.keys() | description.children.keys()
        others = [entry for entry in page.entries if entry.tag not in replaced]
        start = structure.size + structure.size % 2
        try:
            data = serialize_tree(
                description, structure.order, start, others=others, next_offset=page.next_offset
            )
        except struct.error:
            found = f"it has {structure.size} bytes"
            raise ImageError(f"{path} takes no EXIF: {found}; offsets end at 4 GB") from None
        file.seek(start)
        file.write(data)
        file.seek(4)  # last, so that the picture can still be read after a crash before this
        file.write(struct.pack(f"{structure.order}I", start))


def _open_file(file: BinaryIO) -> Structure:
    def read(start: int, length: int) -> bytes:
        file.seek(start)
        return file.read(length)

    return open_structure(file.seek(0, os.SEEK_END), read)


def _read_description(structure: Structure) -> Tree:
    """Read what the first directory and its children say about the photo."""
    table = read_directory(structure, structure.first)
    wanted = _DESCRIPTIVE_TAGS.union(CHILDREN[MAIN])
    entries = tuple(entry for entry in table.entries if entry.tag in wanted)
    return read_tree(structure, table._replace(entries=entries))
