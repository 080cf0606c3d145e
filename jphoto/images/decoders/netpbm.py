"""Decodes Netpbm files with more than 8 bits (PGM, PPM), PAM and PFM files.

Pillow rounds PPM of more than 8 bits to 8 and reads neither PAM nor color PFM; it keeps the others.
The package netpbmfile reads all of them, but would be a dependency for 60 lines, and it takes a
PAM's opacity for a color.
Source: the manual pages of Netpbm: pgm(5), ppm(5), pam(5), pfm(5).
"""

import re
from typing import BinaryIO, NamedTuple

import numpy as np

from jphoto.errors import ImageError
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Pixels

_MOST_HEADER_BYTES = 4096
_SPACE = rb"(?:\s|#[^\n]*\n)+"
_PNM = re.compile(rb"P([2356])" + 3 * (_SPACE + rb"(\d{1,9})") + rb"\s")
_PFM = re.compile(rb"P([Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s")
_PAM = re.compile(rb"P7\n(.*?)^ENDHDR\n", re.DOTALL | re.MULTILINE)


class _Header(NamedTuple):
    height: int
    width: int
    channels: int
    white: float
    dtype: str
    """Of the stored numbers, by NumPy's names; empty for numbers as text."""
    length: int
    """Bytes before the pixels."""


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    if head[:3] in (b"P7\n", b"PF\n", b"Pf\n"):
        return True
    header = _PNM.match(head)
    return header is not None and int(header[4]) > 255


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode the first picture of a file.

    Raises: ImageError, if its values have no clear meaning; ValueError, if it is damaged.
    """
    file.seek(0)
    header = _header(file.read(_MOST_HEADER_BYTES), name)
    refuse_too_large(header.width, header.height)
    shape = header.height, header.width, header.channels
    count = header.height * header.width * header.channels
    file.seek(header.length)
    if header.dtype:
        data = file.read(count * np.dtype(header.dtype).itemsize)
        values = np.frombuffer(data, header.dtype, count)
    else:
        values = np.array(file.read().split()[:count], np.int64)
    levels = values.reshape(shape)
    if levels.dtype.kind == "f":
        levels = levels[::-1]  # PFM begins at the bottom
        if not np.isfinite(levels).all():
            raise ImageError(f"{name} has values that are not finite")
    elif levels.min() < 0 or levels.max() > header.white:
        raise ValueError(f"a level is not between 0 and {header.white:g}")
    dtype = "f4" if levels.dtype.kind == "f" else "u2" if header.white > 255 else "u1"
    return Pixels(levels.astype(dtype), float(header.white), header.channels in (2, 4))


def _header(head: bytes, name: str) -> _Header:
    """Read the header of a file. Raises: ImageError or ValueError."""
    if found := _PNM.match(head):
        kind, width, height, white = (int(number) for number in found.groups())
        channels = 3 if kind in (3, 6) else 1
        dtype = "" if kind < 5 else ">u2"
        header = _Header(height, width, channels, white, dtype, found.end())
    elif found := _PFM.match(head):
        dtype = "<f4" if found[4].startswith(b"-") else ">f4"
        channels = 3 if found[1] == b"F" else 1
        header = _Header(int(found[3]), int(found[2]), channels, 1.0, dtype, found.end())
    elif found := _PAM.match(head):
        header = _pam_header(found[1], found.end(), name)
    else:
        raise ValueError("its header is broken")
    if not 0 < header.white < 65536 or 0 in header[:3]:
        raise ValueError(
            f"its header claims {header.width} x {header.height} pixels up to {header.white:g}"
        )
    return header


def _pam_header(lines: bytes, length: int, name: str) -> _Header:
    words = [line.split() for line in lines.splitlines() if not line.startswith(b"#")]
    values = {line[0]: line[1] for line in words if len(line) > 1}
    height, width, channels, white = (
        int(values[key]) for key in (b"HEIGHT", b"WIDTH", b"DEPTH", b"MAXVAL")
    )
    kind = values.get(b"TUPLTYPE", b"").decode("latin-1")
    usual = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
    allowed = {usual.get(channels), usual.get(channels, "").replace("GRAYSCALE", "BLACKANDWHITE")}
    if (kind and kind not in allowed) or channels not in usual:
        raise ImageError(f"{name} has {channels} channels of type {kind!r}; save it as RGB or gray")
    return _Header(height, width, channels, white, ">u2" if white > 255 else "u1", length)
