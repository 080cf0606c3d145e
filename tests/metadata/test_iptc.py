"""IPTC records in both forms: places and what is about another picture are removed."""

import hashlib
import struct

import pytest
from helpers.blocks import DAMAGES, damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.metadata.iptc import edited, for_jpeg, for_tiff


def record(dataset, data, number=2):
    return struct.pack(">BBBH", 0x1C, number, dataset, len(data)) + data


def resource(number, data, name=b"\0\0"):
    padded = data + bytes(len(data) % 2)
    return b"8BIM" + struct.pack(">H", number) + name + struct.pack(">I", len(data)) + padded


CHARSET = record(90, b"\x1b%G", number=1)
TITLE = record(5, b"a title")
LONG = struct.pack(">BBBHH", 0x1C, 2, 120, 0x8002, 5) + b"story"
CITY, COUNTRY = record(90, b"a city"), record(101, b"a country")
RECORDS = CHARSET + TITLE + CITY + LONG + COUNTRY


def wrapped(records, *others):
    copyright = resource(0x040A, b"\1", name=b"\4name\0")
    return b"Photoshop 3.0\0" + copyright + resource(0x0404, records) + b"".join(others)


def digest(records):
    return resource(0x0425, hashlib.md5(records).digest())


@pytest.mark.parametrize("iptc", [RECORDS, RECORDS + b"\0\0", wrapped(RECORDS, digest(RECORDS))])
def test_without_a_request_nothing_is_removed(iptc):
    assert edited(iptc, strip_location=False) == iptc


def test_places_are_removed_on_request():
    kept = CHARSET + TITLE + LONG
    assert edited(RECORDS + b"\0\0", strip_location=True) == kept
    assert edited(wrapped(RECORDS), strip_location=True) == wrapped(kept)
    assert edited(CITY, strip_location=True) is None


def test_a_digest_is_kept_only_if_it_is_right():
    stale = wrapped(RECORDS, digest(RECORDS))
    assert edited(stale, strip_location=True) == wrapped(CHARSET + TITLE + LONG)
    right = wrapped(TITLE, digest(TITLE))
    assert edited(right, strip_location=True) == right


@pytest.mark.parametrize("number", [0x03ED, 0x0409, 0x040C, 0x0422, 0x0423, 0x0424, 0x07D0])
def test_thumbnails_and_copies_are_removed(number):
    before = wrapped(RECORDS, resource(number, b"of the older picture"))
    assert edited(before, strip_location=False) == wrapped(RECORDS)


def test_each_form_is_converted_to_the_other():
    assert for_tiff(for_jpeg(RECORDS)) == RECORDS
    assert for_jpeg(wrapped(RECORDS)) == wrapped(RECORDS)
    assert for_tiff(wrapped(RECORDS)) == RECORDS
    assert for_tiff(RECORDS) == RECORDS
    assert for_tiff(b"Photoshop 3.0\0" + resource(0x03ED, bytes(16))) is None


BROKEN = {
    "record": (RECORDS[:-1], "2:101 of 9 bytes is cut off"),
    "header": (RECORDS + b"\x1c\2", "requires a buffer"),
    "no record": (b"something else", "where a record should begin"),
    "size of a size": (struct.pack(">BBBH", 0x1C, 2, 5, 0xFFFF), "a size field of 32767 bytes"),
    "resource": (wrapped(RECORDS)[:-2], f"resource 1028 of {len(RECORDS)} bytes is cut off"),
    "too long": (wrapped(RECORDS, resource(0x040B, bytes(65_500))), "bytes"),
}


@pytest.mark.parametrize(("iptc", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_records_are_dropped_with_a_line_in_the_log(iptc, reason, caplog):
    assert edited(iptc, strip_location=True) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1


def split(iptc):
    """The image resources of either form, as (number, data)."""
    if not iptc.startswith(b"Photoshop 3.0\0"):
        return [(0x0404, iptc)]
    found, at = [], 14
    while iptc[at : at + 4] == b"8BIM":
        number, length = struct.unpack_from(">HB", iptc, at + 4)
        at += 6 + (1 + length) + (1 + length) % 2
        (size,) = struct.unpack_from(">I", iptc, at)
        found.append((number, iptc[at + 4 : at + 4 + size]))
        at += 4 + size + size % 2
    return found


def fields(records):
    """Records as (record, dataset, data)."""
    found, at = [], 0
    while records[at : at + 1] == b"\x1c":
        number, dataset, size = struct.unpack_from(">BBH", records, at + 1)
        at += 5
        if size & 0x8000:
            width = size & 0x7FFF
            size = int.from_bytes(records[at : at + width])
            at += width
        found.append((number, dataset, records[at : at + size]))
        at += size
    return found


PLACES = {(2, dataset) for dataset in (26, 27, 90, 92, 95, 100, 101)}
KEPT = {0x0404, 0x0425, 0x040A, 0x040B}


def test_places_of_the_example_are_found():
    found = [field for field in fields(split(wrapped(RECORDS))[1][1]) if field[:2] in PLACES]
    assert found == [(2, 90, b"a city"), (2, 101, b"a country")]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([RECORDS, wrapped(RECORDS, digest(RECORDS))]), DAMAGES, st.booleans())
def test_damaged_records_lose_their_places_or_are_dropped(iptc, damages, strip_location):
    data = damaged(iptc, damages)
    result = edited(data, strip_location=strip_location)
    if result is None:
        return
    assert edited(result, strip_location=strip_location) == result
    expected = [resource for resource in split(data) if resource[0] in KEPT]
    after = split(result)
    if strip_location:
        # All other fields stay, and the digest of what was read does not.
        before = [(number, found) for number, found in expected if number != 0x0425]
        expected = [
            (number, [field for field in fields(found) if field[:2] not in PLACES])
            if number == 0x0404
            else (number, found)
            for number, found in before
        ]
        after = [
            (number, fields(found) if number == 0x0404 else found)
            for number, found in after
            if number != 0x0425
        ]
    assert after == expected
    assert for_tiff(result) == dict(reversed(split(result))).get(0x0404)
