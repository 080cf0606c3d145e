"""Stand-in for what edits IPTC, until that is here."""

import struct

_HEAD = b"Photoshop 3.0\0"


def for_jpeg(iptc: bytes) -> bytes:
    """The payload of a JPEG's APP13 segment, from either form."""
    if iptc.startswith(_HEAD):
        return iptc
    size = len(iptc)
    return _HEAD + struct.pack(">4sHxxI", b"8BIM", 0x0404, size) + iptc + bytes(size % 2)


def for_tiff(iptc: bytes) -> bytes | None:
    """Bare records from either form, if the resource of records is the first."""
    return iptc[26:] if iptc.startswith(_HEAD) else iptc
