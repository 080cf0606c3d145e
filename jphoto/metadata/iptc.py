"""Edits IPTC records, in which agencies name people and places, and converts between their forms.

TIFF files hold bare records (tag 33723). JPEG files hold Photoshop's image resources (segment
APP13), one of which is the records. Records pass unchanged, except those of places; of the other
resources, only those about copyright do. iptcinfo3 2.3.0 is no replacement: it takes all that
follows an extended record, to the end of the file, for its text, and drops all other resources.
Source: IPTC-NAA IIM 4.2, chapter 3 and record 2; Adobe Photoshop File Formats, image resources.
"""

import hashlib
import logging
import struct
from collections.abc import Iterator
from typing import NamedTuple

from jphoto.metadata.texts import Texts, decoded

PHOTOSHOP_HEADER = b"Photoshop 3.0\0"
_RECORDS, _DIGEST = 0x0404, 0x0425  # image resources
# Besides these two, the copyright's flag and address. All others are about the file: thumbnails,
# layers, paths, print settings, density, copies of other metadata.
_KEPT = {_RECORDS, _DIGEST, 0x040A, 0x040B}
# In record 2: content location (code, name), city, sub-location, province, country (code, name).
_PLACES = {26, 27, 90, 92, 95, 100, 101}
_PROPERTIES = {
    5: "dc:title",
    25: "dc:subject",
    40: "photoshop:Instructions",
    80: "dc:creator",
    85: "photoshop:AuthorsPosition",
    90: "photoshop:City",
    92: "Iptc4xmpCore:Location",
    95: "photoshop:State",
    100: "Iptc4xmpCore:CountryCode",
    101: "photoshop:Country",
    103: "photoshop:TransmissionReference",
    105: "photoshop:Headline",
    110: "photoshop:Credit",
    115: "photoshop:Source",
    116: "dc:rights",
    120: "dc:description",
    122: "photoshop:CaptionWriter",
}
"""Of XMP, by number in record 2."""
_MAX_SEGMENT_BYTES = 65_533  # the payload of a JPEG segment

_logger = logging.getLogger(__name__)


class _Resource(NamedTuple):
    number: int
    head: bytes
    """Signature, number and name."""
    data: bytes


def edited(iptc: bytes, *, strip_location: bool) -> bytes | None:
    """Make the IPTC of a new picture from that of its content photo.

    Args:
      iptc: bare records, or image resources from "Photoshop 3.0" on.
      strip_location: whether to remove records that name places.

    Returns: the same form, without resources about the file; None if nothing is
      left, or, with a line in the log, if it is broken or longer than a JPEG segment.
    """
    try:
        if iptc.startswith(PHOTOSHOP_HEADER):
            result = _joined(_edited(_split(iptc), strip_location))
        else:
            result = _without_places(iptc) if strip_location else iptc
        if len(for_jpeg(result)) > _MAX_SEGMENT_BYTES:
            raise ValueError(f"it has {len(result)} bytes")
    except (ValueError, IndexError, struct.error) as cause:
        _logger.warning("IPTC records cannot be kept and were left out: %s", cause)
        return None
    return None if result in (b"", PHOTOSHOP_HEADER) else result


def for_jpeg(iptc: bytes) -> bytes:
    """Convert either form to the payload of a JPEG's APP13 segment."""
    if iptc.startswith(PHOTOSHOP_HEADER):
        return iptc
    return _joined([_Resource(_RECORDS, struct.pack(">4sHxx", b"8BIM", _RECORDS), iptc)])


def for_tiff(iptc: bytes) -> bytes | None:
    """Convert either form, as returned by `edited`, to bare records; None if it has none."""
    if not iptc.startswith(PHOTOSHOP_HEADER):
        return iptc
    return next((data for number, _, data in _split(iptc) if number == _RECORDS), None)


def texts(iptc: bytes) -> Texts:
    """Return what either form, as returned by `edited`, says in words, as XMP properties.

    Records that do not say that they are UTF-8 (in 1:90) may be so all the same.
    """
    try:
        found = [
            (_PROPERTIES[dataset], decoded(data).strip("\0 "))
            for record, dataset, data, _ in _records(for_tiff(iptc) or b"")
            if record == 2 and dataset in _PROPERTIES
        ]
    except (ValueError, struct.error):
        return ()
    return tuple((name, text) for name, text in found if text)


def _edited(resources: list[_Resource], strip_location: bool) -> list[_Resource]:
    kept = [resource for resource in resources if resource.number in _KEPT]
    if not strip_location:
        return kept
    stripped = [
        resource._replace(data=_without_places(resource.data))
        if resource.number == _RECORDS
        else resource
        for resource in kept
    ]
    # Readers compare this digest to decide whether XMP is newer than the records; a wrong one
    # would mislead them.
    digests = [_digest(resource.data) for resource in stripped if resource.number == _RECORDS]
    return [
        resource for resource in stripped if resource.number != _DIGEST or resource.data in digests
    ]


def _digest(records: bytes) -> bytes:
    return hashlib.md5(records, usedforsecurity=False).digest()


def _split(iptc: bytes) -> list[_Resource]:
    """Split image resources, up to the first bytes that are not a resource.

    Raises: ValueError, struct.error or IndexError, if a resource is cut off.
    """
    resources, at = [], len(PHOTOSHOP_HEADER)
    while iptc[at : at + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", iptc, at + 4)
        name_size = 1 + iptc[at + 6]
        start = at + 6 + name_size + name_size % 2 + 4
        (size,) = struct.unpack_from(">I", iptc, start - 4)
        if start + size > len(iptc):
            raise ValueError(f"resource {number} of {size} bytes is cut off")
        resources.append(_Resource(number, iptc[at : start - 4], iptc[start : start + size]))
        at = start + size + size % 2
    return resources


def _joined(resources: list[_Resource]) -> bytes:
    return PHOTOSHOP_HEADER + b"".join(
        head + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
        for _, head, data in resources
    )


def _without_places(records: bytes) -> bytes:
    """Remove records that name places, and padding at the end.

    Raises: ValueError or struct.error, if a record is broken or cut off.
    """
    return b"".join(
        whole
        for record, dataset, _, whole in _records(records)
        if record != 2 or dataset not in _PLACES
    )


def _records(records: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield each record's number, its dataset, its data, and all its bytes.

    Raises: ValueError or struct.error, if a record is broken or cut off.
    """
    at = 0
    while records[at : at + 1] == b"\x1c":
        record, dataset, size = struct.unpack_from(">BBH", records, at + 1)
        start = at + 5
        if size & 0x8000:  # an extended record: this is the width of its size
            width = size & 0x7FFF
            if width > 4:
                raise ValueError(f"record {record}:{dataset} has a size field of {width} bytes")
            size = int.from_bytes(records[start : start + width])
            start += width
        if start + size > len(records):
            raise ValueError(f"record {record}:{dataset} of {size} bytes is cut off")
        yield record, dataset, records[start : start + size], records[at : start + size]
        at = start + size
    if records[at:].strip(b"\0"):
        raise ValueError(f"it has {records[at : at + 4].hex()} where a record should begin")
