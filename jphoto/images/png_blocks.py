"""Leaves out of a PNG file for Pillow what would make Pillow refuse it: blocks around the pixels.

Pillow refuses a whole file for a damaged text, a short block, a checksum of metadata that fails, or
more than 1 MB of compressed text or profile. None of these is needed for the pixels. XMP and color
profiles up to `MOST_BLOCK_BYTES` are read here where Pillow does not; larger ones are left out.
Source: PNG 3rd edition, sections 5.3, 11.3.
"""

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from PIL import PngImagePlugin

from jphoto.images.frames import tell_frames

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_BLOCK_BYTES = 16_000_000
"""Of a block of metadata, expanded. Real ones have 3 MB at most (profiles of printers, XMP with a
long history); a block of 16 KB may claim to expand to this size."""

_PIXELS = {b"IDAT", b"IEND"}
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_XMP = b"XML:com.adobe.xmp"
_NAMES = {b"iCCP": "color profile", b"eXIf": "EXIF"}

_logger = logging.getLogger(__name__)


class _Block(NamedTuple):
    kind: bytes
    start: int
    """Where the block begins, with its length and kind."""
    size: int
    """Of its data, in bytes."""

    @property
    def end(self) -> int:
        return self.start + 12 + self.size


def sound_blocks(file: BinaryIO, name: str) -> tuple[BinaryIO | io.BytesIO, dict[str, bytes]]:
    """Make a PNG file that Pillow reads; all that is left out is told in the log.

    Args:
      file: at any position; of any format.
      name: of the photo in the log.

    Returns: the same file if it is no PNG or needs no change, otherwise a copy of it in memory; and
      what was left out but is read, by Pillow's names: "xmp", "icc_profile".
    """
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return file, {}
    stream, left_out = PngImagePlugin.PngStream(io.BytesIO()), []
    found: dict[str, bytes] = {}
    skipped: dict[tuple[str, str], int] = {}
    for block in _blocks(file):
        if block.kind in _PIXELS:
            continue
        file.seek(block.start + 8)
        if block.kind in _ANIMATION:  # the first picture, of the whole size, is not part of it
            left_out.append(block)
            if block.kind == b"acTL":
                tell_frames(int.from_bytes(file.read(min(block.size, 4)), "big"), name)
            continue
        data = file.read(min(block.size, MOST_BLOCK_BYTES))
        wrong = _what_is_wrong(stream, block, data, file.read(4))
        if not wrong or not block.kind[0] & 32:  # lower case: not needed for the pixels
            continue
        left_out.append(block)
        expanded = _expanded(block, data)
        if expanded:
            found |= expanded
        else:
            reason = _block_name(block, data), wrong
            skipped[reason] = skipped.get(reason, 0) + block.size
    for (block_name, wrong), size in skipped.items():
        length = f"{size / 1e6:.1f} MB" if size > 100_000 else f"{size} bytes"
        _logger.warning("%s: its %s (%s) is %s and was skipped", name, block_name, length, wrong)
    return (_without(file, left_out), found) if left_out else (file, {})


def _blocks(file: BinaryIO) -> Iterator[_Block]:
    """Yield the blocks of a PNG file up to where it ends or is cut short."""
    end = file.seek(0, io.SEEK_END)
    start = len(SIGNATURE)
    while start + 12 <= end:
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        yield _Block(kind, start, length)
        start += 12 + length


def _what_is_wrong(
    stream: PngImagePlugin.PngStream, block: _Block, data: bytes, checksum: bytes
) -> str:
    """Find out whether Pillow would refuse a file for this block, which changes the stream.

    Returns: the reason; empty if nothing is wrong.
    """
    if block.size > MOST_BLOCK_BYTES:
        return "too large"
    if struct.pack(">I", zlib.crc32(data, zlib.crc32(block.kind))) != checksum:
        return "damaged"
    stream.fp = io.BytesIO(data)
    try:
        stream.call(block.kind, 0, block.size)
    except Exception as cause:  # SyntaxError, ValueError, struct.error, ...
        return "too large" if "too" in str(cause).lower().split() else "damaged"
    return ""


def _expanded(block: _Block, data: bytes) -> dict[str, bytes]:
    """Expand XMP or a color profile by our own limit; empty for other, larger and damaged ones."""
    keyword, _, rest = data.partition(b"\0")
    if block.size > len(data):
        return {}
    if block.kind == b"iCCP" and rest[:1] == b"\0":
        entry, compressed = "icc_profile", rest[1:]
    elif block.kind == b"iTXt" and keyword == _XMP and rest[:2] == b"\1\0":
        entry, compressed = "xmp", rest[2:].split(b"\0", 2)[-1]
    else:
        return {}
    try:
        expander = zlib.decompressobj()
        value = expander.decompress(compressed, MOST_BLOCK_BYTES)
    except zlib.error:
        return {}
    return {entry: value} if expander.eof else {}


def _block_name(block: _Block, data: bytes) -> str:
    keyword = data.partition(b"\0")[0][:79].decode("latin-1")
    if keyword == _XMP.decode():
        return "XMP"
    text = f"text {keyword!r}" if block.kind[1:] in (b"TXt", b"EXt") else ""
    return text or _NAMES.get(block.kind, f"block {block.kind.decode('latin-1')!r}")


def _without(file: BinaryIO, left_out: list[_Block]) -> io.BytesIO:
    """Copy a file into memory without some of its blocks."""
    copy, start = io.BytesIO(), 0
    for block in left_out:
        file.seek(start)
        copy.write(file.read(block.start - start))
        start = block.end
    file.seek(start)
    copy.write(file.read())
    return copy
