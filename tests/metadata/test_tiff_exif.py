"""EXIF added to TIFF files and read from them; their pixels stay untouched."""

import pytest
from helpers.blocks import (
    DAMAGES,
    camera,
    camera_tree,
    damaged,
    exif_of_tiff,
    header,
    jpeg,
    long,
    made,
    main,
    read,
    recipes,
    short,
    words,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from jphoto.errors import ImageError
from jphoto.metadata.tiff_directories import (
    EXIF,
    GPS,
    INTEROP,
    Tree,
    byte_swapped,
    open_structure,
    read_value,
    serialize_tree,
    value_range,
)
from jphoto.metadata.tiff_exif import add_exif

PIXELS = bytes(range(24))
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def tiff(path, order="<", more=None):
    """A TIFF file of 4 x 2 pixels RGB, written byte by byte."""
    layout = {
        0x0100: short(order, 4),
        0x0101: short(order, 2),
        0x0102: short(order, 8, 8, 8),
        0x0103: short(order, 1),
        0x0106: short(order, 2),
        0x0111: long(order, 8),
        0x0115: short(order, 3),
        0x0116: short(order, 2),
        0x0117: long(order, len(PIXELS)),
    }
    start = 8 + len(PIXELS)
    data = serialize_tree(Tree(layout | (more or {}), {}), order, start)
    path.write_bytes(header(order, start) + PIXELS + data)
    return path


def page_values(path):
    """The values of the first page, by tag: (type, bytes)."""
    structure, page = main(path.read_bytes())
    return {entry.tag: (entry.type_code, read_value(structure, entry)) for entry in page.entries}


@ORDERS
@pytest.mark.parametrize("other", ["<", ">"])
def test_what_was_added_is_read_back(tmp_path, order, other):
    path = tiff(tmp_path / "a.tif", order)
    block = camera(other, jpeg("red"))
    add_exif(path, block)
    expected = read(block)
    for tag in (0x0112, 0x0213):  # Orientation and YCbCrPositioning describe the block's pixels
        expected.values.pop(tag)
    result = read(exif_of_tiff(path))
    assert result == (expected if order == other else byte_swapped(expected))
    with Image.open(path) as image:
        exif = image.getexif()
        assert exif[0x010F] == "Canon"
        assert exif.get_ifd(EXIF)[0x9003] == "2024:05:06 07:08:09"
        assert exif.get_ifd(GPS)[2] == (48, 51, 29)
        assert exif.get_ifd(INTEROP)[1] == "R98"
        assert image.tobytes() == PIXELS
    structure, page = main(path.read_bytes())
    tags = [entry.tag for entry in page.entries]
    assert tags == sorted(set(tags))
    places = [value_range(structure, entry) or (0, 0) for entry in page.entries]
    assert all(start % 2 == 0 for start, _ in [(page.start, 0), *places])  # as TIFF wants it


@settings(max_examples=50, deadline=None)
@given(st.sampled_from("<>"), recipes)
def test_child_directories_are_read_back(tmp_path_factory, order, recipe):
    path = tiff(tmp_path_factory.mktemp("tiff") / "a.tif", order)
    add_exif(path, made(*recipe))
    expected = recipe[1] if recipe[0] == order else byte_swapped(recipe[1])
    result = exif_of_tiff(path)
    assert (read(result).children if result else {}) == expected.children


@ORDERS
def test_entries_are_replaced_not_doubled(tmp_path, order):
    path = tiff(tmp_path / "a.tif", order, {0x0131: words("writer"), 0x013B: words("artist")})
    for name in ("first", "a second, longer"):
        added = Tree({0x0131: words(name), 0x0103: short(order, 7), 0x0111: long(order, 99)}, {})
        add_exif(path, header(order) + serialize_tree(added, order, 8))
    with Image.open(path) as image:
        assert image.tobytes() == PIXELS
        assert image.tag_v2[0x0131] == "a second, longer"
        assert image.tag_v2[0x013B] == "artist"


def test_other_pages_are_still_there(tmp_path):
    path = tmp_path / "a.tif"
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    add_exif(path, camera())
    with Image.open(path) as image:
        assert image.n_frames == 2
        image.seek(1)
        assert image.tobytes() == frames[1].tobytes()


def test_a_file_without_description_has_no_exif(tmp_path):
    assert exif_of_tiff(tiff(tmp_path / "a.tif")) is None


def test_only_directories_are_read(tmp_path, monkeypatch):
    asked = []

    def counting(length, read):
        return open_structure(length, lambda *where: asked.append(where) or read(*where))

    monkeypatch.setattr("jphoto.metadata.tiff_exif.open_structure", counting)
    path = tmp_path / "a.tif"
    tree = camera_tree("<", b"a note")
    far = 10**9  # a sparse file: what lies between is never written, nor may it be read
    values = tree.values | {0x0111: long("<", 8), 0x0117: long("<", far), 0x8773: (7, bytes(10**5))}
    with path.open("wb") as file:
        file.write(header("<", far))
        file.seek(far)
        file.write(serialize_tree(Tree(values, tree.children), "<", far))
    assert read(exif_of_tiff(path)).children == tree.children
    assert sum(length for _, length in asked) < 2000


@pytest.mark.parametrize("content", [b"", b"II", b"II\x2b\0\x08\0\0\0" + bytes(20), b"\x89PNG" * 9])
def test_only_classic_tiff_files_take_exif(tmp_path, content, caplog):
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="takes no EXIF: it does not begin as a TIFF file"):
        add_exif(path, camera())
    assert path.read_bytes() == content
    assert exif_of_tiff(path) is None
    assert "cannot be read" in caplog.text


def test_offsets_end_at_four_gigabytes(tmp_path):
    path = tiff(tmp_path / "a.tif")
    with path.open("r+b") as file:
        file.truncate(2**32 - 10)
    with pytest.raises(ImageError, match="offsets end at 4 GB"):
        add_exif(path, camera())
    assert path.stat().st_size == 2**32 - 10


def test_a_broken_block_adds_nothing(tmp_path, caplog):
    path = tiff(tmp_path / "a.tif")
    before = path.read_bytes()
    add_exif(path, b"MM\0*\0\0")
    assert path.read_bytes() == before
    assert "cannot be read" in caplog.text


def test_overlapping_values_are_refused(tmp_path, caplog):
    """Otherwise a small file could claim a lot of metadata."""
    path = tmp_path / "a.tif"
    inner = Tree({tag: (7, bytes([tag]) * 40_000) for tag in (1, 2)}, {})
    path.write_bytes(header("<") + serialize_tree(Tree({}, {EXIF: inner}), "<", 8))
    assert exif_of_tiff(path) is None
    assert "more than 65527 bytes" in caplog.text


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([camera("<", jpeg("red")), camera(">")]), DAMAGES)
def test_damaged_blocks_and_files_do_no_harm(tmp_path_factory, block, damages):
    folder = tmp_path_factory.mktemp("tiff")
    path = tiff(folder / "a.tif")
    before = page_values(path)
    add_exif(path, damaged(block, damages))
    with path.open("rb") as file:
        assert file.read(8 + len(PIXELS))[8:] == PIXELS
    after = page_values(path)
    assert {tag: found for tag, found in after.items() if tag in before} == before
    assert (exif_of_tiff(path) is None) == (after == before)
    for damage in ([], damages):
        path.write_bytes(damaged(path.read_bytes(), damage))
        result = exif_of_tiff(path)
        if result is not None:
            assert any(read(result))
            again = tiff(folder / "b.tif")
            add_exif(again, result)
            assert read(exif_of_tiff(again)) == read(result)
