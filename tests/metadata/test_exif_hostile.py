"""Damaged and hostile EXIF blocks: they are edited or dropped, with bounded work."""

import struct

import pytest
from helpers.blocks import (
    DAMAGES,
    OPTIONS,
    camera,
    damaged,
    edit_options,
    header,
    jpeg,
    main,
    read,
    short,
    thumbnail_of,
    words,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jphoto.metadata.exif import edited
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    MAX_EXIF_BYTES,
    Entry,
    open_block,
    pack_directory,
    read_child,
    read_directory,
    read_tree,
    read_value,
    value_range,
)

SOFTWARE = 0x0131
CAMERAS = [camera(order, jpeg("red"), first) for order in "<>" for first in (True, False)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CAMERAS), DAMAGES, st.floats(0, 1), edit_options)
def test_damaged_blocks_are_edited_or_dropped(block, damages, cut, options):
    check(edited(damaged(block, damages)[: 1 + int(cut * len(block))], **options), options)


def check(result, options):
    """A result is a block that says what was asked for, or None if there is nothing to say."""
    if result is None:
        assert options["software"] is None
        return
    assert len(result) <= MAX_EXIF_BYTES
    structure, table = main(result)
    tables = [table, *(read_child(structure, table, tag) for tag in (EXIF, GPS))]
    tables.append(read_child(structure, tables[1], INTEROP) if tables[1] else None)
    for found in filter(None, tables):
        ends = [(value_range(structure, entry) or (0, 0))[1] for entry in found.entries]
        assert max(ends, default=0) <= len(result)
        assert not options["strip_location"] or GPS not in [entry.tag for entry in found.entries]
    values = [
        (e.type_code, read_value(structure, e))
        for e in table.entries
        if e.tag in (0x0112, SOFTWARE)
    ]
    assert options["software"] is None or words(options["software"]) in values
    assert thumbnail_of(result) in (None, options["thumbnail"])
    assert edited(result, **options) == result


def pointer(tag, start):
    return Entry(tag, 4, 1, struct.pack("<I", start))


KEPT_ENTRIES = [Entry(0x010F, 2, 4, b"Ada\0"), Entry(0x0112, 3, 1, b"\6\0\0\0")]
KEPT = pack_directory(KEPT_ENTRIES, 0, "<")
LOCATED = pack_directory([*KEPT_ENTRIES, pointer(GPS, 50)], 0, "<")  # which ends at 50
LOCATED += pack_directory([Entry(1, 2, 2, b"N\0\0\0")], 0, "<")


@settings(max_examples=100, deadline=None)
@example(KEPT, OPTIONS)
@example(LOCATED, OPTIONS | {"strip_location": False})
@example(LOCATED, OPTIONS | {"strip_location": True})
@example(
    KEPT, OPTIONS | {"strip_location": True, "thumbnail": b"a thumbnail", "software": "jphoto"}
)
@given(st.binary(max_size=100), edit_options)
def test_noise_is_edited_or_dropped(noise, options):
    for start in (b"", header("<"), header(">")):
        result = edited(start + noise, **options)
        check(result, options)
        if start == header("<") and noise in (KEPT, LOCATED):
            assert read(result).values[0x010F] == words("Ada")
            assert read(result).values[0x0112] == short("<", 1)
            kept = noise == LOCATED and not options["strip_location"]
            assert (GPS in [entry.tag for entry in main(result)[1].entries]) == kept
        if start == b"" and options["software"] is not None:
            assert read(result) == read(edited(None, **options))


BROKEN = {
    "empty": (b"II", "does not begin as a TIFF file"),
    "BigTIFF": (b"II\x2b\0\x08\0\0\0", "does not begin as a TIFF file"),
    "nowhere": (header("<", 2**32 - 1), "lie beyond its end"),
    "cut": (header("<") + b"\x05\0" + bytes(40), "lie beyond its end"),
    "absurd count": (header("<") + b"\xff\xff" + bytes(10**5), "claims 65535 entries"),
    "in the header": (header("<", 4) + bytes(100), "in its header"),
    "huge": (header("<") + bytes(10**6), "1000008 bytes"),
}


@pytest.mark.parametrize(("block", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_blocks_are_dropped_with_a_line_in_the_log(block, reason, caplog):
    assert edited(block, **OPTIONS) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1
    result = edited(block, **OPTIONS | {"software": "jphoto"})
    assert read(result).values[SOFTWARE] == words("jphoto")


LOOPS = {
    "directories": [pointer(EXIF, 8), pointer(GPS, 8)],
    "beyond": [pointer(EXIF, 5000), pointer(GPS, 5000)],
}


@pytest.mark.parametrize("entries", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("next_offset", [8, 5000])
def test_loops_and_dead_ends_are_cut_off(entries, next_offset, caplog):
    entry = Entry(0x010F, 2, 4, b"Ada\0")
    block = header("<") + pack_directory([entry, *entries], next_offset, "<")
    result = edited(block, **OPTIONS)
    assert main(result)[1].entries == (entry,)
    assert main(result)[1].next_offset == 0
    assert edited(block, **OPTIONS | {"strip_location": True}) is None
    assert "GPS directory cannot be read" in caplog.text


def test_values_that_are_cut_off_are_left_out():
    block = header("<") + pack_directory([Entry(0x010F, 2, 50, struct.pack("<I", 30))], 0, "<")
    assert read(edited(block, **OPTIONS | {"thumbnail": bytes(100)})).values == {}


def test_a_location_that_shares_bytes_with_others_drops_the_block(caplog):
    place = struct.pack("<I", 8 + 2 * 12 + 6 + 12 + 6)
    gps = pack_directory([Entry(2, 2, 8, place)], 0, "<")
    first = [Entry(0x010F, 2, 8, place), pointer(GPS, 8 + 2 * 12 + 6)]
    block = header("<") + pack_directory(first, 0, "<") + gps + b"a place\0"
    assert edited(block, **OPTIONS | {"strip_location": True}) is None
    assert "shares bytes" in caplog.text
    assert read(edited(block, **OPTIONS)).children[GPS].values[2] == words("a place")


def test_reading_is_bounded_whatever_a_block_claims():
    """Every entry of every directory claims the whole block."""
    size, room = MAX_EXIF_BYTES, 2 + 12 * 256 + 4
    claims = [Entry(0x9999, 7, size - 8, struct.pack("<I", 8))] * 255
    block = header("<")
    for start, inner in ((8, EXIF), (8 + room, INTEROP), (8 + 2 * room, GPS)):
        block += pack_directory([*claims, pointer(inner, start + room)], 8, "<")
    asked = []
    structure = open_block(block.ljust(size, b"\0"))
    counting = structure._replace(read=lambda *span: asked.append(span) or structure.read(*span))
    found = read_tree(counting, read_directory(counting, 8))
    assert sum(length for _, length in asked) < 5 * size
    claimed = (7, structure.read(8, size - 8))
    assert found.values == found.children[EXIF].values == {0x9999: claimed}
