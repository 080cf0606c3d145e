"""Files inside a Qt resource file (.rcc), in which programs such as GCompris keep their pictures.

Everything is big-endian. The header has the offsets of three tables: a tree of nodes, names in
UTF-16, and data with the length of each file before it.
"""

import struct
import zlib
from collections.abc import Iterator

HEADER = struct.Struct(">4s4I")
"""Magic bytes, format version, offsets of tree, data and names."""
NODE_SIZES = {1: 14, 2: 22, 3: 22}
"""Bytes of a node by format version; since 2 it ends with the time of the file."""
ZLIB, FOLDER, ZSTD = 1, 2, 4
"""Flags of a node."""


def read_entry(resource: bytes, path: str) -> bytes:
    """The bytes of one file.

    Args:
      resource: the whole resource file.
      path: of the file inside it, with a slash first.

    Raises: ValueError, if this is no resource file or its compression is not known; KeyError, if
      it has no such file.
    """
    if resource[:4] != b"qres":
        raise ValueError("not a Qt resource file: it does not begin with qres")
    for name, flags, stored in _files(resource):
        if name == path:
            if flags & ZSTD:
                raise ValueError(f"{path} is compressed with Zstandard, which is not read here")
            return zlib.decompress(stored[4:]) if flags & ZLIB else stored
    raise KeyError(path)


def _files(resource: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Path, flags and stored bytes of each file."""
    _, version, tree, data, names = HEADER.unpack_from(resource)
    if version not in NODE_SIZES:
        raise ValueError(f"format version {version} of Qt resource files is not known")
    waiting = [("", 0)]
    while waiting:
        parent, number = waiting.pop()
        node = tree + NODE_SIZES[version] * number
        name_at, flags = struct.unpack_from(">IH", resource, node)
        path = f"{parent}/{_name(resource, names + name_at)}" if number else ""
        if flags & FOLDER:
            count, first = struct.unpack_from(">II", resource, node + 6)
            waiting += [(path, child) for child in range(first, first + count)]
        else:
            (start,) = struct.unpack_from(">I", resource, node + 10)
            (length,) = struct.unpack_from(">I", resource, data + start)
            begin = data + start + 4
            yield path, flags, resource[begin : begin + length]


def _name(resource: bytes, at: int) -> str:
    """A name: its length in characters, a hash, and the characters."""
    (length,) = struct.unpack_from(">H", resource, at)
    return resource[at + 6 : at + 6 + 2 * length].decode("utf-16-be")
