"""Locations in XMP: coordinates of any maker and the fields that name places, also when damaged."""

import xml.etree.ElementTree as ET

from helpers.blocks import damaged
from helpers.packets import NAMESPACES, OPTIONS, TITLE, packet, properties
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.metadata.xmp import edited

LOCATION = packet(
    TITLE
    + "<exif:GPSLatitude>48,51.5N</exif:GPSLatitude><photoshop:City>a city</photoshop:City>"
    + "<iptc:LocationCreated><rdf:Bag><rdf:li>a place</rdf:li></rdf:Bag></iptc:LocationCreated>"
    + '<xmp:History><rdf:Seq><rdf:li exif:GPSLongitude="2,17E" drone:GpsLatitude="48.8">'
    + "<drone:Longtitude>2.3</drone:Longtitude><dc:source>kept</dc:source>"
    + "</rdf:li></rdf:Seq></xmp:History>",
    'core:CountryCode="FRA" exif:GPSAltitude="35/1" xmp:Rating="4"',
)


def test_location_is_removed_on_request():
    kept = edited(LOCATION, **OPTIONS)
    assert properties(kept) == properties(LOCATION)
    gone = edited(LOCATION, **OPTIONS | {"strip_location": True})
    assert properties(gone).keys() == {"rdf:about", "dc:title", "xmp:History", "xmp:Rating"}
    for trace in (b"GPS<", b":GPS", b"48", b"2,17E", b"2.3", b"city", b"place", b"FRA"):
        assert trace not in gone
    assert b"<dc:source>kept</dc:source>" in gone


PLACES = {
    f"{{{NAMESPACES[prefix]}}}{name}"
    for prefix, names in {
        "photoshop": ("City", "State", "Country"),
        "core": ("Location", "CountryCode"),
        "iptc": ("LocationCreated", "LocationShown"),
    }.items()
    for name in names
}
TRACES = {"48,51.5N", "a city", "a place", "2,17E", "48.8", "2.3", "FRA", "35/1"}


def names_a_place(name):
    local = name.rpartition("}")[2].lower()
    words = ("gps", "latitude", "longitude", "longtitude")
    return name in PLACES or any(word in local for word in words)


def said(element, everything=True):
    """Names and texts in an element: everything, or what is outside of fields of places."""
    names, texts = [], [element.text or ""]
    for name, value in element.attrib.items():
        if everything or not names_a_place(name):
            names.append(name)
            texts.append(value)
    for below in element:
        if everything or not names_a_place(below.tag):
            more = said(below, everything)
            names += [below.tag, *more[0]]
            texts += [*more[1], below.tail or ""]
    return names, texts


def traces(texts):
    """Parts of the location that are in texts."""
    return {trace for trace in TRACES if any(trace in text for text in texts)}


def test_all_traces_of_the_example_are_in_fields_of_places():
    root = ET.fromstring(LOCATION.rstrip(b"\0"))
    assert traces(said(root)[1]) == TRACES
    assert not traces(said(root, everything=False)[1])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6
    ),
    st.booleans(),
)
def test_damaged_packets_lose_their_location_or_are_dropped(damages, strip_location):
    data = damaged(LOCATION.replace(b" " * 2000, b""), damages)
    xmp = edited(data, **OPTIONS | {"strip_location": strip_location})
    if xmp is None:
        return
    before, after = ET.fromstring(data.lstrip().rstrip(b"\0")), ET.fromstring(xmp)
    names, texts = said(after)
    assert names == said(before, everything=not strip_location)[0]
    assert traces(texts) == traces(said(before, everything=not strip_location)[1])
    assert not strip_location or not any(map(names_a_place, names))
    assert edited(xmp, **OPTIONS | {"strip_location": strip_location}) == xmp
