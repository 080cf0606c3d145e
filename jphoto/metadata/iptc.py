"""IPTC records, in which agencies name people and places, and what JPEG files wrap them in.

TIFF files hold bare records (tag 33723); JPEG files hold Photoshop's image resources (APP13), one
of which is the records. All is opaque here but what tells of a place or of another picture.
Source: IPTC-NAA IIM 4.2, chapter 3 and record 2; Adobe Photoshop File Formats, image resources.
"""

import hashlib
import logging
import struct
from typing import NamedTuple

_HEAD = b"Photoshop 3.0\0"
_RECORDS, _DIGEST = 0x0404, 0x0425
# Thumbnails, in two forms; copies of EXIF and XMP, which travel on their own.
_OF_ANOTHER_PICTURE = {0x0409, 0x040C, 0x0422, 0x0423, 0x0424}
# Of record 2: content location (code, name), city, sub-location, province, country (code, name).
_PLACES = {26, 27, 90, 92, 95, 100, 101}
_LONGEST = 65_533  # bytes in a JPEG segment

_logger = logging.getLogger(__name__)


class _Resource(NamedTuple):
    number: int
    label: bytes  # signature, number and name
    data: bytes


def edited(iptc: bytes, *, strip_location: bool) -> bytes | None:
    """Make a new picture's IPTC from an older picture's.

    Args:
      iptc: bare records, or image resources from "Photoshop 3.0" on.
      strip_location: whether records that name places go.

    Returns: the same form, image resources without thumbnails and without copies of other
      metadata; None if nothing is left, and, with a line in the log, if it is broken or longer
      than a JPEG segment.
    """
    try:
        if iptc.startswith(_HEAD):
            changed = _wrapped(_edited(_resources(iptc), strip_location))
        else:
            changed = _without_places(iptc) if strip_location else iptc
        if len(for_jpeg(changed)) > _LONGEST:
            raise ValueError(f"it has {len(changed)} bytes")
    except (ValueError, IndexError, struct.error) as cause:
        _logger.warning("IPTC records cannot be kept and were left out: %s", cause)
        return None
    return None if changed in (b"", _HEAD) else changed


def for_jpeg(iptc: bytes) -> bytes:
    """The payload of a JPEG's APP13 segment, from either form."""
    if iptc.startswith(_HEAD):
        return iptc
    return _wrapped([_Resource(_RECORDS, struct.pack(">4sHxx", b"8BIM", _RECORDS), iptc)])


def for_tiff(iptc: bytes) -> bytes | None:
    """Bare records from either form, as `edited` returns it; None if it has none."""
    if not iptc.startswith(_HEAD):
        return iptc
    return next((data for number, _, data in _resources(iptc) if number == _RECORDS), None)


def _edited(resources: list[_Resource], strip_location: bool) -> list[_Resource]:
    resources = [found for found in resources if found.number not in _OF_ANOTHER_PICTURE]
    if not strip_location:
        return resources
    changed = [
        found._replace(data=_without_places(found.data)) if found.number == _RECORDS else found
        for found in resources
    ]
    # By this digest readers see whether XMP is newer than the records; a wrong one misleads them.
    digests = [_digest(found.data) for found in changed if found.number == _RECORDS]
    return [found for found in changed if found.number != _DIGEST or found.data in digests]


def _digest(records: bytes) -> bytes:
    return hashlib.md5(records, usedforsecurity=False).digest()


def _resources(iptc: bytes) -> list[_Resource]:
    """Take image resources apart, up to the first bytes that are none."""
    found, at = [], len(_HEAD)
    while iptc[at : at + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", iptc, at + 4)
        name = 1 + iptc[at + 6]
        start = at + 6 + name + name % 2 + 4
        (size,) = struct.unpack_from(">I", iptc, start - 4)
        if start + size > len(iptc):
            raise ValueError(f"resource {number} of {size} bytes is cut off")
        found.append(_Resource(number, iptc[at : start - 4], iptc[start : start + size]))
        at = start + size + size % 2
    return found


def _wrapped(resources: list[_Resource]) -> bytes:
    return _HEAD + b"".join(
        label + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
        for _, label, data in resources
    )


def _without_places(records: bytes) -> bytes:
    """Records without those of places, and without what pads them at the end."""
    kept, at = [], 0
    while records[at : at + 1] == b"\x1c":
        record, dataset, size = struct.unpack_from(">BBH", records, at + 1)
        start = at + 5
        if size & 0x8000:  # the size of a size
            width = size & 0x7FFF
            if width > 4:
                raise ValueError(f"record {record}:{dataset} has a size of {width} bytes")
            size = int.from_bytes(records[start : start + width])
            start += width
        if start + size > len(records):
            raise ValueError(f"record {record}:{dataset} of {size} bytes is cut off")
        if record != 2 or dataset not in _PLACES:
            kept.append(records[at : start + size])
        at = start + size
    if records[at:].strip(b"\0"):
        raise ValueError(f"what begins with {records[at : at + 4].hex()} is no record")
    return b"".join(kept)
