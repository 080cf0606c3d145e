"""EXIF into a TIFF file and out of one: there it has no block of its own.

Its entries stand in the file's first directory among those that describe the pixels, and its
other directories anywhere. Only header and directories are read, never pixels.
Source: TIFF 6.0, section 2; Exif 3.0 (CIPA DC-008), section 4.6.
"""

import logging
import os
import struct
from pathlib import Path
from typing import BinaryIO

from jphoto.errors import ImageError
from jphoto.metadata.tiff_directories import (
    BELOW,
    MAIN,
    Structure,
    TiffError,
    Tree,
    directory,
    opened,
    opened_block,
    serialized,
    swapped,
    tree,
)

# What the first directory says of a photo, not of how its pixels are laid out (as Orientation does
# here): from DocumentName, Make and Model to Rating, Copyright and the comments of Windows.
_DESCRIPTIVE = {
    0x010D, 0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x011D, 0x0128, 0x0131, 0x0132, 0x013B,
    0x013C, 0x4746, 0x4749, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,
}  # fmt: skip

_logger = logging.getLogger(__name__)


def read_exif(path: Path) -> bytes | None:
    """Make an EXIF block of what a TIFF file says about its photo.

    Maker notes keep their bytes, but offsets in them lead nowhere after such a move.

    Args:
      path: of a classic TIFF file, in either byte order, which the block keeps.

    Returns: a block with the descriptive entries of the first page and its Exif, GPS and Interop
      directories; None if there are none, and, with a line in the log, if they cannot be read.
    """
    try:
        with path.open("rb") as file:
            structure = _structure(file)
            found = _told(structure)
    except (TiffError, OSError) as cause:
        _logger.warning("%s: its EXIF cannot be read and was left out: %s", path, cause)
        return None
    if not found.values and not found.branches:
        return None
    magic = struct.pack(f"{structure.order}HI", 42, 8)
    mark = b"II" if structure.order == "<" else b"MM"
    return mark + magic + serialized(found, structure.order, 8)


def add_exif(path: Path, exif: bytes) -> None:
    """Put what an EXIF block says, but for its thumbnail, into a TIFF file, at the file's end.

    It replaces what the first page says under the same tags. Maker notes keep their bytes, but
    offsets in them lead nowhere after such a move. A broken block adds nothing, with a line in
    the log.

    Args:
      path: of a classic TIFF file, in either byte order.
      exif: from its TIFF header on, in either byte order.

    Raises: ImageError, if the file is no such file or would grow beyond 4 GB; it is as it was then.
    """
    try:
        block = opened_block(exif)
        added = _told(block)
    except TiffError as cause:
        _logger.warning("an EXIF block cannot be read and was left out: %s", cause)
        return
    with path.open("r+b") as file:
        try:
            structure = _structure(file)
            page = directory(structure, structure.first)
        except TiffError as cause:
            raise ImageError(f"{path} takes no EXIF: {cause}; write a classic TIFF file") from None
        if structure.order != block.order:
            added = swapped(added)
        replaced = added.values.keys() | added.branches.keys()
        others = [entry for entry in page.entries if entry.tag not in replaced]
        start = structure.size + structure.size % 2
        try:
            data = serialized(
                added, structure.order, start, others=others, following=page.following
            )
        except struct.error:
            found = f"it has {structure.size} bytes"
            raise ImageError(f"{path} takes no EXIF: {found}; offsets end at 4 GB") from None
        file.seek(start)
        file.write(data)
        file.seek(4)  # last, so that a file cut short by a crash still shows its picture
        file.write(struct.pack(f"{structure.order}I", start))


def _structure(file: BinaryIO) -> Structure:
    def read(start: int, length: int) -> bytes:
        file.seek(start)
        return file.read(length)

    return opened(file.seek(0, os.SEEK_END), read)


def _told(structure: Structure) -> Tree:
    """What is said about the photo: the descriptive entries and the directories below."""
    table = directory(structure, structure.first)
    wanted = _DESCRIPTIVE.union(BELOW[MAIN])
    entries = tuple(entry for entry in table.entries if entry.tag in wanted)
    return tree(structure, table._replace(entries=entries))
