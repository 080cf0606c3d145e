"""EXIF edited in place: the intended changes are made, and all else stays where it was."""

import struct
from fractions import Fraction

import pytest
from helpers.blocks import (
    OPTIONS,
    camera,
    camera_tree,
    edit_options,
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
    MAIN,
    MAX_EXIF_BYTES,
    Tree,
    byte_swapped,
    pack_directory,
    read_directory,
    serialize_tree,
)

ORIENTATION, SOFTWARE, NOTE, DATE = 0x0112, 0x0131, 0x927C, 0x9003
WIDTH, HEIGHT, COLOR = 0xA002, 0xA003, 0xA001
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


def ratio(order, number):
    return 5, struct.pack(
        f"{order}II", *Fraction(number).limit_denominator(1000).as_integer_ratio()
    )


# Laws


@settings(max_examples=100, deadline=None)
@given(recipes, edit_options)
def test_only_what_is_meant_to_change_changes(recipe, options):
    block = made(*recipe)
    before, after = read(block), read(edited(block, **options))
    order = recipe[0]
    numbers = dict(zip([(EXIF, HEIGHT), (EXIF, WIDTH)], options["size"], strict=True))
    numbers[MAIN, ORIENTATION] = 1
    numbers |= dict(zip([(INTEROP, 0x1002), (INTEROP, 0x1001)], options["size"], strict=True))
    color, density = options["color"], options["density"]
    index = {"srgb": {1: words("R98")}, "adobe-rgb": {1: words("R03")}, "other": {}}[color.space]

    def expected(name, part):
        values = dict(part.values)
        for (where, tag), number in numbers.items():
            if where == name and tag in values:
                kind = 4 if values[tag][0] == 4 or number >= 2**16 else 3
                values[tag] = (short if kind == 3 else long)(order, number)
        if name == MAIN and options["software"] is not None:
            values[SOFTWARE] = words(options["software"])
        if name == MAIN and color.jpeg_channels:
            values[0x0213] = short(order, 1)
        if name == MAIN and density is not None:
            values |= {0x011A: ratio(order, density[0]), 0x011B: ratio(order, density[1])}
            values[0x0128] = short(order, 2)
        below = {tag: expected(tag, branch) for tag, branch in part.children.items()}
        if name == INTEROP:
            values = {tag: value for tag, value in values.items() if tag != 1} | index
        if name == EXIF:
            if color.sized:
                values = {tag: v for tag, v in values.items() if tag not in (WIDTH, HEIGHT)}
            if color.jpeg_channels:
                values[0x9101] = (7, b"\1\2\3\0")
            values[COLOR] = short(order, 1 if color.space == "srgb" else 65535)
            if color.space == "adobe-rgb" and INTEROP not in below:
                below[INTEROP] = Tree(index | {2: (7, b"0100")}, {})
        if options["strip_location"]:
            below.pop(GPS, None)
        return Tree(values, below)

    assert after == expected(MAIN, before)


@settings(max_examples=100, deadline=None)
@given(recipes, edit_options)
def test_editing_twice_is_editing_once(recipe, options):
    block = made(*recipe)
    once = edited(block, **options)
    assert edited(once, **options) == once


@settings(max_examples=100, deadline=None)
@given(recipes, edit_options)
def test_the_thumbnail_is_the_one_that_was_asked_for(recipe, options):
    block = made(*recipe)
    result = edited(block, **options)
    if options["thumbnail"] is None:
        assert main(result)[1].next_offset == 0
    else:
        assert thumbnail_of(result) == options["thumbnail"]


@settings(max_examples=100, deadline=None)
@given(recipes, edit_options)
def test_what_is_kept_is_not_moved(recipe, options):
    """The values of the directory below the first are where they were."""
    block = made(*recipe)

    def entries(block):
        structure, table = main(block)
        pointers = {entry.tag: entry.field for entry in table.entries if entry.tag == EXIF}
        if EXIF not in pointers:
            return []
        start = struct.unpack(f"{structure.order}I", pointers[EXIF])[0]
        inner = read_directory(structure, start)
        numbers = (WIDTH, HEIGHT, COLOR, INTEROP, 0x9101)
        return [e for e in inner.entries if e.tag not in numbers]

    assert entries(edited(block, **options)) == entries(block)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([0x010E, 0x010F, 0x0110, 0x013B, 0x8298]), st.text("abc", min_size=1)
    ),
    st.dictionaries(st.sampled_from([0x829A, 0x829D, 0x920A]), st.integers(1, 1000)),
    edit_options,
)
def test_blocks_by_pillow_read_by_pillow(outer, inner, options):
    exif = Image.Exif()
    exif.update(outer)
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF).update(inner | {DATE: "2024:05:06 07:08:09", WIDTH: 9, HEIGHT: 8})
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 29.5)})
    block = exif.tobytes()[6:]
    expected = pillow(block)
    height, width = options["size"]
    expected |= {(0, ORIENTATION): 1, (EXIF, WIDTH): width, (EXIF, HEIGHT): height}
    if options["color"].sized:
        del expected[EXIF, WIDTH], expected[EXIF, HEIGHT]
    if options["software"] is not None:
        expected[0, SOFTWARE] = options["software"]
    expected[EXIF, COLOR] = 1 if options["color"].space == "srgb" else 65535
    if options["color"].space == "adobe-rgb":
        expected |= {(INTEROP, 1): "R03", (INTEROP, 2): b"0100"}
    if options["color"].jpeg_channels:
        expected |= {(0, 0x0213): 1, (EXIF, 0x9101): b"\1\2\3\0"}
    if options["density"]:
        expected |= dict(zip([(0, 0x011A), (0, 0x011B)], options["density"], strict=True))
        expected[0, 0x0128] = 2
    if options["strip_location"]:
        expected = {(name, tag): data for (name, tag), data in expected.items() if name != GPS}
    assert pillow(edited(block, **options)) == expected


@settings(max_examples=50, deadline=None)
@given(st.one_of(trees("<"), trees(">")))
def test_byte_order_does_not_change_the_contents(tree):
    assert byte_swapped(byte_swapped(tree)) == tree
    other = header(">") + serialize_tree(byte_swapped(tree), ">", 8)
    assert byte_swapped(read(other)) == tree


# A camera's block


@ORDERS
@pytest.mark.parametrize("first", [True, False])
def test_a_maker_note_stays_where_its_offsets_lead(order, first):
    block = camera(order, jpeg("red"), first)
    result = edited(block, **OPTIONS | {"software": "a longer name", "thumbnail": jpeg("blue")})
    note = read(block).children[EXIF].values[NOTE][1]
    assert note == maker_note(order, block.index(note))
    assert result.index(note) == block.index(note)


@ORDERS
@pytest.mark.parametrize("first", [True, False])
def test_no_byte_of_the_older_thumbnail_is_left(order, first):
    old = jpeg("red")
    block = camera(order, old, first)
    result = edited(block, **OPTIONS)
    assert old[100:200] in block
    assert old[100:200] not in result
    assert first or len(result) == len(camera(order))


@ORDERS
def test_no_byte_of_the_location_is_left(order):
    block = camera(order, jpeg("red"))
    values = camera_tree(order, b"").children[GPS].values
    latitude, longitude = values[2][1], values[4][1]
    assert latitude in block
    assert longitude in block
    result = edited(block, **OPTIONS | {"strip_location": True})
    assert latitude not in result
    assert longitude not in result


def test_software_is_written_in_place_where_it_fits():
    block = camera()
    for text in ("jphoto 1", "abc", ""):
        result = edited(block, **OPTIONS | {"software": text})
        assert len(result) == len(block)
        assert read(result).values[SOFTWARE] == words(text)
        assert b"Camera 1" not in result


def test_a_value_that_two_entries_share_is_not_overwritten():
    shared = Tree({0x010F: words("one for both"), SOFTWARE: words("one for both")}, {})
    block = header("<") + serialize_tree(shared, "<", 8)
    first, second = (e for e in main(block)[1].entries)
    block = (
        block[:8] + pack_directory([first, second._replace(field=first.field)], 0, "<") + block[38:]
    )
    result = read(edited(block, **OPTIONS | {"software": "jphoto"}))
    assert result.values == {0x010F: words("one for both"), SOFTWARE: words("jphoto")}


def test_a_thumbnail_within_the_maker_note_is_left_there():
    block = camera("<", jpeg("red"))
    _, table = main(block)
    note = read(block).children[EXIF].values[NOTE][1]
    offset = table.next_offset + 2 + 4 * 12 + 8  # the value of the fifth entry, then of the sixth
    block = bytearray(block)
    struct.pack_into("<I", block, offset, bytes(block).index(note) + 4)
    struct.pack_into("<I", block, offset + 12, len(note) - 8)
    assert read(edited(bytes(block), **OPTIONS)).children[EXIF].values[NOTE][1] == note


def test_copies_of_other_metadata_are_removed():
    values = {0x010F: words("Make"), 0x02BC: (1, b"<x:xmpmeta/>"), 0x83BB: (7, b"records of IPTC")}
    result = edited(header("<") + serialize_tree(Tree(values, {}), "<", 8), **OPTIONS)
    assert read(result).values == {0x010F: words("Make")}
    assert b"xmpmeta" not in result


def test_without_a_block_there_is_one_only_for_software():
    assert edited(None, **OPTIONS) is None
    assert read(edited(None, **OPTIONS | {"software": "jphoto"})).values[SOFTWARE] == words(
        "jphoto"
    )


def block_of(length):
    """A block of so many bytes, an even number, most of them a maker note."""
    others = len(header("<") + serialize_tree(camera_tree("<", b""), "<", 8))
    return header("<") + serialize_tree(camera_tree("<", bytes(length - others)), "<", 8)


@pytest.mark.parametrize(
    ("length", "kept"),
    [
        (MAX_EXIF_BYTES - 94 - 1001, "both"),
        (MAX_EXIF_BYTES - 94 - 1001 + 2, "block"),
        (MAX_EXIF_BYTES - 1, "block"),
        (MAX_EXIF_BYTES + 1, "nothing"),
    ],
)
def test_a_block_too_long_for_jpeg_loses_its_thumbnail_or_is_dropped(length, kept, caplog):
    picture = b"\xff" * 1001  # and the 94 bytes of its directory
    block = block_of(length)
    assert len(block) == length
    result = edited(block, **OPTIONS | {"thumbnail": picture})
    if kept == "nothing":
        assert result is None
    else:
        assert thumbnail_of(result) == (picture if kept == "both" else None)
        assert len(result) <= MAX_EXIF_BYTES
    assert ("left out" in caplog.text) == (kept != "both")
