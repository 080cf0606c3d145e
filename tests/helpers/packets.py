"""XMP packets as editors write them, and what they say."""

import xml.etree.ElementTree as ET

OPTIONS = {"size": (50, 70), "density": None, "color_space": 1, "strip_location": False}
OPTIONS |= {"label": None, "software": "jphoto 1.2"}
"""Arguments of an edit that only a few tests change."""

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "iptc": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "core": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "drone": "http://www.dji.com/drone-dji/1.0/",
    "note": "http://ns.adobe.com/xmp/note/",
    "jphoto": "urn:jphoto:1.0/",
}


def packet(elements="", attributes=""):
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="a toolkit"><rdf:RDF {names}>'
        f'<rdf:Description rdf:about="" {attributes}>{elements}</rdf:Description>'
        f'</rdf:RDF></x:xmpmeta>{" " * 2000}<?xpacket end="w"?>\0'
    ).encode()


def properties(xmp):
    """Properties of all descriptions, by prefix and name: attributes as text, elements as XML."""
    found = {}
    for description in ET.fromstring(xmp.rstrip(b"\0")).iter(f"{{{NAMESPACES['rdf']}}}Description"):
        found |= description.attrib
        for element in description:
            assert element.tag not in found, "a property is there twice"
            leaf = not len(element) and not element.attrib
            found[element.tag] = (
                element.text or ""
                if leaf
                else ET.canonicalize(
                    ET.tostring(element, "unicode"), strip_text=True, rewrite_prefixes=True
                )
            )
    prefixes = {uri: prefix for prefix, uri in NAMESPACES.items()}
    full = {tag: tag[1:].split("}") for tag in found}
    return {f"{prefixes[uri]}:{local}": found[tag] for tag, (uri, local) in full.items()}


TITLE = (
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">One &amp; "two"</rdf:li></rdf:Alt></dc:title>'
)
