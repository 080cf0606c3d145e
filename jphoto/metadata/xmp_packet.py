"""Parses XMP packets into XML trees and serializes them again, with the prefixes that they had.

Packets come from untrusted files. One that declares a document type (and so might define entities)
is refused, and so is one that is huge, nested deeply or full of namespaces. Parsing and serializing
lose nothing but comments, processing instructions, padding and indentation.
Tried in its place: python-xmp-toolkit 2.1 does nothing without the exempi library, which its wheel
lacks; lxml 6.1 takes document types, 40,000 elements and 300 namespaces, so that all limits would
stay ours; defusedxml 0.7.1 takes the last two and depth 300, and loses the prefixes.
Source: XMP Specification Part 1 (ISO 16684-1), chapter 7.
"""

import copy
import itertools
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "jphoto": "urn:jphoto:1.0/",
}

_XML = "http://www.w3.org/XML/1998/namespace"
_MAX_BYTES = 2**22
_MAX_DEPTH = 64
_MAX_NODES = 2**15  # elements and attributes
_MAX_NAMESPACES = 256
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PACKET = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{}\n<?xpacket end="w"?>'


def qualified(short: str) -> str:
    """Expand a name such as tiff:Orientation to {namespace}Orientation, as in trees."""
    prefix, local = short.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


RDF, DESCRIPTION, ABOUT = qualified("rdf:RDF"), qualified("rdf:Description"), qualified("rdf:about")


class PacketError(ValueError):
    """The bytes are not an XMP packet, or the packet is refused."""


class Packet(NamedTuple):
    """A parsed XMP packet."""

    root: ET.Element
    rdf: ET.Element
    """The rdf:RDF in the tree, which holds the descriptions."""
    prefixes: dict[str, str]
    """By namespace."""


class _Builder(ET.TreeBuilder):
    """Builds a tree within limits, and keeps the prefixes, which the standard library drops."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes = {_XML: "xml"}
        self._depth = self._nodes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > _MAX_DEPTH:
            raise PacketError(f"it is nested more than {_MAX_DEPTH} deep")
        if self._nodes > _MAX_NODES:
            raise PacketError(f"it has more than {_MAX_NODES} elements and attributes")
        return super().start(tag, attributes)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, prefix: str, uri: str) -> None:
        add_prefix(self.prefixes, prefix, uri)
        if len(self.prefixes) > _MAX_NAMESPACES:
            raise PacketError(f"it has more than {_MAX_NAMESPACES} namespaces")

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise PacketError("it declares a document type")


def add_prefix(prefixes: dict[str, str], prefix: str, uri: str) -> None:
    """Give a namespace this prefix, or another one if it is taken; it keeps one it has already."""
    if uri in prefixes:
        return
    taken = set(prefixes.values())
    free = (number for number in itertools.count() if f"ns{number}" not in taken)
    prefixes[uri] = prefix if prefix and prefix not in taken else f"ns{next(free)}"


def blank() -> Packet:
    """Make an empty packet."""
    root = ET.Element(qualified("x:xmpmeta"))
    rdf = ET.SubElement(root, RDF)
    ET.SubElement(rdf, DESCRIPTION, {ABOUT: ""})
    prefixes = {NAMESPACES[prefix]: prefix for prefix in ("x", "rdf")}
    return Packet(root, rdf, {_XML: "xml"} | prefixes)


def first_description(packet: Packet) -> ET.Element:
    """Return the first description of a packet, which may have to be added."""
    description = packet.rdf.find(DESCRIPTION)
    if description is None:
        description = ET.SubElement(packet.rdf, DESCRIPTION, {ABOUT: ""})
    return description


def parsed(xmp: bytes) -> Packet:
    """Parse a packet. Raises: PacketError, if it is broken or refused."""
    if len(xmp) > _MAX_BYTES:
        raise PacketError(f"it has {len(xmp)} bytes")
    builder = _Builder()
    parser = ET.XMLParser(target=builder)
    try:
        parser.feed(xmp.lstrip().rstrip(b"\0"))
        root = parser.close()
    except (ET.ParseError, ValueError, LookupError) as cause:
        raise PacketError(str(cause)) from cause
    rdf = root if root.tag == RDF else root.find(RDF)
    if rdf is None:
        raise PacketError(f"its root {root.tag} has no rdf:RDF")
    return Packet(root, rdf, builder.prefixes)


def serialized(packet: Packet) -> bytes:
    """Serialize a packet without padding, with all namespaces declared at its root."""

    def short(full: str) -> str:
        uri, brace, local = full[1:].partition("}")
        return f"{packet.prefixes[uri]}:{local}" if brace else full

    root = copy.deepcopy(packet.root)
    for element in root.iter():
        element.tag = short(element.tag)
        element.attrib = {short(key): value for key, value in element.attrib.items()}
    for uri, prefix in packet.prefixes.items():
        if prefix != "xml":
            root.set(f"xmlns:{prefix}", uri)
    ET.indent(root, " ")
    # The library escapes carriage returns in attributes only; elsewhere readers take them for line
    # feeds.
    body = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
    return _PACKET.format(body).encode()


def xml_text(text: str) -> str:
    """Replace the characters that XML cannot hold by their JSON escapes."""
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
