"""EXIF edited in place: what was meant to change has changed, all else is where it was."""

import struct

import pytest
from helpers.blocks import (
    WISH,
    camera,
    camera_tree,
    header,
    jpeg,
    long,
    made,
    main,
    maker_note,
    read,
    recipes,
    short,
    thumbnail_of,
    trees,
    wishes,
    words,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from jphoto.metadata.exif import edited
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    LONGEST_EXIF,
    MAIN,
    Tree,
    directory,
    packed,
    serialized,
    swapped,
)

ORIENTATION, SOFTWARE, NOTE, DATE = 0x0112, 0x0131, 0x927C, 0x9003
WIDTH, HEIGHT = 0xA002, 0xA003
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def pillow(block):
    found = Image.Exif()
    found.load(b"Exif\0\0" + block)
    return {
        (name, tag): data
        for name, part in [(0, found), *((n, found.get_ifd(n)) for n in (EXIF, GPS, INTEROP))]
        for tag, data in part.items()
        if tag not in (EXIF, GPS, INTEROP)
    }


# Laws


@settings(max_examples=100, deadline=None)
@given(recipes, wishes)
def test_only_what_is_meant_to_change_changes(recipe, wish):
    block = made(*recipe)
    before, after = read(block), read(edited(block, **wish))
    order = recipe[0]
    numbers = dict(zip([(EXIF, HEIGHT), (EXIF, WIDTH)], wish["size"], strict=True))
    numbers[MAIN, ORIENTATION] = 1
    numbers |= dict(zip([(INTEROP, 0x1002), (INTEROP, 0x1001)], wish["size"], strict=True))

    def expected(name, part):
        values = dict(part.values)
        for (where, tag), number in numbers.items():
            if where == name and tag in values:
                kind = 4 if values[tag][0] == 4 or number >= 2**16 else 3
                values[tag] = (short if kind == 3 else long)(order, number)
        if name == MAIN and wish["software"] is not None:
            values[SOFTWARE] = words(wish["software"])
        below = {tag: expected(tag, branch) for tag, branch in part.branches.items()}
        if wish["strip_location"]:
            below.pop(GPS, None)
        return Tree(values, below)

    assert after == expected(MAIN, before)


@settings(max_examples=100, deadline=None)
@given(recipes, wishes)
def test_twice_is_once(recipe, wish):
    block = made(*recipe)
    once = edited(block, **wish)
    assert edited(once, **wish) == once


@settings(max_examples=100, deadline=None)
@given(recipes, wishes)
def test_the_thumbnail_is_the_one_that_was_asked_for(recipe, wish):
    block = made(*recipe)
    result = edited(block, **wish)
    if wish["thumbnail"] is None:
        assert main(result)[1].following == 0
    else:
        assert thumbnail_of(result) == wish["thumbnail"]


@settings(max_examples=100, deadline=None)
@given(recipes, wishes)
def test_nothing_that_stays_is_moved(recipe, wish):
    """The directory below the first is where it was, and its values too."""
    block = made(*recipe)

    def entries(block):
        structure, table = main(block)
        pointers = {entry.tag: entry.field for entry in table.entries if entry.tag == EXIF}
        if EXIF not in pointers:
            return []
        start = struct.unpack(f"{structure.order}I", pointers[EXIF])[0]
        inner = directory(structure, start)
        numbers = (WIDTH, HEIGHT)
        return [start, [e for e in inner.entries if e.tag not in numbers]]

    assert entries(edited(block, **wish)) == entries(block)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([0x010E, 0x010F, 0x0110, 0x013B, 0x8298]), st.text("abc", min_size=1)
    ),
    st.dictionaries(st.sampled_from([0x829A, 0x829D, 0x920A]), st.integers(1, 1000)),
    wishes,
)
def test_blocks_by_pillow_read_by_pillow(told, inner, wish):
    exif = Image.Exif()
    exif.update(told)
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF).update(inner | {DATE: "2024:05:06 07:08:09", WIDTH: 9, HEIGHT: 8})
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 29.5)})
    block = exif.tobytes()[6:]
    expected = pillow(block)
    height, width = wish["size"]
    expected |= {(0, ORIENTATION): 1, (EXIF, WIDTH): width, (EXIF, HEIGHT): height}
    if wish["software"] is not None:
        expected[0, SOFTWARE] = wish["software"]
    if wish["strip_location"]:
        expected = {(name, tag): data for (name, tag), data in expected.items() if name != GPS}
    assert pillow(edited(block, **wish)) == expected


@settings(max_examples=50, deadline=None)
@given(st.sampled_from("<>").flatmap(trees))
def test_byte_orders_say_the_same(told):
    assert swapped(swapped(told)) == told
    other = header(">") + serialized(swapped(told), ">", 8)
    assert swapped(read(other)) == told


# A camera's block


@ORDERS
@pytest.mark.parametrize("first", [True, False])
def test_a_maker_note_stays_where_its_offsets_lead(order, first):
    block = camera(order, jpeg("red"), first)
    result = edited(block, **WISH | {"software": "a longer name", "thumbnail": jpeg("blue")})
    note = read(block).branches[EXIF].values[NOTE][1]
    assert note == maker_note(order, block.index(note))
    assert result.index(note) == block.index(note)


@ORDERS
@pytest.mark.parametrize("first", [True, False])
def test_no_byte_of_the_older_thumbnail_is_left(order, first):
    old = jpeg("red")
    block = camera(order, old, first)
    result = edited(block, **WISH)
    assert old[100:200] in block
    assert old[100:200] not in result
    assert first or len(result) == len(camera(order))


@ORDERS
def test_no_byte_of_the_location_is_left(order):
    block = camera(order, jpeg("red"))
    told = camera_tree(order, b"").branches[GPS].values
    latitude, longitude = told[2][1], told[4][1]
    assert latitude in block
    assert longitude in block
    result = edited(block, **WISH | {"strip_location": True})
    assert latitude not in result
    assert longitude not in result


def test_software_is_written_in_place_where_it_fits():
    block = camera()
    for text in ("jphoto 1", "abc", ""):
        result = edited(block, **WISH | {"software": text})
        assert len(result) == len(block)
        assert read(result).values[SOFTWARE] == words(text)
        assert b"Camera 1" not in result


def test_a_value_that_two_entries_share_is_not_overwritten():
    shared = Tree({0x010F: words("one for both"), SOFTWARE: words("one for both")}, {})
    block = header("<") + serialized(shared, "<", 8)
    first, second = (e for e in main(block)[1].entries)
    block = block[:8] + packed([first, second._replace(field=first.field)], 0, "<") + block[38:]
    result = read(edited(block, **WISH | {"software": "jphoto"}))
    assert result.values == {0x010F: words("one for both"), SOFTWARE: words("jphoto")}


def test_a_thumbnail_within_the_maker_note_is_left_there():
    block = camera("<", jpeg("red"))
    _, table = main(block)
    note = read(block).branches[EXIF].values[NOTE][1]
    there = table.following + 2 + 4 * 12 + 8  # the value of the fifth entry, then of the sixth
    block = bytearray(block)
    struct.pack_into("<I", block, there, bytes(block).index(note) + 4)
    struct.pack_into("<I", block, there + 12, len(note) - 8)
    assert read(edited(bytes(block), **WISH)).branches[EXIF].values[NOTE][1] == note


def test_copies_of_other_metadata_go():
    told = {0x010F: words("Make"), 0x02BC: (1, b"<x:xmpmeta/>"), 0x83BB: (7, b"records of IPTC")}
    result = edited(header("<") + serialized(Tree(told, {}), "<", 8), **WISH)
    assert read(result).values == {0x010F: words("Make")}
    assert b"xmpmeta" not in result


def test_no_block_and_nothing_to_say():
    assert edited(None, **WISH) is None
    assert read(edited(None, **WISH | {"software": "jphoto"})).values[SOFTWARE] == words("jphoto")


def block_of(length):
    """A block of so many bytes, an even number, most of them a maker note."""
    others = len(header("<") + serialized(camera_tree("<", b""), "<", 8))
    return header("<") + serialized(camera_tree("<", bytes(length - others)), "<", 8)


@pytest.mark.parametrize(
    ("length", "kept"),
    [
        (LONGEST_EXIF - 94 - 1001, "both"),
        (LONGEST_EXIF - 94 - 1001 + 2, "block"),
        (LONGEST_EXIF - 1, "block"),
        (LONGEST_EXIF + 1, "nothing"),
    ],
)
def test_what_is_too_long_for_jpeg_loses_its_thumbnail_and_then_all(length, kept, caplog):
    picture = b"\xff" * 1001  # and the 94 bytes of its directory
    block = block_of(length)
    assert len(block) == length
    result = edited(block, **WISH | {"thumbnail": picture})
    if kept == "nothing":
        assert result is None
    else:
        assert thumbnail_of(result) == (picture if kept == "both" else None)
        assert len(result) <= LONGEST_EXIF
    assert ("left out" in caplog.text) == (kept != "both")
