"""Adds texts that a file has outside XMP to an XMP packet, in the forms that XMP has for them.

Source: XMP Specification Part 1 (ISO 16684-1), sections 7.7 and 8.2.2; IPTC Photo Metadata
Standard.
"""

import xml.etree.ElementTree as ET

from jphoto.metadata.texts import Texts
from jphoto.metadata.xmp_packet import (
    DESCRIPTION,
    NAMESPACES,
    Packet,
    add_prefix,
    first_description,
    qualified,
    xml_text,
)

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FORMS = {
    "dc:title": "rdf:Alt",
    "dc:description": "rdf:Alt",
    "dc:rights": "rdf:Alt",
    "dc:creator": "rdf:Seq",
    "dc:subject": "rdf:Bag",
}
"""Alternatives in languages, and lists in order or without; all others are plain texts."""


def add_texts(packet: Packet, texts: Texts) -> None:
    """Add texts to a packet, which is changed, where it lacks their property."""
    found: dict[str, list[str]] = {}
    for name, text in texts:
        found.setdefault(name, []).append(xml_text(text))
    for name, values in found.items():
        key, form = qualified(name), _FORMS.get(name)
        descriptions = packet.rdf.findall(DESCRIPTION)
        if any(key in each.attrib or each.find(key) is not None for each in descriptions):
            continue
        add_prefix(packet.prefixes, name.split(":")[0], NAMESPACES[name.split(":")[0]])
        element = ET.SubElement(first_description(packet), key)
        if form is None:
            element.text = values[0]
            continue
        items = ET.SubElement(element, qualified(form))
        for value in values[:1] if form == "rdf:Alt" else values:
            language = {_LANGUAGE: "x-default"} if form == "rdf:Alt" else {}
            ET.SubElement(items, qualified("rdf:li"), language).text = value
