"""What a photo's file says beside its pixels: blobs, carried from file to file."""

from typing import NamedTuple


class Metadata(NamedTuple):
    """Raw blobs, each None where the file has none."""

    exif: bytes | None = None
    """From its TIFF header on, without "Exif" and two zeros before it."""
    xmp: bytes | None = None
    """The XML packet."""
    iptc: bytes | None = None
    """The payload of a JPEG's APP13 segment, or bare records, as TIFF has them."""
