"""Encodes TIFF files, uncompressed and strip by strip.

Pillow writes no 16-bit color, and libvips rewrites EXIF.
Source: TIFF 6.0, sections 2 to 8, 18.
"""

import os
import struct
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from jphoto.images.encoders.quantization import QuantizedPicture
from jphoto.metadata import Density, iptc


class _TagValue(NamedTuple):
    """A value in a TIFF directory: TIFF's code of its type, how many numbers, and their bytes."""

    type_code: int
    length: int
    data: bytes


MOST_TIFF_BYTES = 2**32 - 2**24
"""Of levels; what is left of the 4 GB is for metadata."""
_UNKNOWN = Density(72, 72)  # pixels per inch; TIFF demands a density


def write_tiff(file: BinaryIO, picture: QuantizedPicture) -> None:
    """Write an uncompressed little-endian TIFF with its directory at the end.

    Raises: ValueError, if it would be larger than the 4 GB of a TIFF.
    """
    height, width, channels = picture.shape
    if height * width * channels * picture.depth // 8 > MOST_TIFF_BYTES:
        raise ValueError("a TIFF holds at most 4 GB; write PNG")
    file.write(b"II*\0" + bytes(4))
    offsets, sizes, rows = [], [], []
    for levels in picture.strips:
        offsets.append(file.tell())
        stored = levels.astype(levels.dtype.newbyteorder("<"), order="C")
        sizes.append(file.write(stored.data))
        rows.append(len(levels))
    colors = 3 if channels >= 3 else 1
    records = iptc.for_tiff(picture.metadata.iptc) if picture.metadata.iptc else None
    across, down = (picture.metadata.density or _UNKNOWN).fractions
    entries = {
        256: _longs(width),  # ImageWidth
        257: _longs(height),  # ImageLength
        258: _shorts(*[picture.depth] * channels),  # BitsPerSample
        259: _shorts(1),  # Compression: none
        262: _shorts(2 if colors == 3 else 1),  # PhotometricInterpretation: RGB; gray, 0 is black
        273: _longs(*offsets),  # StripOffsets
        277: _shorts(channels),  # SamplesPerPixel
        278: _longs(rows[0]),  # RowsPerStrip
        279: _longs(*sizes),  # StripByteCounts
        282: _rational(across),  # XResolution
        283: _rational(down),  # YResolution
        284: _shorts(1),  # PlanarConfiguration: the channels of a pixel together
        296: _shorts(2),  # ResolutionUnit: inch
        338: _shorts(*[2] * (channels - colors)),  # ExtraSamples: opacity, not premultiplied
        700: _bytes(1, picture.metadata.xmp),
        33723: _bytes(7, records),
        34675: _bytes(7, picture.profile),
    }
    _write_directory(file, entries)


def _write_directory(file: BinaryIO, entries: dict[int, _TagValue]) -> None:
    """Write a TIFF's directory, without empty values, and put its offset into the header."""
    entries = {tag: value for tag, value in entries.items() if value.length}
    directory = struct.pack("<H", len(entries))
    for tag, (type_code, length, data) in entries.items():
        if len(data) > 4:
            offset = file.seek(0, os.SEEK_END)
            file.write(data + bytes(len(data) % 2))
            data = struct.pack("<I", offset)
        directory += struct.pack("<HHI4s", tag, type_code, length, data)
    offset = file.seek(0, os.SEEK_END)
    file.write(directory + bytes(4))
    file.seek(4)
    file.write(struct.pack("<I", offset))


def _shorts(*numbers: int) -> _TagValue:
    return _TagValue(3, len(numbers), struct.pack(f"<{len(numbers)}H", *numbers))


def _longs(*numbers: int) -> _TagValue:
    return _TagValue(4, len(numbers), struct.pack(f"<{len(numbers)}I", *numbers))


def _rational(number: Fraction) -> _TagValue:
    return _TagValue(5, 1, struct.pack("<II", number.numerator, number.denominator))


def _bytes(type_code: int, data: bytes | None) -> _TagValue:
    return _TagValue(type_code, len(data or b""), data or b"")
