"""TIFF of all bits, colors, compressions and pages: the values that are read, and what is told."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from helpers.originals import original

from jphoto.errors import ImageError

RAMP = np.linspace(0, 1, 40 * 52 * 3).reshape(40, 52, 3)
"""Values of a photo; 0 and 1 are among them."""
SMALL = np.zeros((36, 36, 3), np.uint8)
BITS, WIDTH, FORMAT = 258, 256, 339


@pytest.fixture
def read(caplog):
    """Reads a photo: its values, h x w x 3 or, with opacity, x 4, and what was told."""

    def values(path: Path) -> tuple[np.ndarray | None, str]:
        caplog.clear()
        try:
            found = original(path)
        except ImageError as error:
            assert "\n" not in str(error) and not caplog.text, error
            return None, str(error)
        channels = [found.picture] if found.alpha is None else [found.picture, found.alpha]
        return np.dstack(channels), caplog.text

    return values


def levels_of(bits: int, values: np.ndarray = RAMP) -> np.ndarray:
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.rint(values * (2**bits - 1)).astype(kind)


def write(path: Path, levels: np.ndarray, **options: object) -> Path:
    options = {"photometric": "minisblack" if levels.ndim == 2 else "rgb"} | options
    tifffile.imwrite(path, levels, **options)
    return path


def declare(path: Path, tags: dict[int, object]) -> Path:
    """Change what the first page declares."""
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag, value in tags.items():
            file.pages[0].tags[tag].overwrite(value)
    return path


def assert_values(found: np.ndarray, expected: np.ndarray, bits: int = 16) -> None:
    if expected.ndim == 2:
        expected = expected[..., None]
    expected = np.broadcast_to(expected, found.shape)
    np.testing.assert_allclose(found, expected, atol=0.51 / (2 ** min(bits, 16) - 1) + 1e-5)


@pytest.mark.parametrize("gray", [True, False], ids=["gray", "rgb"])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 24, 32])
def test_white_is_the_largest_number_of_the_declared_bits(tmp_path, read, bits, gray):
    levels = levels_of(bits, RAMP / 2)  # no level is near white: nothing can be guessed from values
    levels = levels[..., 1:2] if gray else levels
    found, told = read(write(tmp_path / "a.tif", levels.squeeze(), bitspersample=bits))
    assert told == ""
    assert_values(found, levels / (2**bits - 1), 8 if bits < 8 else 16)


COMPRESSIONS = [
    None, "packbits", "lzw", "zlib", "zstd", "lzma", "jpeg2000", "jpegxl", "lerc", "webp", "jpeg",
]  # fmt: skip


@pytest.mark.parametrize("layout", ["strips", "tiles", "planes", "predictor", "big-endian"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression_and_layout(tmp_path, read, compression, kind, layout):
    codec = compression in ("webp", "jpeg", "jpeg2000", "jpegxl", "lerc")
    if (compression in ("webp", "jpeg") and kind != np.uint8) or (codec and layout == "big-endian"):
        pytest.skip("not written so")
    if (compression, kind) == ("jpeg2000", np.float32) or (compression, layout) == (
        "webp",
        "planes",
    ):
        pytest.skip("not written so")
    if layout == "predictor" and compression not in ("lzw", "zlib", "zstd", "lzma"):
        pytest.skip("not written so")
    levels = RAMP.astype(kind) if kind == np.float32 else levels_of(8 * kind(0).itemsize)
    options = {
        "strips": {"rowsperstrip": 16},
        "tiles": {"tile": (16, 32)},
        "planes": {"planarconfig": "separate", "rowsperstrip": 16},
        "predictor": {"predictor": True},
        "big-endian": {"byteorder": ">", "bigtiff": True},
    }[layout]
    if layout == "planes":
        levels = np.ascontiguousarray(levels.transpose(2, 0, 1))
    found, _ = read(write(tmp_path / "a.tif", levels, compression=compression, **options))
    lossy = compression in ("webp", "jpeg")
    np.testing.assert_allclose(
        found, RAMP, atol=0.03 if lossy else 0.51 / 255 if kind == np.uint8 else 1e-4
    )
    assert len(np.unique(found)) > (100 if kind == np.uint8 else 256)


@pytest.mark.parametrize("compression", [None, "lzw", "zstd"])
@pytest.mark.parametrize("order", "<>")
def test_twelve_bits_packed_and_in_words_of_sixteen(tmp_path, read, order, compression):
    levels = levels_of(12)
    options = {"byteorder": order, "compression": compression}
    words = write(tmp_path / "words.tif", levels, **options)
    rows = np.ascontiguousarray(levels.reshape(40, -1))
    data = imagecodecs.packints_encode(rows, 12, runlen=rows.shape[1])
    bytes_of_rows = np.frombuffer(data, np.uint8).reshape(40, -1, 3)
    packed = declare(write(tmp_path / "packed.tif", bytes_of_rows, **options), {WIDTH: 52})
    for path in words, packed:
        found, _ = read(declare(path, {BITS: (12, 12, 12)}))
        assert_values(found, levels / 4095)


@pytest.mark.parametrize("gray", [True, False], ids=["gray", "rgb"])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_beyond_1_are_highlights(tmp_path, read, kind, gray):
    values = (4 * RAMP[..., 1:2] if gray else 4 * RAMP).astype(kind)
    found, told = read(write(tmp_path / "a.tif", values.squeeze()))
    np.testing.assert_allclose(found, np.broadcast_to(values, found.shape), atol=1e-6)
    assert ": values beyond 1, up to " in told
    found, told = read(write(tmp_path / "b.tif", values.squeeze() / kind(4)))
    np.testing.assert_allclose(found, np.broadcast_to(values / kind(4), found.shape), atol=1e-6)
    assert told == ""


@pytest.mark.parametrize(
    ("levels", "options", "words"),
    [
        (levels_of(8).astype(np.int8), {}, "signed numbers of 8 bits"),
        (levels_of(15).astype(np.int16), {}, "signed numbers of 16 bits"),
        (levels_of(15).astype(np.int32)[..., 0], {}, "signed numbers of 32 bits"),
        (RAMP[..., 0].astype(np.complex64), {}, "complex numbers"),
        (np.full((40, 52), np.nan, np.float32), {}, "infinite or not numbers"),
        (np.where(RAMP > 0.5, np.inf, RAMP).astype(np.float32), {}, "infinite or not numbers"),
        (levels_of(8), {"photometric": "cielab"}, "Lab colors; save it as RGB"),
        (levels_of(16), {"photometric": "ycbcr"}, "YCbCr colors; save it as RGB"),
    ],
)
def test_values_without_clear_meaning_are_refused(tmp_path, read, levels, options, words):
    found, told = read(write(tmp_path / "a.tif", levels, **options))
    assert found is None and words in told


def test_integers_of_64_bits(tmp_path, read):
    levels = (RAMP[..., 0] * (2.0**64 - 2**12)).astype(np.uint64)
    path = declare(write(tmp_path / "a.tif", levels.view(np.float64)), {FORMAT: 1})
    assert_values(read(path)[0], RAMP[..., 0])


@pytest.mark.parametrize("bits", [8, 16])
def test_what_extra_channels_mean(tmp_path, read, bits):
    levels = levels_of(bits)
    extra = levels[::-1, :, :1]
    stacked = np.dstack([levels, extra])
    for kind, opaque in (("unassalpha", True), ("unspecified", False)):
        path = tmp_path / f"{kind}.tif"
        found, told = read(write(path, stacked, extrasamples=[kind]))
        np.testing.assert_array_equal(
            found, (stacked if opaque else levels) / np.float32(2**bits - 1)
        )
        assert ("neither color nor opacity" in told) != opaque
    inks = np.dstack([0 * levels, levels[..., :1], extra])
    path = write(tmp_path / "b.tif", inks, photometric="separated", extrasamples=["unassalpha"])
    found, _ = read(path)
    assert_values(found[..., :1], 1 - inks[..., 3] / (2**bits - 1), bits)
    np.testing.assert_array_equal(found[..., 3], extra[..., 0] / np.float32(2**bits - 1))


@pytest.mark.parametrize("bits", [8, 16, "float"])
def test_colors_are_divided_by_premultiplied_opacity(tmp_path, read, bits):
    opacity = 0.5 + RAMP[..., :1] / 2
    stored = np.dstack([RAMP * opacity, opacity])
    levels = stored.astype(np.float32) if bits == "float" else levels_of(bits, stored)
    found, _ = read(write(tmp_path / "a.tif", levels, extrasamples=["assocalpha"]))
    np.testing.assert_allclose(found[..., :3], RAMP, atol=2.1 / 255 if bits == 8 else 1e-4)


def test_white_may_be_zero(tmp_path, read):
    for bits in (1, 8, 12, 16):
        levels = levels_of(bits)[..., 0]
        path = tmp_path / f"{bits}.tif"
        write(path, levels, photometric="miniswhite", bitspersample=bits)
        assert_values(read(path)[0], 1 - levels / (2**bits - 1), bits)


def test_palettes_keep_16_bits(tmp_path, read):
    index = np.arange(40 * 52, dtype=np.uint8).reshape(40, 52)
    deep = np.random.default_rng(0).integers(0, 65536, (3, 256)).astype(np.uint16)
    for colors in (deep, deep // 257 * 257):
        path = tmp_path / "a.tif"
        write(path, index, photometric="palette", colormap=colors)
        found, _ = read(path)
        np.testing.assert_allclose(found, colors.T[index] / 65535, atol=1e-7)


# Pages


def pages(path: Path, *entries: tuple[np.ndarray, dict[str, object]]) -> Path:
    with tifffile.TiffWriter(path) as file:
        for levels, options in entries:
            kind = {"photometric": "rgb" if levels.ndim == 3 else "mask"}
            file.write(levels, metadata=None, contiguous=False, **kind, **options)
    return path


FULL, REDUCED = levels_of(8), {"subfiletype": 1}
PAGES = {
    "thumbnail first": (((SMALL, REDUCED), (FULL, {})), 1),
    "old thumbnail first": (((SMALL, {"extratags": [(255, "H", 1, 2)]}), (FULL, {})), 1),
    "mask first": (((SMALL[..., 0] > 0, {"subfiletype": 4}), (FULL, {})), 1),
    "full page in a child": (((SMALL, {"subifds": 1, **REDUCED}), (FULL, {"subfiletype": 0})), 1),
    "pyramid": (((FULL, {"subifds": 1}), (SMALL, REDUCED)), 1),
    "all reduced": (((SMALL, REDUCED), (FULL, REDUCED)), 1),
    "two full pages": (((FULL, {}), (SMALL, {})), 2),
    "many pages": (((FULL, {}), *[(SMALL, {})] * 120), 100),
}


@pytest.mark.parametrize("case", PAGES)
def test_the_first_full_page_is_taken(tmp_path, read, case):
    entries, count = PAGES[case]
    found, told = read(pages(tmp_path / "a.tif", *entries))
    np.testing.assert_array_equal(found, FULL / np.float32(255))
    more = " or more" if count == 100 else ""
    words = f"it has {count}{more} pages; the first full one is used"
    assert (words in told) == (count > 1)


@pytest.mark.parametrize("options", [{"imagej": True}, {"volumetric": True, "tile": (1, 16, 16)}])
def test_the_first_picture_of_a_stack_is_taken(tmp_path, read, options):
    stack = np.stack([FULL, 0 * FULL, 0 * FULL])
    found, told = read(write(tmp_path / "a.tif", stack, photometric="rgb", **options))
    np.testing.assert_array_equal(found, FULL / np.float32(255))
    assert "it has 3 pages" in told


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_full_page_is_turned_as_the_first_one_says(tmp_path, read, orientation, bits):
    first = {"subifds": 1, "extratags": [(274, "H", 1, orientation)], **REDUCED}
    path = pages(tmp_path / "a.tif", (SMALL, first), (levels_of(bits), {"subfiletype": 0}))
    found, _ = read(path)
    turned = np.rot90(levels_of(bits), -1 if orientation == 6 else 2)
    np.testing.assert_array_equal(found, turned / np.float32(2**bits - 1))


# Hostile and damaged files


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("share", [0.5, 0.97])
def test_a_file_cut_short_is_refused(tmp_path, read, compression, share):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    path = write(tmp_path / "a.tif", noise, compression=compression, rowsperstrip=30)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    found, told = read(path)
    assert found is None and "a.tif is damaged or cut short: " in told


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({256: 2**31, 257: 2**31}, "too large"),
        ({273: 0}, "damaged"),
        ({279: 2**31}, "damaged"),
        ({277: 60000}, "60000 channels"),
        ({259: 60001}, "the compression 60001, which cannot be read"),
        ({262: 77}, "kind 77 colors"),
    ],
    ids=str,
)
def test_what_tags_claim_is_checked_first(tmp_path, read, tags, words):
    path = write(tmp_path / "a.tif", levels_of(16), compression="zstd", rowsperstrip=40)
    found, told = read(declare(path, tags))
    assert found is None and words in told


def test_a_jpeg_that_claims_more_than_its_strip_is_refused(tmp_path, read):
    path = write(tmp_path / "a.tif", levels_of(8), compression="jpeg")
    size, claimed = struct.pack(">HH", 40, 52), struct.pack(">HH", 65000, 65000)
    data = path.read_bytes()
    assert data.count(size) == 1
    path.write_bytes(data.replace(size, claimed))
    found, told = read(path)
    assert found is None and "claims 65000 x 65000 pixels" in told


def test_a_circle_of_pages_ends(tmp_path, read):
    path = pages(tmp_path / "a.tif", (FULL, {}), (SMALL, REDUCED))
    with tifffile.TiffFile(path) as file:
        first, second = file.pages[0], file.pages[1]
        start, place = first.offset, second.offset + 2 + 12 * len(second.tags)
    data = bytearray(path.read_bytes())
    data[place : place + 4] = struct.pack("<I", start)
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path)[0], FULL / np.float32(255))
