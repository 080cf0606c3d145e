"""Directories of TIFF files and of EXIF blocks, which are small TIFF files without a picture.

A directory is a table of 12-byte entries: tag, type, count, and four bytes that hold the value or
say where it lies. Offsets and sizes are in bytes from the header. Whatever a file claims, reading
looks at no more than `MOST_ENTRIES` entries a directory and follows no chain.
Source: TIFF 6.0, section 2; Exif 3.0 (CIPA DC-008), section 4.6, also for type 129.
"""

import struct
from collections.abc import Callable, Iterable
from typing import NamedTuple

MOST_ENTRIES = 256
"""Of one directory; cameras write up to about 60, scanners and raw converters up to about 100."""

LONGEST_EXIF = 65_527
"""Bytes of an EXIF block that fit into one JPEG segment, and so the most of any value in it."""

ASCII, SHORT, LONG, RATIONAL, IFD = 2, 3, 4, 5, 13
WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
"""Bytes of one value of each type. What other types hold is unknown and left alone."""

MAIN, EXIF, GPS, INTEROP = 0, 0x8769, 0x8825, 0xA005
"""Directories are named by the tags that lead to them; the first one, IFD0, by zero."""

BELOW = {MAIN: (EXIF, GPS), EXIF: (INTEROP,)}
"""Which directory leads to which."""

_RECORD = "HHI4s"


class TiffError(ValueError):
    """The bytes are no TIFF structure; callers turn this into a log line or an `ImageError`."""


class Entry(NamedTuple):
    """One line of a directory, as it stands there; `length` counts values, not bytes."""

    tag: int
    kind: int
    length: int
    field: bytes


class Directory(NamedTuple):
    """A directory where it stands, without the entries whose values lie beyond the end."""

    start: int
    room: int
    entries: tuple[Entry, ...]
    following: int


class Structure(NamedTuple):
    """A TIFF file or EXIF block behind its header; `order` is "<" or ">", as `struct` has it."""

    order: str
    first: int
    size: int
    read: Callable[[int, int], bytes]

    def span(self, start: int, length: int) -> bytes:
        """Bytes from an offset on. Raises: TiffError, if they are not all there."""
        if start + length > self.size:
            raise TiffError(f"{length} bytes at {start} lie beyond its end at {self.size}")
        return self.read(start, length)


class Tree(NamedTuple):
    """A directory and those below it, free of any place: values as (type, bytes), by tag."""

    values: dict[int, tuple[int, bytes]]
    branches: dict[int, "Tree"]


def opened(length: int, read: Callable[[int, int], bytes]) -> Structure:
    """Read the header of a classic TIFF file or an EXIF block.

    Args:
      length: of the whole, in bytes.
      read: gives so many bytes (second) from an offset (first); asked for nothing beyond the end.

    Raises: TiffError, if there is no such header.
    """
    header = read(0, min(length, 8))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(header[:4])
    if order is None or len(header) < 8:
        raise TiffError(
            f"it does not begin as a TIFF file does but with {header.hex() or 'nothing'}"
        )
    return Structure(order, struct.unpack(f"{order}I", header[4:])[0], length, read)


def opened_block(exif: bytes) -> Structure:
    """An EXIF block's structure, over bytes. Raises: TiffError."""
    return opened(len(exif), lambda start, length: exif[start : start + length])


def directory(structure: Structure, start: int) -> Directory:
    """Read the directory at an offset.

    Raises: TiffError, if it reaches beyond the end or has more than `MOST_ENTRIES` entries.
    """
    (count,) = struct.unpack(f"{structure.order}H", structure.span(start, 2))
    if count > MOST_ENTRIES:
        raise TiffError(f"its directory at {start} claims {count} entries")
    table = structure.span(start + 2, 12 * count + 4)
    records = struct.iter_unpack(structure.order + _RECORD, table[:-4])
    entries = [Entry(*record) for record in records]
    reachable = (e for e in entries if (place(structure, e) or (0, 0))[1] <= structure.size)
    (following,) = struct.unpack(f"{structure.order}I", table[-4:])
    return Directory(start, 2 + len(table), tuple(reachable), following)


def child(structure: Structure, parent: Directory, pointer: int) -> Directory | None:
    """The directory that an entry leads to, or None if there is none that can be read."""
    for entry in parent.entries:
        if entry.tag == pointer and entry.kind in (LONG, IFD):
            try:
                return directory(structure, numbers(structure, entry)[0])
            except (TiffError, IndexError):
                return None
    return None


def size(entry: Entry) -> int:
    """Of a value, in bytes; zero if its type is unknown."""
    return WIDTHS.get(entry.kind, 0) * entry.length


def place(structure: Structure, entry: Entry) -> tuple[int, int] | None:
    """Where a value lies, from and to, or None if it is in the entry itself."""
    if size(entry) <= 4:
        return None
    (start,) = struct.unpack(f"{structure.order}I", entry.field)
    return start, start + size(entry)


def value(structure: Structure, entry: Entry) -> bytes:
    """The bytes of a value, in the structure's byte order."""
    where = place(structure, entry)
    if where is None:
        return entry.field[: size(entry)]
    return structure.span(where[0], where[1] - where[0])


def numbers(structure: Structure, entry: Entry) -> tuple[int, ...]:
    """A value of unsigned integers; of other types, or of absurdly many, none."""
    letter = {SHORT: "H", LONG: "I", IFD: "I"}.get(entry.kind)
    if letter is None or entry.length > MOST_ENTRIES:
        return ()
    return struct.unpack(f"{structure.order}{entry.length}{letter}", value(structure, entry))


def tree(structure: Structure, table: Directory, name: int = MAIN) -> Tree:
    """Take a directory and those below it out of their places.

    Left out are pointers that lead nowhere, values of unknown types, values longer than
    `LONGEST_EXIF`, and all but the first of entries with one tag.

    Raises: TiffError, if a directory has more than `LONGEST_EXIF` bytes of values; in a block they
      would lie one over another.
    """
    entries = {
        entry.tag: entry
        for entry in reversed(table.entries)
        if entry.kind in WIDTHS and size(entry) <= LONGEST_EXIF
    }
    if sum(map(size, entries.values())) > LONGEST_EXIF:
        raise TiffError(f"its directory at {table.start} has more than {LONGEST_EXIF} bytes")
    values = {tag: (entry.kind, value(structure, entry)) for tag, entry in entries.items()}
    branches = {}
    for pointer in BELOW.get(name, ()):
        values.pop(pointer, None)
        below = child(structure, table, pointer)
        if below is not None:
            branches[pointer] = tree(structure, below, pointer)
    return Tree(values, branches)


def swapped(source: Tree) -> Tree:
    """The same tree in the other byte order; undefined bytes, as in maker notes, are as before."""
    return Tree(
        {tag: (kind, _reversed(kind, data)) for tag, (kind, data) in source.values.items()},
        {tag: swapped(below) for tag, below in source.branches.items()},
    )


def _reversed(kind: int, data: bytes) -> bytes:
    width = 4 if kind in (RATIONAL, 10) else WIDTHS[kind]  # a rational is two numbers
    turned = bytearray(data)
    for byte in range(width):
        turned[byte::width] = data[width - 1 - byte :: width]
    return bytes(turned)


def serialized(
    source: Tree, order: str, base: int, *, others: Iterable[Entry] = (), following: int = 0
) -> bytes:
    """Write a tree for a place: its directory, then values and directories below it.

    Args:
      source: with values in this byte order.
      order: "<" or ">".
      base: the offset at which the bytes will stand; even, as TIFF wants it.
      others: entries that join the first directory as they are, with other tags than the tree's.
      following: the offset of the next directory, or zero.
    """
    entries, data = list(others), bytearray()
    start = base + 2 + 12 * (len(entries) + len(source.values) + len(source.branches)) + 4
    for tag in sorted(source.values.keys() | source.branches.keys()):
        here = start + len(data)
        if tag in source.branches:
            entries.append(Entry(tag, LONG, 1, struct.pack(f"{order}I", here)))
            data += serialized(source.branches[tag], order, here)
        else:
            kind, raw = source.values[tag]
            inline = len(raw) <= 4
            field = raw.ljust(4, b"\0") if inline else struct.pack(f"{order}I", here)
            entries.append(Entry(tag, kind, len(raw) // WIDTHS[kind], field))
            data += b"" if inline else raw
        data += bytes(len(data) % 2)
    return packed(sorted(entries), following, order) + bytes(data)


def packed(entries: Iterable[Entry], following: int, order: str) -> bytes:
    """A directory's bytes: the number of entries, the entries, where the next directory is."""
    records = [struct.pack(order + _RECORD, *entry) for entry in entries]
    return b"".join(
        [struct.pack(f"{order}H", len(records)), *records, struct.pack(f"{order}I", following)]
    )
