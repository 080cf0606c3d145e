"""Edits XMP packets: corrects what is not true of a new picture, and adds its label.

The label is the property jphoto:transfer. It is written together with xmp:CreatorTool and the
IPTC's digital source type. A property may be an attribute of an rdf:Description or an element in
it; both are read.
Source: XMP Specification Part 1 (ISO 16684-1), chapters 6 to 8; IPTC Photo Metadata Standard.
"""

import logging
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Set

from jphoto.metadata.density import Density
from jphoto.metadata.texts import Texts
from jphoto.metadata.xmp_measures import correct_measures, remove_keys
from jphoto.metadata.xmp_packet import (
    ABOUT,
    DESCRIPTION,
    NAMESPACES,
    Packet,
    PacketError,
    add_prefix,
    blank,
    first_description,
    parsed,
    qualified,
    serialized,
    xml_text,
)
from jphoto.metadata.xmp_properties import is_about_file
from jphoto.metadata.xmp_texts import add_texts

MAX_XMP_BYTES = 65_502
"""Bytes of a packet that fit into one JPEG segment."""

_LABEL, _TOOL = qualified("jphoto:transfer"), qualified("xmp:CreatorTool")
_SOURCE_TYPE = qualified("Iptc4xmpExt:DigitalSourceType")
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_ENHANCED = f"{_SOURCE_TYPES}algorithmicallyEnhanced"
# A picture marked as generated, wholly or in part, keeps that mark.
_GENERATED = {
    _SOURCE_TYPES + source_type
    for source_type in (
        "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia", "compositeSynthetic",
    )
}  # fmt: skip

_PLACES = {
    qualified(place)
    for place in (
        "photoshop:City", "photoshop:State", "photoshop:Country",
        "Iptc4xmpCore:Location", "Iptc4xmpCore:CountryCode",
        "Iptc4xmpExt:LocationCreated", "Iptc4xmpExt:LocationShown",
    )
}  # fmt: skip
# In every namespace, since makers of drones and phones write coordinates in their own.
_COORDINATES = re.compile("gps|latitude|longt?itude", re.IGNORECASE)

_logger = logging.getLogger(__name__)


def edited(
    xmp: bytes | None,
    *,
    texts: Texts = (),
    size: tuple[int, int],
    density: Density | None,
    color_space: int,
    strip_location: bool,
    label: str | None,
    software: str,
) -> bytes | None:
    """Make the XMP packet of a new picture from that of its content photo.

    Args:
      xmp: the packet; None if the photo has none.
      texts: added where the packet lacks the property.
      size: (height, width) of the new picture, written to the properties for sizes that are
        present. tiff:Orientation becomes 1 if it is present.
      density: of the new picture; None if it is unknown.
      color_space: of the new picture, as EXIF has it: 1 for sRGB, or 65535 for any other.
      strip_location: whether to remove coordinates, wherever they are, and the fields that name
        places. Titles, captions and keywords stay.
      label: of the new picture, or None. An older label is always removed, since it is about
        another picture.
      software: the value of xmp:CreatorTool, if there is a label.

    Returns: a packet of at most `MAX_XMP_BYTES`; if necessary, the largest properties are left out,
      with a line in the log. None if there is neither a packet nor a label nor a text. A broken
      packet is dropped, with a line in the log.
    """
    packet = _parsed(xmp) if xmp else None
    if packet is None:
        if label is None and not texts:
            return None
        packet = blank()
    add_texts(packet, texts)
    _remove(packet.rdf, {_LABEL})
    _remove_file_facts(packet)
    correct_measures(packet.rdf, size, density, color_space)
    if strip_location:
        for element in list(packet.root.iter()):
            remove_keys(element, _is_location)
    if label is not None:
        _set_label(packet, label, software)
    return _fitted(packet)


def label_of(xmp: bytes) -> str | None:
    """Return the label in a packet; None if there is none.

    None too, with a line in the log, if the packet is broken.
    """
    packet = _parsed(xmp)
    return next(_values(packet.rdf, _LABEL), None) if packet else None


def _parsed(xmp: bytes) -> Packet | None:
    try:
        return parsed(xmp)
    except PacketError as cause:
        _logger.warning("an XMP packet cannot be read and was left out: %s", cause)
        return None


def _values(rdf: ET.Element, key: str) -> Iterator[str]:
    """Yield the values of a property, from attributes and elements."""
    for description in rdf.findall(DESCRIPTION):
        if key in description.attrib:
            yield description.attrib[key]
        for element in description.findall(key):
            yield element.text or ""


def _remove_file_facts(packet: Packet) -> None:
    """Remove what is about the file of the content photo, at any depth, with its namespaces."""
    before = _namespaces(packet)
    for element in list(packet.root.iter()):
        remove_keys(element, is_about_file)
    for uri in before - _namespaces(packet):
        packet.prefixes.pop(uri, None)


def _namespaces(packet: Packet) -> set[str]:
    keys = (key for element in packet.root.iter() for key in (element.tag, *element.attrib))
    return {key[1:].partition("}")[0] for key in keys}


def _set_label(packet: Packet, label: str, software: str) -> None:
    properties = {_TOOL: software, _LABEL: label}
    if not _GENERATED.intersection(_values(packet.rdf, _SOURCE_TYPE)):
        properties[_SOURCE_TYPE] = _ENHANCED
    _remove(packet.rdf, properties.keys())
    description = first_description(packet)
    for key, value in properties.items():
        ET.SubElement(description, key).text = xml_text(value)
    for prefix in ("xmp", "jphoto", "Iptc4xmpExt"):
        add_prefix(packet.prefixes, prefix, NAMESPACES[prefix])


def _is_location(key: str) -> bool:
    return key in _PLACES or _COORDINATES.search(key.rpartition("}")[2]) is not None


def _remove(rdf: ET.Element, keys: Set[str]) -> None:
    """Remove properties."""
    for description in rdf.findall(DESCRIPTION):
        remove_keys(description, keys.__contains__)


def _fitted(packet: Packet) -> bytes | None:
    """Serialize a packet, if necessary without its largest properties.

    Returns: at most `MAX_XMP_BYTES`; None if the label alone makes the packet longer.
    """
    whole = serialized(packet)
    excess = len(whole) - MAX_XMP_BYTES
    if excess <= 0:
        return whole
    dropped = []
    for key, size in _property_sizes(packet.rdf).most_common():
        if excess > 0 and key not in (ABOUT, _TOOL, _LABEL, _SOURCE_TYPE):
            dropped.append(key)
            excess -= size
    _remove(packet.rdf, set(dropped))
    names = ", ".join(key.rpartition("}")[2] for key in dropped[:8])
    _logger.warning("properties were left out: XMP would have %d bytes: %s", len(whole), names)
    whole = serialized(packet)
    return whole if len(whole) <= MAX_XMP_BYTES else None


def _property_sizes(rdf: ET.Element) -> Counter[str]:
    """Count the characters of each property without markup: a lower bound of its bytes."""
    sizes: Counter[str] = Counter()
    for description in rdf.findall(DESCRIPTION):
        sizes.update({key: len(value) for key, value in description.attrib.items()})
        for top in description:
            for element in top.iter():
                characters = [element.text or "", *element.attrib.values()]
                sizes[top.tag] += sum(map(len, characters))
    return sizes
