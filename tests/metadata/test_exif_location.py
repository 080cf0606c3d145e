"""GPS directories in EXIF: all are removed, whichever directories link to them."""

import struct

import pytest
from helpers.blocks import (
    OPTIONS,
    camera_tree,
    exif_of_tiff,
    header,
    main,
    rational,
    read,
    short,
    words,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.metadata.exif import edited
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    MAIN,
    Entry,
    Tree,
    pack_directory,
    read_child,
    serialize_tree,
)

STRIP = OPTIONS | {"strip_location": True}
DATE = 0x9003
PARENTS = MAIN, EXIF, INTEROP
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def location(order, number):
    """A GPS directory, and the bytes of its latitude and longitude, which are nowhere else."""
    values = {2: rational(order, 48, 51, 9000 + number), 4: rational(order, 2, 17, 8000 + number)}
    return Tree(values, {}), [data for _, data in values.values()]


def linked(order, *parents, next_offset=0):
    """A camera's block in which each of these directories links to a location of its own.

    Returns: the block, and the bytes of all latitudes and longitudes.
    """
    locations = {parent: location(order, number) for number, parent in enumerate(parents)}

    def part(name, source):
        below = {tag: part(tag, branch) for tag, branch in source.children.items() if tag != GPS}
        return Tree(source.values, below | ({GPS: locations[name][0]} if name in parents else {}))

    tree = part(MAIN, camera_tree(order, b"a note"))
    block = header(order) + serialize_tree(tree, order, 8, next_offset=next_offset)
    return block, [data for _, found in locations.values() for data in found]


def directories(block):
    """The main, Exif and Interop directories."""
    structure, table = main(block)
    exif = read_child(structure, table, EXIF)
    return {MAIN: table, EXIF: exif, INTEROP: read_child(structure, exif, INTEROP)}


def links(block):
    """What leads from directory to directory: (from, to)."""
    return [
        (name, entry.tag)
        for name, table in directories(block).items()
        for entry in table.entries
        if entry.tag in (EXIF, GPS, INTEROP)
    ]


NO_LOCATION = [(MAIN, EXIF), (EXIF, INTEROP)]


def changed(block, name, old, new):
    """The block with another entry in place of the one with a tag."""
    table = directories(block)[name]
    entries = sorted(new if entry.tag == old else entry for entry in table.entries)
    order = main(block)[0].order
    return (
        block[: table.start]
        + pack_directory(entries, table.next_offset, order)
        + block[table.start + table.size :]
    )


@ORDERS
@pytest.mark.parametrize(
    "parents",
    [(MAIN,), (EXIF,), (INTEROP,), (MAIN, EXIF), (EXIF, INTEROP), PARENTS],
    ids=lambda parents: " ".join(f"{parent:04x}" for parent in parents),
)
def test_a_location_is_removed_whichever_directory_links_to_it(order, parents):
    block, numbers = linked(order, *parents)
    assert {name for name, tag in links(block) if tag == GPS} == set(parents)
    assert links(edited(block, **OPTIONS)) == links(block)
    assert all(number in edited(block, **OPTIONS) for number in numbers)
    result = edited(block, **STRIP)
    assert links(result) == NO_LOCATION
    assert not [number for number in numbers if number in result]
    assert read(result).children[EXIF].values[DATE] == words("2024:05:06 07:08:09")


@ORDERS
@pytest.mark.parametrize("other", [EXIF, INTEROP])
def test_a_location_with_two_links_loses_both(order, other):
    block, numbers = linked(order, MAIN, other)
    (link,) = (entry for entry in directories(block)[MAIN].entries if entry.tag == GPS)
    block = changed(block, other, GPS, link)
    assert links(block).count((other, GPS)) == 1
    result = edited(block, **STRIP)
    assert links(result) == NO_LOCATION
    assert not [number for number in numbers[:2] if number in result]


@ORDERS
def test_both_locations_of_one_directory_are_removed(order):
    block, numbers = linked(order, MAIN, EXIF)
    (link,) = (entry for entry in directories(block)[EXIF].entries if entry.tag == GPS)
    block = changed(block, MAIN, 0x0213, link)
    assert links(block).count((MAIN, GPS)) == 2
    result = edited(block, **STRIP)
    assert links(result) == NO_LOCATION
    assert not [number for number in numbers if number in result]


@ORDERS
def test_the_location_of_the_older_thumbnail_is_removed(order):
    """The second directory, which describes the thumbnail, links to one."""
    second = len(linked(order)[0])
    tree, numbers = location(order, 0)
    block = linked(order, next_offset=second)[0]
    block += serialize_tree(Tree({0x0103: short(order, 6)}, {GPS: tree}), order, second)
    assert all(number in block for number in numbers)
    for options in (STRIP, STRIP | {"thumbnail": b"a thumbnail"}):
        assert not [number for number in numbers if number in edited(block, **options)]


@pytest.mark.parametrize(
    ("name", "old", "tag", "reason"),
    [
        (MAIN, 0x0213, EXIF, "more than one link"),
        (EXIF, 0xA001, INTEROP, "more than one link"),
        (MAIN, GPS, GPS, "GPS directory cannot be read"),
        (EXIF, GPS, GPS, "GPS directory cannot be read"),
        (INTEROP, GPS, GPS, "GPS directory cannot be read"),
    ],
)
def test_a_location_that_cannot_be_found_drops_the_block(name, old, tag, reason, caplog):
    """A link is dead, or leads to a second Exif directory, which might link to a location."""
    block, _ = linked(">", *PARENTS)
    block = changed(block, name, old, Entry(tag, 4, 1, struct.pack(">I", len(block) + 8)))
    assert edited(block, **OPTIONS) is not None
    assert caplog.text == ""
    assert edited(block, **STRIP) is None
    assert reason in caplog.text


@ORDERS
def test_a_tiff_file_with_an_unusual_link_keeps_the_rest_of_its_exif(tmp_path, order):
    path = tmp_path / "a.tif"
    path.write_bytes(linked(order, EXIF)[0])
    block = exif_of_tiff(path)
    assert links(block) == NO_LOCATION
    assert links(edited(block, **STRIP)) == NO_LOCATION


@settings(max_examples=30, deadline=None)
@given(st.sampled_from("<>"), st.sets(st.sampled_from(PARENTS)), st.binary(max_size=40))
def test_removing_locations_twice_is_removing_them_once(order, parents, software):
    options = STRIP | {"software": software.hex()}
    once = edited(linked(order, *parents)[0], **options)
    assert links(once) == NO_LOCATION
    assert edited(once, **options) == once


@ORDERS
def test_locations_of_further_directories_are_removed(order):
    """A third directory and a SubIFD, each with a location, as raw photos have them."""
    tree, traces = location(order, 5)
    inner = header(order) + bytes(2)
    third = len(inner)
    inner += serialize_tree(Tree({0x0100: short(order, 9)}, {GPS: tree}), order, third)
    second = len(inner)
    inner += serialize_tree(Tree({}, {}), order, second, next_offset=third)
    tree, more = location(order, 6)
    sub = len(inner)
    inner += serialize_tree(Tree({}, {GPS: tree}), order, sub)
    first = len(inner)
    values = {0x010F: words("Maker"), 0x014A: (4, struct.pack(f"{order}I", sub))}
    inner += serialize_tree(Tree(values, {}), order, first, next_offset=second)
    block = header(order, first) + inner[8:]
    assert all(trace in block for trace in traces + more)
    result = edited(block, **STRIP)
    assert read(result).values == {0x010F: words("Maker")}
    assert not any(trace in result for trace in traces + more)
