"""Levels to files: PNG and TIFF written here, strip by strip; JPEG, WebP and BMP by Pillow.

Pillow writes no color of 16 bits, and libvips writes EXIF anew. Of 24 megapixels a PNG of 8 bits
takes 0.8 s of one core, with Pillow 6.6 s, for the same 37 MB; one of 16 bits 1.5 s and 124 MB,
with libvips 1.5 s and 153 MB.
Source: PNG 3rd edition, sections 5, 7.2, 9, 11; TIFF 6.0, sections 2 to 8, 18.
"""

import os
import struct
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from jaxtyping import UInt, UInt8
from PIL import Image

from jphoto.metadata import Metadata, iptc


class _Value(NamedTuple):
    """What a TIFF's directory says under a tag: TIFF's type, how many numbers, their bytes."""

    kind: int
    length: int
    data: bytes


_INCH = _Value(5, 1, struct.pack("<II", 72, 1))  # pixels in one, which TIFF demands


class Frame(NamedTuple):
    """A picture on its way to a file."""

    strips: Iterable[UInt[np.ndarray, "_ w c"]]
    """Levels of 8 or 16 bits, from the top: gray or RGB, and then perhaps opacity."""
    shape: tuple[int, int, int]
    """Height, width, channels."""
    depth: int
    profile: bytes
    metadata: Metadata = Metadata()


def write_png(file: BinaryIO, frame: Frame) -> None:
    """Write a PNG whose rows hold differences to the left, run-length and Huffman coded.

    On photos zlib's search for repetitions takes much longer and hardly finds any.
    """

    def chunk(kind: bytes, data: bytes) -> None:
        file.write(struct.pack(">I", len(data)) + kind + data)
        file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))

    height, width, channels = frame.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, frame.depth, color, 0, 0, 0))
    chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(frame.profile))
    if frame.metadata.exif:
        chunk(b"eXIf", frame.metadata.exif)
    if frame.metadata.xmp:
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + frame.metadata.xmp)
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    for levels in frame.strips:
        chunk(b"IDAT", packer.compress(_differences(levels).data))
    chunk(b"IDAT", packer.flush())
    chunk(b"IEND", b"")


def _differences(levels: UInt[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h _"]:
    """Rows of bytes, each minus that of the pixel to the left, after PNG's name for that."""
    pixel = levels.shape[2] * levels.itemsize
    stored = levels.astype(levels.dtype.newbyteorder(">"), order="C")
    rows = stored.view(np.uint8).reshape(len(levels), -1)
    filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 1
    filtered[:, 1 : 1 + pixel] = rows[:, :pixel]
    np.subtract(rows[:, pixel:], rows[:, :-pixel], out=filtered[:, 1 + pixel :])
    return filtered


def write_tiff(file: BinaryIO, frame: Frame) -> None:
    """Write an uncompressed little-endian TIFF, its directory at the end.

    Raises: ValueError, if it would not fit into the 4 GB of a TIFF.
    """
    height, width, channels = frame.shape
    if height * width * channels * frame.depth // 8 >= 2**32 - 2**24:
        raise ValueError("a TIFF holds at most 4 GB; write PNG")
    file.write(b"II*\0" + bytes(4))
    places, sizes, rows = [], [], []
    for levels in frame.strips:
        places.append(file.tell())
        stored = levels.astype(levels.dtype.newbyteorder("<"), order="C")
        sizes.append(file.write(stored.data))
        rows.append(len(levels))
    color = 3 if channels >= 3 else 1
    records = iptc.for_tiff(frame.metadata.iptc) if frame.metadata.iptc else None
    entries = {
        256: _longs(width),
        257: _longs(height),
        258: _shorts(*[frame.depth] * channels),
        259: _shorts(1),  # not compressed
        262: _shorts(2 if color == 3 else 1),  # RGB, or gray from black to white
        273: _longs(*places),
        277: _shorts(channels),
        278: _longs(rows[0]),
        279: _longs(*sizes),
        282: _INCH,
        283: _INCH,
        284: _shorts(1),  # channel after channel in each pixel
        296: _shorts(2),  # inches
        338: _shorts(*[2] * (channels - color)),  # opacity, by which color is not multiplied
        700: _bytes(1, frame.metadata.xmp),
        33723: _bytes(7, records),
        34675: _bytes(7, frame.profile),
    }
    _write_directory(file, entries)


def _write_directory(file: BinaryIO, entries: dict[int, _Value]) -> None:
    """Write a TIFF's directory, without values of no numbers, and tell the header where it is."""
    entries = {tag: value for tag, value in entries.items() if value.length}
    directory = struct.pack("<H", len(entries))
    for tag, (kind, length, data) in entries.items():
        if len(data) > 4:
            place = file.seek(0, os.SEEK_END)
            file.write(data + bytes(len(data) % 2))
            data = struct.pack("<I", place)
        directory += struct.pack("<HHI4s", tag, kind, length, data)
    place = file.seek(0, os.SEEK_END)
    file.write(directory + bytes(4))
    file.seek(4)
    file.write(struct.pack("<I", place))


def _shorts(*numbers: int) -> _Value:
    return _Value(3, len(numbers), struct.pack(f"<{len(numbers)}H", *numbers))


def _longs(*numbers: int) -> _Value:
    return _Value(4, len(numbers), struct.pack(f"<{len(numbers)}I", *numbers))


def _bytes(kind: int, data: bytes | None) -> _Value:
    return _Value(kind, len(data or b""), data or b"")


def write_by_pillow(file: BinaryIO, frame: Frame, *, file_format: str, **options: Any) -> None:
    """Write 8 bits as JPEG, WebP or BMP, with the options that Pillow has for it.

    Raises: ValueError, if metadata are too long for the format.
    """
    levels = np.empty(frame.shape, np.uint8)
    top = 0
    for strip in frame.strips:
        levels[top : top + len(strip)] = strip
        top += len(strip)
    if frame.metadata.exif:
        options["exif"] = b"Exif\0\0" + frame.metadata.exif
    if frame.metadata.xmp:
        options["xmp"] = frame.metadata.xmp
    if frame.metadata.iptc:
        options["extra"] = _segment(0xED, iptc.for_jpeg(frame.metadata.iptc))  # APP13
    image = Image.fromarray(levels if frame.shape[2] > 1 else levels[..., 0])
    image.save(file, format=file_format, icc_profile=frame.profile, **options)


def _segment(marker: int, data: bytes) -> bytes:
    if len(data) > 2**16 - 3:
        raise ValueError(f"IPTC metadata of {len(data)} bytes are too long")
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data
