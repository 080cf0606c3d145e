"""XMP packets to trees and back, names as {namespace}name, prefixes as the packet had them.

A packet comes from a stranger: one with a document type (the door to entities), one that is huge,
deep or full of namespaces is refused. Between parsing and writing nothing is lost but comments,
processing instructions, padding, and how its lines are indented.
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
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "jphoto": "urn:jphoto:1.0/",
}

_XML = "http://www.w3.org/XML/1998/namespace"
_LARGEST = 2**22  # bytes
_DEEPEST = 64
_MOST_NODES = 2**15  # elements and attributes
_MOST_NAMESPACES = 256
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PACKET = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{}\n<?xpacket end="w"?>'


def name(short: str) -> str:
    """A name such as tiff:Orientation in full, as trees have it."""
    prefix, local = short.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


RDF, DESCRIPTION, ABOUT = name("rdf:RDF"), name("rdf:Description"), name("rdf:about")


class PacketError(ValueError):
    """The bytes are no XMP packet, or one that is refused."""


class Packet(NamedTuple):
    """A tree of XML, the rdf:RDF in it, and the prefix of each namespace."""

    root: ET.Element
    rdf: ET.Element
    prefixes: dict[str, str]


class _Builder(ET.TreeBuilder):
    """Builds a tree and keeps the prefixes that the standard library forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes = {_XML: "xml"}
        self._depth = self._nodes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > _DEEPEST:
            raise PacketError(f"it is nested more than {_DEEPEST} deep")
        if self._nodes > _MOST_NODES:
            raise PacketError(f"it has more than {_MOST_NODES} elements and attributes")
        return super().start(tag, attributes)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, prefix: str, uri: str) -> None:
        add_prefix(self.prefixes, prefix, uri)
        if len(self.prefixes) > _MOST_NAMESPACES:
            raise PacketError(f"it has more than {_MOST_NAMESPACES} namespaces")

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise PacketError("it declares a document type")


def add_prefix(prefixes: dict[str, str], prefix: str, uri: str) -> None:
    """Let a namespace have this prefix, unless it has one; another if this one is taken."""
    if uri in prefixes:
        return
    taken = set(prefixes.values())
    free = (number for number in itertools.count() if f"ns{number}" not in taken)
    prefixes[uri] = prefix if prefix and prefix not in taken else f"ns{next(free)}"


def blank() -> Packet:
    """A packet that says nothing."""
    root = ET.Element(name("x:xmpmeta"))
    rdf = ET.SubElement(root, RDF)
    ET.SubElement(rdf, DESCRIPTION, {ABOUT: ""})
    return Packet(root, rdf, {NAMESPACES[prefix]: prefix for prefix in ("x", "rdf")})


def parsed(xmp: bytes) -> Packet:
    """Take a packet apart. Raises: PacketError, whatever may be wrong with it."""
    if len(xmp) > _LARGEST:
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


def written(packet: Packet) -> bytes:
    """Write a packet without padding, all namespaces declared at its root."""

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
    # A carriage return is escaped in attributes only; elsewhere it would be read as a line feed.
    body = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
    return _PACKET.format(body).encode()


def text(anything: str) -> str:
    """Text that XML can hold: a character that it cannot becomes its escape of JSON."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", anything)
