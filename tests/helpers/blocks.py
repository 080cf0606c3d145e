"""EXIF blocks as cameras write them, for tests."""

import io
import struct
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

from jphoto.metadata import Density, FileColor
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    TYPE_SIZES,
    Tree,
    open_block,
    read_directory,
    read_tree,
    serialize_tree,
)
from jphoto.metadata.tiff_exif import read_exif

OPTIONS = {"size": (50, 70), "color": FileColor("srgb"), "density": None}
OPTIONS |= {"thumbnail": None, "strip_location": False, "software": None}
"""Arguments of an edit that changes as little as possible."""

SIZE = (30, 40)
"""(height, width) in the entries of the blocks."""


def jpeg(color, size=(16, 12), **options):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG", **options)
    return file.getvalue()


def short(order, *numbers):
    return 3, struct.pack(f"{order}{len(numbers)}H", *numbers)


def long(order, *numbers):
    return 4, struct.pack(f"{order}{len(numbers)}I", *numbers)


def rational(order, *numbers):
    return 5, struct.pack(f"{order}{2 * len(numbers)}I", *(n for x in numbers for n in (x, 1)))


def words(text):
    return 2, text.encode() + b"\0"


def maker_note(order, base):
    """A maker note as Canon writes them: a directory whose offsets count from the TIFF header."""
    values = {6: words("Canon EOS 5D"), 7: words("Firmware 1.2.3"), 9: words("the owner")}
    return serialize_tree(Tree(values, {}), order, base)


def camera_tree(order, note):
    gps = {
        0: (1, bytes([2, 3, 0, 0])),
        1: words("N"),
        2: rational(order, 48, 51, 29),
        3: words("E"),
        4: rational(order, 2, 17, 40),
    }
    inner = {
        0x829A: rational(order, 3),
        0x9000: (7, b"0232"),
        0x9003: words("2024:05:06 07:08:09"),
        0x9101: (7, b"\1\2\3\0"),
        0x927C: (7, note),
        0xA000: (7, b"0100"),
        0xA001: short(order, 1),
        0xA002: short(order, SIZE[1]),
        0xA003: long(order, SIZE[0]),
    }
    interop = {1: words("R98"), 2: (7, b"0100")}
    main = {
        0x010F: words("Canon"),
        0x0110: words("Canon EOS 5D"),
        0x0112: short(order, 6),
        0x011A: rational(order, 72),
        0x011B: rational(order, 72),
        0x0128: short(order, 2),
        0x0131: words("Camera 1"),
        0x0132: words("2024:05:06 07:08:09"),
        0x0213: short(order, 1),
    }
    return Tree(main, {EXIF: Tree(inner, {INTEROP: Tree(interop, {})}), GPS: Tree(gps, {})})


def camera(order="<", thumbnail=None, first=True):
    """A block with everything that a camera writes.

    Args:
      order: "<" or ">".
      thumbnail: a JPEG, or None for none.
      first: whether the thumbnail is in front of everything else, or behind it.
    """
    second = base = 8
    before = after = b""
    if thumbnail and first:
        before = second_directory(order, second, thumbnail)
        base += len(before)
    stand_in = bytes(range(256))[: len(maker_note(order, 0))]  # until the note's offset is known
    body = serialize_tree(camera_tree(order, stand_in), order, base)
    if thumbnail and not first:
        second = base + len(body)
        after = second_directory(order, second, thumbnail)
    note = maker_note(order, base + body.index(stand_in))
    next_offset = second if thumbnail else 0
    body = serialize_tree(camera_tree(order, note), order, base, next_offset=next_offset)
    return header(order, base) + before + body + after


def header(order, first=8):
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", first)


def second_directory(order, base, thumbnail):
    values = {
        0x0103: short(order, 6),
        0x011A: rational(order, 72),
        0x011B: rational(order, 72),
        0x0128: short(order, 2),
        0x0201: long(order, base + 2 + 12 * 6 + 4 + 16),
        0x0202: long(order, len(thumbnail)),
    }
    data = serialize_tree(Tree(values, {}), order, base) + thumbnail
    return data + bytes(len(data) % 2)


def main(block):
    structure = open_block(block)
    return structure, read_directory(structure, structure.first)


def read(block):
    return read_tree(*main(block))


def thumbnail_of(block):
    """The JPEG that a block's second directory leads to, or None."""
    structure, table = main(block)
    if table.next_offset == 0:
        return None
    values = read_tree(structure, read_directory(structure, table.next_offset)).values
    start, length = (
        struct.unpack(f"{structure.order}I", values[tag][1])[0] for tag in (0x0201, 0x0202)
    )
    return block[start : start + length]


# Strategies draw recipes, of which the tests make blocks.

# Numbers of private tags, and of some that describe a photo.
_TAGS = st.one_of(
    st.sampled_from([0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298]),
    st.integers(0x9200, 0x92FF),
    st.integers(0xE000, 0xFDE8),
)
_VALUES = st.builds(
    lambda kind, raw: (kind, raw * TYPE_SIZES[kind]),
    st.sampled_from(list(TYPE_SIZES)),
    st.binary(max_size=9),
)


def trees(order):
    """Directories as cameras nest them, with values of every type under any tag."""

    def entries(tags=_TAGS, **known):
        known = {int(tag[1:], 16): value for tag, value in known.items()}
        return st.builds(
            dict.__or__,
            st.dictionaries(tags, _VALUES, max_size=8),
            st.fixed_dictionaries({}, optional=known),
        )

    side = st.one_of(st.just(short(order, 4000)), st.just(long(order, 3000)))
    interop = st.builds(Tree, entries(st.integers(1, 9)), st.just({}))
    gps = st.builds(Tree, entries(st.integers(0, 31)), st.just({}))
    inner = st.builds(
        Tree,
        entries(xA002=side, xA003=side, x927C=st.binary(max_size=60).map(lambda raw: (7, raw))),
        st.fixed_dictionaries({}, optional={INTEROP: interop}),
    )
    return st.builds(
        Tree,
        entries(
            x0112=st.integers(1, 8).map(lambda turn: short(order, turn)),
            x0131=st.text("abc", max_size=40).map(words),
        ),
        st.fixed_dictionaries({}, optional={EXIF: inner, GPS: gps}),
    )


recipes = st.one_of(*(st.tuples(st.just(order), trees(order), st.booleans()) for order in "<>"))


def made(order, tree, with_thumbnail):
    body = serialize_tree(tree, order, 8)
    if not with_thumbnail:
        return header(order) + body
    second = 8 + len(body)
    body = serialize_tree(tree, order, 8, next_offset=second)
    return header(order) + body + second_directory(order, second, b"a thumbnail")


COLOR_SPACES = st.sampled_from(["srgb", "adobe-rgb", "other"])
edit_options = st.fixed_dictionaries(
    {
        "color": st.builds(FileColor, COLOR_SPACES, st.sampled_from([0, 3])),
        "density": st.sampled_from([None, Density(300, 300), Density(203.2, 97.79)]),
        "size": st.tuples(st.integers(1, 90_000), st.integers(1, 90_000)),
        "thumbnail": st.one_of(st.none(), st.binary(min_size=1, max_size=50)),
        "strip_location": st.booleans(),
        "software": st.one_of(st.none(), st.text("xyz", max_size=30)),
    }
)


DAMAGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=8
)
"""(position as a share of the length, bytes to write there)."""


def damaged(data, damages):
    data = bytearray(data)
    for place, raw in damages:
        start = int(place * len(data))
        data[start : start + len(raw)] = raw
    return bytes(data)


def exif_of_tiff(path: Path) -> bytes | None:
    with path.open("rb") as file:
        return read_exif(file, "photo")
