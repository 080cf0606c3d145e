"""An EXIF block during an edit: its bytes, its directories, and which bytes are in use.

Kept bytes are never moved: maker notes contain offsets from the block's beginning, in formats that
only the camera's maker knows. The one exception are directories that grow: only their links lead
to them. Byte ranges are (start, end), from the block's beginning. The libraries that `exif` names
write a new block instead.
"""

import struct
from collections.abc import Collection, Iterable

from jphoto.metadata.tiff_directories import (
    CHILDREN,
    LONG,
    MAIN,
    MAX_EXIF_BYTES,
    SHORT,
    TYPE_SIZES,
    Directory,
    Entry,
    TiffError,
    open_block,
    pack_directory,
    read_child,
    read_directory,
    value_range,
)

ByteRange = tuple[int, int]

_MAX_BLOCK_BYTES = 4 * MAX_EXIF_BYTES  # an edit does not make larger blocks short enough


class Block:
    """The bytes of an EXIF block and its directories, by the tags that link to them.

    Edits of directories reach the bytes in `to_bytes` only. `source` is the block before the edit.
    `unreadable` are links that led nowhere, or to a directory that overlaps another; they were
    removed.

    Raises: TiffError, if there is no first directory, or far too many bytes.
    """

    def __init__(self, exif: bytes) -> None:
        if len(exif) > _MAX_BLOCK_BYTES:
            raise TiffError(f"it has {len(exif)} bytes")
        self.data = bytearray(exif)
        self.source = open_block(exif)
        self.order = self.source.order
        self.directories = {MAIN: read_directory(self.source, self.source.first)}
        self.unreadable: set[int] = set()
        if self.source.first < 8:
            raise TiffError(f"its first directory begins at {self.source.first}, in its header")
        for parent, links in CHILDREN.items():
            for link in links:
                if parent in self.directories and self.find_entry(parent, link):
                    self._follow(parent, link)

    def _follow(self, parent: int, link: int) -> None:
        child = read_child(self.source, self.directories[parent], link)
        if child is None or any(
            overlap(_range(child), _range(other)) for other in self.directories.values()
        ):
            self.unreadable.add(link)
            self.remove_entries(parent, {link})
        else:
            self.directories[link] = child

    def find_entry(self, name: int, tag: int) -> Entry | None:
        """Find the first entry with a tag in a directory, if there is one."""
        return next((entry for entry in self.directories[name].entries if entry.tag == tag), None)

    def remove_entries(self, name: int, tags: Collection[int]) -> None:
        """Remove entries from a directory; the bytes of their values stay."""
        kept = (entry for entry in self.directories[name].entries if entry.tag not in tags)
        self.directories[name] = self.directories[name]._replace(entries=tuple(kept))

    def set_number(self, name: int, tag: int, number: int) -> None:
        """Set the number of an entry, if there is one.

        It gets 32 bits if the old number has them or the new one needs them, otherwise 16.
        """

        def updated(entry: Entry) -> Entry:
            if entry.tag != tag:
                return entry
            if entry.type_code == LONG or number >= 2**16:
                return Entry(tag, LONG, 1, struct.pack(f"{self.order}I", number))
            return Entry(tag, SHORT, 1, struct.pack(f"{self.order}Hxx", number))

        entries = tuple(map(updated, self.directories[name].entries))
        self.directories[name] = self.directories[name]._replace(entries=entries)

    def set_value(self, name: int, tag: int, type_code: int, data: bytes) -> None:
        """Set a value, in place of the old one or at the block's end.

        Args:
          name: of the directory.
          tag: of the entry, which is added if there is none.
          type_code: one of `TYPE_SIZES`.
          data: the value, in the block's byte order.
        """
        old = self.find_entry(name, tag)
        span = value_range(self.source, old) if old else None
        if span is None or not self.is_unshared(span):
            span = (0, 0)  # no bytes to overwrite
        self.clear([span])
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            start = span[0] if len(data) <= span[1] - span[0] else self.append(len(data))
            self.data[start : start + len(data)] = data
            field = struct.pack(f"{self.order}I", start)
        self.set_entry(name, Entry(tag, type_code, len(data) // TYPE_SIZES[type_code], field))

    def set_entry(self, name: int, entry: Entry) -> None:
        """Set an entry of a directory, which moves to the end if it needs more room."""
        self.remove_entries(name, {entry.tag})
        entries = sorted((*self.directories[name].entries, entry), key=lambda entry: entry.tag)
        table = self.directories[name]._replace(entries=tuple(entries))
        needed = len(pack_directory(entries, 0, self.order))
        if needed > table.size:
            table = table._replace(start=self.append(needed), size=needed)
        self.directories[name] = table
        for parent, links in CHILDREN.items():
            if name in links:
                self._link(parent, name)

    def add_directory(self, parent: int, name: int, room: int) -> None:
        """Add a directory at the end, with room for so many entries, and the link to it."""
        size = len(pack_directory([Entry(0, 0, 0, bytes(4))] * room, 0, self.order))
        self.directories[name] = Directory(self.append(size), size, (), 0)
        self._link(parent, name)

    def _link(self, parent: int, name: int) -> None:
        """Let a directory's parent lead to where it is."""
        field = struct.pack(f"{self.order}I", self.directories[name].start)
        old = self.find_entry(parent, name)
        if old is None or old.field != field:
            self.set_entry(parent, Entry(name, LONG, 1, field))

    def used_ranges(self) -> list[ByteRange]:
        """Return the ranges of the header, the directories and their values.

        The second directory, which describes the thumbnail, is not among them.
        """
        tables = self.directories.values()
        return [(0, 8)] + [span for table in tables for span in self.directory_ranges(table)]

    def directory_ranges(self, table: Directory) -> list[ByteRange]:
        """Return the ranges of a directory and its values."""
        return [_range(table), *self.value_ranges(table.entries)]

    def value_ranges(self, entries: Iterable[Entry]) -> list[ByteRange]:
        """Return the ranges of the values that are not in their entries."""
        return [span for entry in entries if (span := value_range(self.source, entry)) is not None]

    def is_unshared(self, span: ByteRange) -> bool:
        """Whether a used range overlaps no other one."""
        return sum(overlap(span, other) for other in self.used_ranges()) == 1

    def clear(self, spans: list[ByteRange]) -> None:
        """Fill ranges with zeros."""
        for start, end in spans:
            self.data[start:end] = bytes(end - start)

    def discard(self, spans: list[ByteRange]) -> None:
        """Fill unused ranges with zeros, and cut them off if only zeros follow."""
        self.clear(spans)
        last = max(len(self.data.rstrip(b"\0")), *(end for _, end in self.used_ranges()))
        del self.data[min((start for start, _ in spans if start >= last), default=len(self.data)) :]

    def append(self, length: int) -> int:
        """Add zeros at the end. Returns: the even offset at which they begin."""
        start = self.end
        self.data = self.data.ljust(start + length, b"\0")
        return start

    @property
    def end(self) -> int:
        """The first even offset after all bytes."""
        return len(self.data) + len(self.data) % 2

    def to_bytes(self, second: bytes = b"") -> bytes:
        """Serialize the block.

        Args:
          second: a second directory with all that belongs to it, serialized for the offset `end`.
        """
        data = self.data.ljust(self.end, b"\0") + second if second else self.data.copy()
        struct.pack_into(f"{self.order}I", data, 4, self.directories[MAIN].start)
        for name, table in self.directories.items():
            next_offset = table.next_offset if name != MAIN else self.end if second else 0
            packed = pack_directory(table.entries, next_offset, self.order)
            data[slice(*_range(table))] = packed.ljust(table.size, b"\0")
        return bytes(data)


def overlap(one: ByteRange, other: ByteRange) -> bool:
    """Whether two ranges share a byte."""
    return one[0] < other[1] and other[0] < one[1]


def _range(table: Directory) -> ByteRange:
    return table.start, table.start + table.size
