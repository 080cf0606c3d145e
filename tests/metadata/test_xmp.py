"""XMP packets: properties that are kept, corrected or removed, labels, and broken packets."""

import json
import xml.etree.ElementTree as ET

import pytest
from helpers.packets import NAMESPACES, OPTIONS, TITLE, packet, properties
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jphoto.metadata.xmp import MAX_XMP_BYTES, edited, label_of

ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
SUBJECT = "<dc:subject><rdf:Bag><rdf:li>river</rdf:li><rdf:li>dusk</rdf:li></rdf:Bag></dc:subject>"


def test_properties_are_kept():
    before = packet(TITLE + SUBJECT, 'xmp:Rating="3" xmp:CreatorTool="Editor"')
    result = edited(before, **OPTIONS)
    assert properties(result) == properties(before)
    assert b'x:xmptk="a toolkit"' in result
    assert b"<dc:title>" in result
    assert b"ns0" not in result
    for prefix, uri in NAMESPACES.items():
        assert f'xmlns:{prefix}="{uri}"'.encode() in result


def test_padding_is_removed():
    assert len(edited(packet(TITLE), **OPTIONS)) < len(packet(TITLE)) - 1900


# XML cannot hold other control characters, halves of pairs, nor U+FFFE and U+FFFF.
TEXTS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"],
        include_characters="\t\n\r\x7f\x85",
        exclude_characters="\ufffe\uffff",
    )
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["title", "rights", "source", "creator"]), TEXTS),
    st.dictionaries(st.sampled_from(["Rating", "Label", "Nickname"]), TEXTS),
    st.booleans(),
)
def test_any_text_is_kept_and_editing_twice_is_editing_once(elements, attributes, strip_location):
    tree = ET.fromstring(packet().strip(b"\0"))
    description = next(tree.iter(f"{{{NAMESPACES['rdf']}}}Description"))
    for name, text in elements.items():
        ET.SubElement(description, f"{{{NAMESPACES['dc']}}}{name}").text = text + "\n\t"
    for name, text in attributes.items():
        description.set(f"{{{NAMESPACES['xmp']}}}{name}", text + "\n\t")
    before = ET.tostring(tree)
    options = OPTIONS | {"strip_location": strip_location}
    once = edited(before, **options)
    assert properties(once) == properties(before)
    assert edited(once, **options) == once


# The label


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], min_codepoint=32)),
    st.booleans(),
)
def test_a_label_is_read_back(label, there):
    label = label.replace("\ufffe", "").replace("\uffff", "")
    xmp = edited(packet(TITLE) if there else None, **OPTIONS | {"label": label})
    assert label_of(xmp) == label
    ET.fromstring(xmp)


@pytest.mark.parametrize(
    "label",
    [
        "",
        " ",
        "\n",
        "\r\n\t",
        "]]> <!-- & -->",
        "\"'<jphoto:transfer>",
        "&#13;&lt;",
        "ä\U0001f33b\x85",
    ],
)
def test_a_label_of_markup_is_read_back(label):
    xmp = edited(packet(TITLE), **OPTIONS | {"label": label})
    assert label_of(xmp) == label
    assert label_of(edited(xmp, **OPTIONS | {"label": label})) == label


@settings(max_examples=100, deadline=None)
@example("\ufffe \uffff \ud800 \x00")
@given(
    st.recursive(st.text(max_size=9), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5)
)
def test_a_label_of_json_keeps_its_meaning(data):
    for label in (json.dumps(data), json.dumps(data, ensure_ascii=False)):
        assert json.loads(label_of(edited(None, **OPTIONS | {"label": label}))) == data


def test_a_label_tells_how_the_picture_was_made():
    for before in (None, packet(TITLE, 'xmp:CreatorTool="Editor" iptc:DigitalSourceType="old"')):
        result = properties(edited(before, **OPTIONS | {"label": '{"weight": 1}'}))
        assert result["jphoto:transfer"] == '{"weight": 1}'
        assert result["xmp:CreatorTool"] == "jphoto 1.2"
        assert result["iptc:DigitalSourceType"] == ENHANCED
        assert ("dc:title" in result) == (before is not None)


@pytest.mark.parametrize("kind", ["trainedAlgorithmicMedia", "compositeSynthetic"])
def test_a_generated_picture_stays_marked(kind):
    made = ENHANCED.replace("algorithmicallyEnhanced", kind)
    for before in (
        packet("", f'iptc:DigitalSourceType="{made}"'),
        packet(f"<iptc:DigitalSourceType>{made}</iptc:DigitalSourceType>"),
    ):
        assert (
            properties(edited(before, **OPTIONS | {"label": ""}))["iptc:DigitalSourceType"] == made
        )


def test_a_label_is_read_as_attribute_or_element():
    assert label_of(packet("<jphoto:transfer>{}</jphoto:transfer>")) == "{}"
    assert label_of(packet("", 'jphoto:transfer="a&#10;b &quot;c&quot;"')) == 'a\nb "c"'
    assert label_of(packet(TITLE)) is None
    assert label_of(b"<broken") is None


@pytest.mark.parametrize(
    "old", [("<jphoto:transfer>old</jphoto:transfer>", ""), ("", 'jphoto:transfer="old"')]
)
def test_an_older_label_is_removed(old):
    before = packet(TITLE + old[0], old[1])
    assert label_of(edited(before, **OPTIONS)) is None
    after = edited(before, **OPTIONS | {"label": "new"})
    assert label_of(after) == "new"
    assert b"old" not in after


def test_neither_packet_nor_label():
    assert edited(None, **OPTIONS) is None


# Properties that are not true of the new picture


def test_size_and_orientation_are_updated_where_present():
    attributes = 'tiff:Orientation="6" exif:PixelXDimension="1"'
    elements = "<tiff:ImageWidth>2</tiff:ImageWidth><tiff:ImageLength>3</tiff:ImageLength>"
    assert properties(edited(packet(elements, attributes), **OPTIONS)) == {
        "rdf:about": "",
        "tiff:Orientation": "1",
        "exif:PixelXDimension": "70",
        "tiff:ImageWidth": "70",
        "tiff:ImageLength": "50",
    }


def test_properties_about_the_old_file_are_removed():
    before = packet(
        "<xmp:Thumbnails><rdf:Alt/></xmp:Thumbnails>" + TITLE, 'note:HasExtendedXMP="0123"'
    )
    assert properties(edited(before, **OPTIONS)).keys() == {"rdf:about", "dc:title"}


def test_the_largest_properties_make_room_for_the_others(caplog):
    big = "<xmp:Nickname>" + "y" * 60_000 + "</xmp:Nickname>"
    before = packet(TITLE + big + SUBJECT, f'xmp:Label="{"z" * 20_000}"')
    after = edited(before, **OPTIONS | {"label": "new"})
    assert len(after) <= MAX_XMP_BYTES
    assert "Nickname" in caplog.text
    result = properties(after)
    assert {"dc:title", "dc:subject", "xmp:Label", "jphoto:transfer"} <= result.keys()
    assert "xmp:Nickname" not in result
    assert edited(None, **OPTIONS | {"label": "x" * 70_000}) is None


# Broken and hostile packets

BROKEN = {
    "nothing": (b" ", "no element found"),
    "cut": (packet(TITLE)[:500], "unclosed token"),
    "no RDF": (b"<a><b/></a>", "its root a has no rdf:RDF"),
    "entities": (
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + packet("&b;"),
        "document type",
    ),
    "outside": (b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + packet(), "document type"),
    "deep": (packet("<dc:a>" * 100 + "</dc:a>" * 100), "nested more than"),
    "many": (packet("<dc:a/>" * 40_000), "elements and attributes"),
    "namespaces": (
        packet("".join(f'<a xmlns="urn:{number}"/>' for number in range(300))),
        "namespaces",
    ),
    "huge": (packet("x" * 5_000_000), "bytes"),
    "encoding": (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "encoding"),
}


@pytest.mark.parametrize(("xmp", "reason"), BROKEN.values(), ids=BROKEN)
def test_unreadable_packets_are_dropped_with_a_line_in_the_log(xmp, reason, caplog):
    assert edited(xmp, **OPTIONS) is None
    assert len(caplog.records) == 1
    assert reason in caplog.text
    assert label_of(edited(xmp, **OPTIONS | {"label": "new"})) == "new"


def test_prefixes_that_clash_are_kept_apart():
    xmp = packet('<a:b xmlns:a="urn:one" x="1"/><a:b xmlns:a="urn:two"/><c xmlns="urn:three"/>')
    after = edited(xmp, **OPTIONS)
    tags = [element.tag for element in ET.fromstring(after).iter()]
    assert tags[3:] == ["{urn:one}b", "{urn:two}b", "{urn:three}c"]
    assert b'xmlns:a="urn:one"' in after
