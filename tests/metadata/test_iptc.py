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
    resolution = resource(0x03ED, bytes(16), name=b"\4name\0")
    return b"Photoshop 3.0\0" + resolution + resource(0x0404, records) + b"".join(others)


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


@pytest.mark.parametrize("number", [0x0409, 0x040C, 0x0422, 0x0423, 0x0424])
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
    "too long": (wrapped(RECORDS, resource(1, bytes(65_500))), "bytes"),
}


@pytest.mark.parametrize(("iptc", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_records_are_dropped_with_a_line_in_the_log(iptc, reason, caplog):
    assert edited(iptc, strip_location=True) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([RECORDS, wrapped(RECORDS, digest(RECORDS))]), DAMAGES, st.booleans())
def test_damaged_records_are_edited_or_dropped(iptc, damages, strip_location):
    result = edited(damaged(iptc, damages), strip_location=strip_location)
    if result is not None:
        assert edited(result, strip_location=strip_location) == result
        for_tiff(result)
