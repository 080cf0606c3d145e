"""An EXIF block in work: its bytes, its directories, and which bytes are whose.

Nothing that stays is moved, since maker notes hold offsets from the block's beginning that only
their maker knows. The one exception is a first directory that grows: nothing in it has an offset.
Places are (from, to), in bytes from the block's beginning.
"""

import struct
from collections.abc import Collection, Iterable

from jphoto.metadata.tiff_directories import (
    BELOW,
    LONG,
    LONGEST_EXIF,
    MAIN,
    SHORT,
    Directory,
    Entry,
    TiffError,
    child,
    directory,
    opened_block,
    packed,
    place,
)

Place = tuple[int, int]

_LARGEST = 4 * LONGEST_EXIF  # what is larger does not become short enough either


class Block:
    """The bytes of a block, and its directories by the tags that lead to them.

    Changed directories reach the bytes in `written` only. `before` is the block as it was;
    `unreadable` are pointers that led nowhere, or to a directory that shares bytes with another,
    and were dropped.

    Raises: TiffError, if there is no first directory, or far too many bytes.
    """

    def __init__(self, exif: bytes) -> None:
        if len(exif) > _LARGEST:
            raise TiffError(f"it has {len(exif)} bytes")
        self.data = bytearray(exif)
        self.before = opened_block(exif)
        self.order = self.before.order
        self.tables = {MAIN: directory(self.before, self.before.first)}
        self.unreadable: set[int] = set()
        if self.before.first < 8:
            raise TiffError(f"its first directory begins at {self.before.first}, in its header")
        for parent, pointers in BELOW.items():
            for pointer in pointers:
                if parent in self.tables and self.entry(parent, pointer):
                    self._follow(parent, pointer)

    def _follow(self, parent: int, pointer: int) -> None:
        below = child(self.before, self.tables[parent], pointer)
        if below is None or any(meet(_whole(below), _whole(t)) for t in self.tables.values()):
            self.unreadable.add(pointer)
            self.forget(parent, {pointer})
        else:
            self.tables[pointer] = below

    def entry(self, name: int, tag: int) -> Entry | None:
        """The first entry with a tag in a directory, if there is one."""
        return next((found for found in self.tables[name].entries if found.tag == tag), None)

    def forget(self, name: int, tags: Collection[int]) -> None:
        """Drop entries from a directory; their values stay where they are."""
        kept = (entry for entry in self.tables[name].entries if entry.tag not in tags)
        self.tables[name] = self.tables[name]._replace(entries=tuple(kept))

    def set_number(self, name: int, tag: int, number: int) -> None:
        """Let an entry, if there, be this number: of 16 bits, or of 32 where it was or must be."""

        def changed(entry: Entry) -> Entry:
            if entry.tag != tag:
                return entry
            if entry.kind == LONG or number >= 2**16:
                return Entry(tag, LONG, 1, struct.pack(f"{self.order}I", number))
            return Entry(tag, SHORT, 1, struct.pack(f"{self.order}Hxx", number))

        entries = tuple(map(changed, self.tables[name].entries))
        self.tables[name] = self.tables[name]._replace(entries=entries)

    def set_value(self, tag: int, kind: int, data: bytes) -> None:
        """Let the first directory say these bytes: in the old value's place, or at the end.

        Args:
          tag: of the entry, which is made if it is not there.
          kind: a type whose values are single bytes.
          data: the value.
        """
        old = self.entry(MAIN, tag)
        where = place(self.before, old) if old else None
        if where is None or not self.alone(where):
            where = (0, 0)  # no place to write in
        self.clear([where])
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            start = where[0] if len(data) <= where[1] - where[0] else self.append(len(data))
            self.data[start : start + len(data)] = data
            field = struct.pack(f"{self.order}I", start)
        self.forget(MAIN, {tag})
        entries = [*self.tables[MAIN].entries, Entry(tag, kind, len(data), field)]
        self._set_entries(sorted(entries, key=lambda entry: entry.tag))

    def _set_entries(self, entries: list[Entry]) -> None:
        """Give the first directory these entries; it moves to the end if it needs more room."""
        main = self.tables[MAIN]._replace(entries=tuple(entries))
        needed = len(packed(entries, 0, self.order))
        if needed > main.room:
            main = main._replace(start=self.append(needed), room=needed)
        self.tables[MAIN] = main

    def used(self) -> list[Place]:
        """All places that header, directories and their values take, but for the second's."""
        return [(0, 8)] + [where for table in self.tables.values() for where in self.places(table)]

    def places(self, table: Directory) -> list[Place]:
        """Those of a directory and its values."""
        return [_whole(table), *self.values(table.entries)]

    def values(self, entries: Iterable[Entry]) -> list[Place]:
        """Those of values that do not stand in their entries."""
        return [where for entry in entries if (where := place(self.before, entry)) is not None]

    def alone(self, where: Place) -> bool:
        """Whether a place that is in use shares no byte with any other."""
        return sum(meet(where, other) for other in self.used()) == 1

    def clear(self, places: list[Place]) -> None:
        """Zero bytes."""
        for start, end in places:
            self.data[start:end] = bytes(end - start)

    def cut(self, places: list[Place]) -> None:
        """Zero bytes that are not in use, and take them away if nothing but zeros follows them."""
        self.clear(places)
        last = max(len(self.data.rstrip(b"\0")), *(end for _, end in self.used()))
        del self.data[
            min((start for start, _ in places if start >= last), default=len(self.data)) :
        ]

    def append(self, length: int) -> int:
        """Make room at the end. Returns: where it begins, at an even offset."""
        start = self.end
        self.data = self.data.ljust(start + length, b"\0")
        return start

    @property
    def end(self) -> int:
        """The first even offset after all bytes."""
        return len(self.data) + len(self.data) % 2

    def written(self, second: bytes = b"") -> bytes:
        """The whole block.

        Args:
          second: a second directory, with all that belongs to it, written for its place `end`.
        """
        data = self.data.ljust(self.end, b"\0") + second if second else self.data.copy()
        struct.pack_into(f"{self.order}I", data, 4, self.tables[MAIN].start)
        for name, table in self.tables.items():
            following = table.following if name != MAIN else self.end if second else 0
            records = packed(table.entries, following, self.order)
            data[slice(*_whole(table))] = records.ljust(table.room, b"\0")
        return bytes(data)


def meet(one: Place, other: Place) -> bool:
    """Whether two places share a byte."""
    return one[0] < other[1] and other[0] < one[1]


def _whole(table: Directory) -> Place:
    return table.start, table.start + table.room
