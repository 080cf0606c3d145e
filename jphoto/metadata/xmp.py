"""XMP: what a new picture takes over from an older one's packet, and the label that it gets.

The label is the property jphoto:transfer; with it go xmp:CreatorTool and the IPTC's digital source
type. A property is an attribute of an rdf:Description or an element in it, and read as either.
Source: XMP Specification Part 1 (ISO 16684-1), chapters 6 to 8; IPTC Photo Metadata Standard.
"""

import logging
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Set

from jphoto.metadata.xmp_packet import (
    ABOUT,
    DESCRIPTION,
    NAMESPACES,
    Packet,
    PacketError,
    add_prefix,
    blank,
    name,
    parsed,
    text,
    written,
)

LONGEST_XMP = 65_502
"""Bytes of a packet that fit into one JPEG segment."""

_TRANSFER, _TOOL = name("jphoto:transfer"), name("xmp:CreatorTool")
_SOURCE_TYPE = name("Iptc4xmpExt:DigitalSourceType")
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_ENHANCED = f"{_SOURCE_TYPES}algorithmicallyEnhanced"
# A picture that was made by a machine, wholly or in part, does not stop to be one.
_MADE = {
    _SOURCE_TYPES + kind
    for kind in (
        "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia", "compositeSynthetic",
    )
}  # fmt: skip

# Tells of parts of the older file that are not in the new one: its thumbnails, the rest of a long
# packet, and what phones append to a photo.
_OF_ANOTHER_FILE = {
    name("xmp:Thumbnails"), name("xmpNote:HasExtendedXMP"), name("Container:Directory"),
}  # fmt: skip
_PLACES = {
    name(place)
    for place in (
        "photoshop:City", "photoshop:State", "photoshop:Country",
        "Iptc4xmpCore:Location", "Iptc4xmpCore:CountryCode",
        "Iptc4xmpExt:LocationCreated", "Iptc4xmpExt:LocationShown",
    )
}  # fmt: skip
# In every namespace, since makers of drones and phones have coordinates in their own.
_COORDINATES = re.compile("gps|latitude|longt?itude", re.IGNORECASE)

_logger = logging.getLogger(__name__)


def edited(
    xmp: bytes | None,
    *,
    size: tuple[int, int],
    strip_location: bool,
    label: str | None,
    software: str,
) -> bytes | None:
    """Make a new picture's packet from an older picture's.

    Args:
      xmp: the packet, if there is one.
      size: (height, width) of the new picture, for the properties that tell it. tiff:Orientation,
        where it is present, becomes 1.
      strip_location: whether coordinates go, wherever they are, and the fields that name places.
        Titles, captions and keywords stay.
      label: the new picture's, or None. An older label goes in any case, since it tells of
        another picture.
      software: what xmp:CreatorTool says, if there is a label.

    Returns: a packet of at most `LONGEST_XMP` bytes, for which the largest properties are left
      out if need be, with a line in the log; None if there is neither packet nor label. A broken
      packet is left out, with a line in the log.
    """
    packet = _parsed(xmp) if xmp else None
    if packet is None:
        if label is None:
            return None
        packet = blank()
    height, width = size
    numbers = {name("tiff:Orientation"): 1}
    numbers |= {name(key): height for key in ("tiff:ImageLength", "exif:PixelYDimension")}
    numbers |= {name(key): width for key in ("tiff:ImageWidth", "exif:PixelXDimension")}
    _set_numbers(packet.rdf, numbers)
    _remove(packet.rdf, _OF_ANOTHER_FILE | {_TRANSFER})
    if strip_location:
        for element in list(packet.root.iter()):
            _without(element, _tells_a_place)
    if label is not None:
        _set_label(packet, label, software)
    return _fitted(packet)


def label_of(xmp: bytes) -> str | None:
    """The label in a packet, if it has one; in a broken packet, None, with a line in the log."""
    packet = _parsed(xmp)
    return next(_values(packet.rdf, _TRANSFER), None) if packet else None


def _parsed(xmp: bytes) -> Packet | None:
    try:
        return parsed(xmp)
    except PacketError as cause:
        _logger.warning("an XMP packet cannot be read and was left out: %s", cause)
        return None


def _values(rdf: ET.Element, key: str) -> Iterator[str]:
    for description in rdf.findall(DESCRIPTION):
        if key in description.attrib:
            yield description.attrib[key]
        for found in description.findall(key):
            yield found.text or ""


def _set_numbers(rdf: ET.Element, numbers: dict[str, int]) -> None:
    """Set properties where they are present."""
    for description in rdf.findall(DESCRIPTION):
        for key, number in numbers.items():
            if key in description.attrib:
                description.set(key, str(number))
            for found in description.findall(key):
                found.clear()
                found.text = str(number)


def _set_label(packet: Packet, label: str, software: str) -> None:
    told = {_TOOL: software, _TRANSFER: label}
    if not _MADE.intersection(_values(packet.rdf, _SOURCE_TYPE)):
        told[_SOURCE_TYPE] = _ENHANCED
    _remove(packet.rdf, told.keys())
    description = packet.rdf.find(DESCRIPTION)
    if description is None:
        description = ET.SubElement(packet.rdf, DESCRIPTION, {ABOUT: ""})
    for key, value in told.items():
        ET.SubElement(description, key).text = text(value)
    for prefix in ("xmp", "jphoto", "Iptc4xmpExt"):
        add_prefix(packet.prefixes, prefix, NAMESPACES[prefix])


def _tells_a_place(key: str) -> bool:
    return key in _PLACES or _COORDINATES.search(key.rpartition("}")[2]) is not None


def _remove(rdf: ET.Element, keys: Set[str]) -> None:
    for description in rdf.findall(DESCRIPTION):
        _without(description, keys.__contains__)


def _without(element: ET.Element, unwanted: Callable[[str], bool]) -> None:
    element[:] = [below for below in element if not unwanted(below.tag)]
    element.attrib = {key: value for key, value in element.attrib.items() if not unwanted(key)}


def _fitted(packet: Packet) -> bytes | None:
    """Write a packet, if need be without its largest properties."""
    whole = written(packet)
    excess = len(whole) - LONGEST_XMP
    if excess <= 0:
        return whole
    dropped = []
    for key, weight in _weights(packet.rdf).most_common():
        if excess > 0 and key not in (ABOUT, _TOOL, _TRANSFER, _SOURCE_TYPE):
            dropped.append(key)
            excess -= weight
    _remove(packet.rdf, set(dropped))
    names = ", ".join(key.rpartition("}")[2] for key in dropped[:8])
    _logger.warning("properties were left out: XMP would have %d bytes: %s", len(whole), names)
    whole = written(packet)
    return whole if len(whole) <= LONGEST_XMP else None


def _weights(rdf: ET.Element) -> Counter[str]:
    """Of every property, fewer bytes than it takes: the characters in it without the markup."""
    weights: Counter[str] = Counter()
    for description in rdf.findall(DESCRIPTION):
        weights.update({key: len(value) for key, value in description.attrib.items()})
        for found in description:
            for element in found.iter():
                characters = [element.text or "", *element.attrib.values()]
                weights[found.tag] += sum(map(len, characters))
    return weights
