"""EXIF blocks that are damaged, or made to do harm: edited or dropped, in bounded work."""

import struct

import pytest
from helpers.blocks import DAMAGES, WISH, camera, damaged, header, jpeg, main, read, wishes, words
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.metadata.exif import edited
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    LONGEST_EXIF,
    Entry,
    directory,
    opened_block,
    packed,
    tree,
    value,
)

SOFTWARE = 0x0131
CAMERAS = [camera(order, jpeg("red"), first) for order in "<>" for first in (True, False)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CAMERAS), DAMAGES, st.floats(0, 1), wishes)
def test_damaged_blocks_are_edited_or_dropped(block, damages, cut, wish):
    result = edited(damaged(block, damages)[: 1 + int(cut * len(block))], **wish)
    if result is not None:
        structure, table = main(result)
        assert not wish["strip_location"] or GPS not in [entry.tag for entry in table.entries]
        assert all(value(structure, entry) is not None for entry in table.entries)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100), wishes)
def test_noise_is_edited_or_dropped(noise, wish):
    for start in (b"", header("<"), header(">")):
        edited(start + noise, **wish)


def pointer(tag, start):
    return Entry(tag, 4, 1, struct.pack("<I", start))


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
    assert edited(block, **WISH) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1
    result = edited(block, **WISH | {"software": "jphoto"})
    assert read(result).values[SOFTWARE] == words("jphoto")


LOOPS = {
    "directories": [pointer(EXIF, 8), pointer(GPS, 8)],
    "beyond": [pointer(EXIF, 5000), pointer(GPS, 5000)],
}


@pytest.mark.parametrize("entries", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("following", [8, 5000])
def test_loops_and_dead_ends_are_cut_off(entries, following, caplog):
    entry = Entry(0x010F, 2, 4, b"Ada\0")
    block = header("<") + packed([entry, *entries], following, "<")
    result = edited(block, **WISH)
    assert main(result)[1].entries == (entry,)
    assert main(result)[1].following == 0
    assert edited(block, **WISH | {"strip_location": True}) is None
    assert "GPS directory cannot be read" in caplog.text


def test_values_cut_off_are_left_out():
    block = header("<") + packed([Entry(0x010F, 2, 50, struct.pack("<I", 30))], 0, "<")
    assert read(edited(block, **WISH | {"thumbnail": bytes(100)})).values == {}


def test_a_location_that_shares_bytes_with_others_drops_the_block(caplog):
    place = struct.pack("<I", 8 + 2 * 12 + 6 + 12 + 6)
    gps = packed([Entry(2, 2, 8, place)], 0, "<")
    first = [Entry(0x010F, 2, 8, place), pointer(GPS, 8 + 2 * 12 + 6)]
    block = header("<") + packed(first, 0, "<") + gps + b"a place\0"
    assert edited(block, **WISH | {"strip_location": True}) is None
    assert "shares bytes" in caplog.text
    assert read(edited(block, **WISH)).branches[GPS].values[2] == words("a place")


def test_reading_is_bounded_whatever_a_block_claims():
    """Every entry of every directory claims all there is."""
    size, room = LONGEST_EXIF, 2 + 12 * 256 + 4
    claims = [Entry(0x9999, 7, size - 8, struct.pack("<I", 8))] * 255
    block = header("<")
    for place, inner in ((8, EXIF), (8 + room, INTEROP), (8 + 2 * room, GPS)):
        block += packed([*claims, pointer(inner, place + room)], 8, "<")
    asked = []
    structure = opened_block(block.ljust(size, b"\0"))
    counting = structure._replace(read=lambda *span: asked.append(span) or structure.read(*span))
    tree(counting, directory(counting, 8))
    assert sum(length for _, length in asked) < 5 * size
