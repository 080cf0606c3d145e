"""Reads and writes the directories (IFDs) of TIFF files and of EXIF blocks.

An EXIF block is a small TIFF file without a picture. A directory is a table of 12-byte entries:
tag, type, count, and four bytes that hold the value or its offset. Offsets and sizes are in bytes
from the header. Whatever a file claims, reading takes no more than `MAX_ENTRIES` entries of a
directory and follows no chain of directories. tifffile overwrites tags of files but adds none, and
Pillow and piexif give no offsets, which edits in place need.
Source: TIFF 6.0, section 2; Exif 3.0 (CIPA DC-008), section 4.6, also for type 129.
"""

import struct
from collections.abc import Callable, Iterable
from typing import NamedTuple

MAX_ENTRIES = 256
"""In one directory; cameras write up to about 60, scanners and raw converters up to about 100."""

MAX_EXIF_BYTES = 65_527
"""Bytes of an EXIF block that fit into one JPEG segment, and so the most that a value may have."""

ASCII, SHORT, LONG, RATIONAL, IFD = 2, 3, 4, 5, 13
TYPE_SIZES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1
}  # fmt: skip
"""Bytes of one value of each type. The sizes of other types are unknown."""

MAIN, EXIF, GPS, INTEROP = 0, 0x8769, 0x8825, 0xA005
"""Names of directories: the tags that link to them; the first directory (IFD0) has no tag."""

CHILDREN = {MAIN: (EXIF, GPS), EXIF: (INTEROP,)}
"""Links that each directory may have."""

_ENTRY = "HHI4s"


class TiffError(ValueError):
    """The bytes are not a TIFF structure; callers turn this into a log line or an `ImageError`."""


class Entry(NamedTuple):
    """One entry of a directory, with the four bytes of `field` as they are in the file."""

    tag: int
    type_code: int
    value_count: int
    field: bytes


class Directory(NamedTuple):
    """A directory in a file, without the entries whose values lie beyond the file's end."""

    start: int
    size: int
    entries: tuple[Entry, ...]
    next_offset: int
    """Where the next directory is, or 0."""


class Structure(NamedTuple):
    """A TIFF file or EXIF block whose header has been read."""

    order: str
    """The byte order, "<" or ">" as in `struct`."""
    first: int
    """Offset of the first directory."""
    size: int
    read: Callable[[int, int], bytes]
    """Reads from an offset (first argument) so many bytes (second)."""

    def span(self, start: int, length: int) -> bytes:
        """Read bytes from an offset. Raises: TiffError, if they reach beyond the end."""
        if start + length > self.size:
            raise TiffError(f"{length} bytes at {start} lie beyond its end at {self.size}")
        return self.read(start, length)


class Tree(NamedTuple):
    """The contents of a directory and of its children, without offsets."""

    values: dict[int, tuple[int, bytes]]
    """(type code, bytes) by tag."""
    children: dict[int, "Tree"]


def open_structure(length: int, read: Callable[[int, int], bytes]) -> Structure:
    """Read the header of a classic TIFF file or an EXIF block.

    Args:
      length: of the file or block, in bytes.
      read: reads from an offset (first argument) so many bytes (second); never beyond `length`.

    Raises: TiffError, if there is no such header.
    """
    header = read(0, min(length, 8))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(header[:4])
    if order is None or len(header) < 8:
        raise TiffError(
            f"it does not begin as a TIFF file does but with {header.hex() or 'nothing'}"
        )
    return Structure(order, struct.unpack(f"{order}I", header[4:])[0], length, read)


def open_block(exif: bytes) -> Structure:
    """Read the header of an EXIF block in memory. Raises: TiffError, if there is none."""
    return open_structure(len(exif), lambda start, length: exif[start : start + length])


def read_directory(structure: Structure, start: int) -> Directory:
    """Read the directory at an offset.

    Raises: TiffError, if it reaches beyond the end or has more than `MAX_ENTRIES` entries.
    """
    (count,) = struct.unpack(f"{structure.order}H", structure.span(start, 2))
    if count > MAX_ENTRIES:
        raise TiffError(f"its directory at {start} claims {count} entries")
    table = structure.span(start + 2, 12 * count + 4)
    records = struct.iter_unpack(structure.order + _ENTRY, table[:-4])
    entries = [Entry(*record) for record in records]
    reachable = (e for e in entries if (value_range(structure, e) or (0, 0))[1] <= structure.size)
    (next_offset,) = struct.unpack(f"{structure.order}I", table[-4:])
    return Directory(start, 2 + len(table), tuple(reachable), next_offset)


def read_child(structure: Structure, parent: Directory, link: int) -> Directory | None:
    """Read the directory that an entry links to; None if there is no link or it leads nowhere."""
    for entry in parent.entries:
        if entry.tag == link and entry.type_code in (LONG, IFD):
            try:
                return read_directory(structure, read_numbers(structure, entry)[0])
            except (TiffError, IndexError):
                return None
    return None


def value_size(entry: Entry) -> int:
    """Compute the bytes of an entry's value; 0 if its type is unknown."""
    return TYPE_SIZES.get(entry.type_code, 0) * entry.value_count


def value_range(structure: Structure, entry: Entry) -> tuple[int, int] | None:
    """Compute where a value lies, as (start, end); None if it is in the entry itself."""
    if value_size(entry) <= 4:
        return None
    (start,) = struct.unpack(f"{structure.order}I", entry.field)
    return start, start + value_size(entry)


def read_value(structure: Structure, entry: Entry) -> bytes:
    """Read the bytes of a value, in the structure's byte order."""
    span = value_range(structure, entry)
    if span is None:
        return entry.field[: value_size(entry)]
    return structure.span(span[0], span[1] - span[0])


def read_numbers(structure: Structure, entry: Entry) -> tuple[int, ...]:
    """Read a value of unsigned 16- or 32-bit integers.

    Returns: the integers; none if the value is of another type or has more than `MAX_ENTRIES`.
    """
    letter = {SHORT: "H", LONG: "I", IFD: "I"}.get(entry.type_code)
    if letter is None or entry.value_count > MAX_ENTRIES:
        return ()
    numbers = f"{structure.order}{entry.value_count}{letter}"
    return struct.unpack(numbers, read_value(structure, entry))


def read_tree(structure: Structure, table: Directory, name: int = MAIN) -> Tree:
    """Read the contents of a directory and its children.

    It leaves out links that lead nowhere or are in a directory where they do not belong, values of
    unknown types, values longer than `MAX_EXIF_BYTES`, and all but the first of entries with the
    same tag.

    Args:
      structure: that the directory belongs to.
      table: the directory.
      name: of the directory.

    Raises: TiffError, if a directory has more than `MAX_EXIF_BYTES` bytes of values; in an EXIF
      block they would overlap.
    """
    entries = {
        entry.tag: entry
        for entry in reversed(table.entries)
        if entry.type_code in TYPE_SIZES and value_size(entry) <= MAX_EXIF_BYTES
    }
    if sum(map(value_size, entries.values())) > MAX_EXIF_BYTES:
        raise TiffError(f"its directory at {table.start} has more than {MAX_EXIF_BYTES} bytes")
    values = {
        tag: (entry.type_code, read_value(structure, entry)) for tag, entry in entries.items()
    }
    for link in (EXIF, GPS, INTEROP):
        values.pop(link, None)
    children = {}
    for link in CHILDREN.get(name, ()):
        child = read_child(structure, table, link)
        if child is not None:
            children[link] = read_tree(structure, child, link)
    return Tree(values, children)


def byte_swapped(source: Tree) -> Tree:
    """Convert a tree to the other byte order; bytes of undefined type, as maker notes, stay."""
    return Tree(
        {tag: (code, _reversed(code, data)) for tag, (code, data) in source.values.items()},
        {tag: byte_swapped(child) for tag, child in source.children.items()},
    )


def _reversed(type_code: int, data: bytes) -> bytes:
    """Reverse the bytes of each number of a value."""
    width = 4 if type_code in (RATIONAL, 10) else TYPE_SIZES[type_code]  # rationals are two numbers
    swapped = bytearray(data)
    for byte in range(width):
        swapped[byte::width] = data[width - 1 - byte :: width]
    return bytes(swapped)


def serialize_tree(
    source: Tree, order: str, base: int, *, others: Iterable[Entry] = (), next_offset: int = 0
) -> bytes:
    """Serialize a tree: its directory, followed by its values and children.

    Args:
      source: with values in this byte order.
      order: "<" or ">".
      base: the offset at which the bytes will be; even, as TIFF demands.
      others: entries to add to the first directory as they are; their tags are not in the tree.
      next_offset: the offset of the next directory, or 0.
    """
    entries, data = list(others), bytearray()
    start = base + 2 + 12 * (len(entries) + len(source.values) + len(source.children)) + 4
    for tag in sorted(source.values.keys() | source.children.keys()):
        offset = start + len(data)
        if tag in source.children:
            entries.append(Entry(tag, LONG, 1, struct.pack(f"{order}I", offset)))
            data += serialize_tree(source.children[tag], order, offset)
        else:
            type_code, raw = source.values[tag]
            inline = len(raw) <= 4
            field = raw.ljust(4, b"\0") if inline else struct.pack(f"{order}I", offset)
            entries.append(Entry(tag, type_code, len(raw) // TYPE_SIZES[type_code], field))
            data += b"" if inline else raw
        data += bytes(len(data) % 2)
    return pack_directory(sorted(entries), next_offset, order) + bytes(data)


def pack_directory(entries: Iterable[Entry], next_offset: int, order: str) -> bytes:
    """Pack a directory: the number of entries, the entries, the offset of the next directory."""
    records = [struct.pack(order + _ENTRY, *entry) for entry in entries]
    return b"".join(
        [struct.pack(f"{order}H", len(records)), *records, struct.pack(f"{order}I", next_offset)]
    )
