"""Reads boxes, of which HEIF, JPEG 2000 and JPEG XL files consist.

Source: ISO/IEC 15444-1, annex I.4.
"""

from collections.abc import Iterator


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of every box; a box of length 0 goes to the end.

    Raises: EOFError, if the last one is cut short.
    """
    start = 0
    while start + 8 <= len(data):
        length, header = int.from_bytes(data[start : start + 4], "big"), 8
        kind = data[start + 4 : start + 8]
        if length == 1:
            length, header = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        elif length == 0:
            length = len(data) - start
        if length < header or start + length > len(data):
            raise EOFError(f"the box {kind.decode('latin-1')!r} is cut short")
        yield kind, data[start + header : start + length]
        start += length
