"""PNG files made chunk by chunk: Pillow writes no cICP, no cHRM and no color of 16 bits."""

import struct
import zlib

import numpy as np

from jphoto.images.pixels import Chromaticities

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    """A chunk, whose checksum is right unless another one is given."""
    checksum = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", checksum)


def png_of(levels: np.ndarray, *before: bytes, after: bytes = b"") -> bytes:
    """A file with chunks before and after its pixels."""
    height, width, channels = levels.shape
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * levels.itemsize, _COLOR_TYPES[channels], 0, 0, 0
    )
    rows = levels.astype(levels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    pixels = zlib.compress(np.insert(rows, 0, 0, axis=1).tobytes())
    chunks = [chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), after, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def iccp(profile: bytes, name: bytes = b"x") -> bytes:
    return chunk(b"iCCP", name + b"\0\0" + zlib.compress(profile))


def cicp(primaries: int, transfer: int, matrix: int = 0, full_range: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full_range]))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100000 * gamma)))


def chrm(points: Chromaticities) -> bytes:
    numbers = [round(100000 * number) for point in points for number in point]
    return chunk(b"cHRM", struct.pack(">8I", *numbers))
