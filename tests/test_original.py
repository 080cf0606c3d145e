"""Originals: depth, opacity, gray, color outside sRGB and metadata, from every kind of file."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pictures import LEVEL, photo, saved
from PIL import Image
from profiles import GRAY, P3, WIDE, cmyk_profile

from jphoto.errors import ImageError
from jphoto.images import Original, read_original, read_picture, viewed
from jphoto.images.encoders import Frame, write_png
from jphoto.images.metadata import Metadata
from jphoto.images.profiles import srgb_profile

DEEP = np.random.default_rng(1).integers(0, 65536, (6, 9, 4)).astype(np.uint16)
DEEP_VALUES = DEEP.astype(np.float32) / np.float32(65535)


def original(source: object) -> Original:
    return read_original(source, role="content")


def png(path: Path, levels: np.ndarray, profile: bytes = srgb_profile(), **metadata: bytes) -> Path:
    """A PNG of 8 or 16 bits, which the tests of output hold against other readers."""
    with path.open("wb") as file:
        frame = Frame([levels], levels.shape, 8 * levels.itemsize, profile, Metadata(**metadata))
        write_png(file, frame)
    return path


def tiff(path: Path, levels: np.ndarray, **options: object) -> Path:
    tifffile = pytest.importorskip("tifffile")
    options = {"photometric": "rgb" if levels.shape[2:] > (2,) else "minisblack"} | options
    tifffile.imwrite(path, levels, **options)
    return path


# Depth, opacity and gray


SHAPES = st.tuples(st.just(2), st.just(3), st.sampled_from([1, 3, 4]))


@given(hnp.arrays(st.sampled_from([np.uint8, np.uint16]), SHAPES))
def test_arrays_keep_their_levels(array: np.ndarray) -> None:
    found = original(array)
    values = array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    np.testing.assert_array_equal(found.picture, np.broadcast_to(values[..., :3], (2, 3, 3)))
    assert found.gray == (array.shape[2] == 1)
    assert found.depth == 8 * array.itemsize
    assert (found.profile, found.metadata) == (None, Metadata())
    if array.shape[2] == 4:
        np.testing.assert_array_equal(found.alpha, values[..., 3])
    else:
        assert found.alpha is None


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("make", [png, tiff])
def test_sixteen_bits_are_kept(tmp_path: Path, make: Callable[..., Path], channels: int) -> None:
    options = {}
    if make is tiff:
        options = {"planarconfig": "contig"} if channels > 1 else {}
        options |= {"extrasamples": ["unassalpha"]} if channels in (2, 4) else {}
    levels = DEEP[..., 0] if make is tiff and channels == 1 else DEEP[..., :channels]
    found = original(make(tmp_path / "a", levels, **options))
    color = 3 if channels > 2 else 1
    np.testing.assert_array_equal(found.picture[..., :color], DEEP_VALUES[..., :color])
    assert (found.depth, found.gray) == (16, channels <= 2)
    if channels in (2, 4):
        np.testing.assert_array_equal(found.alpha, DEEP_VALUES[..., channels - 1])
    else:
        assert found.alpha is None


@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"bigtiff": True},
        {"tile": (16, 16)},
        {"rowsperstrip": 2},
        {"compression": "zlib", "predictor": False},
    ],
    ids=str,
)
def test_deep_tiff_in_every_layout(tmp_path: Path, options: dict[str, object]) -> None:
    found = original(tiff(tmp_path / "a.tif", DEEP[..., :3], **options))
    np.testing.assert_array_equal(found.picture, DEEP_VALUES[..., :3])


def test_deep_tiff_of_planes(tmp_path: Path) -> None:
    planes = np.ascontiguousarray(DEEP[..., :3].transpose(2, 0, 1))
    path = tiff(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(original(path).picture, DEEP_VALUES[..., :3])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.uint32])
def test_tiff_of_floats_and_of_32_bits(tmp_path: Path, kind: type) -> None:
    values = DEEP_VALUES[..., :3].astype(kind)
    if kind is np.uint32:
        values = DEEP[..., :3].astype(kind) * kind(65537)
    found = original(tiff(tmp_path / "a.tif", values))
    atol = 1e-3 if kind is np.float16 else 1e-7
    np.testing.assert_allclose(found.picture, DEEP_VALUES[..., :3], atol=atol)
    assert found.depth == 16


def test_premultiplied_opacity_is_divided_out(tmp_path: Path) -> None:
    alpha = np.maximum(DEEP_VALUES[..., 3:], 0.1)
    stored = np.concatenate([DEEP_VALUES[..., :3] * alpha, alpha], axis=-1)
    levels = np.rint(65535 * stored).astype(np.uint16)
    found = original(tiff(tmp_path / "a.tif", levels, extrasamples=["assocalpha"]))
    np.testing.assert_allclose(found.picture, DEEP_VALUES[..., :3], atol=2e-4)
    np.testing.assert_allclose(found.alpha, alpha[..., 0], atol=1e-5)


@pytest.mark.parametrize("levels", [DEEP, (DEEP >> 8).astype(np.uint8)], ids=["deep", "8 bits"])
def test_an_editors_selection_is_no_opacity(tmp_path: Path, levels: np.ndarray) -> None:
    found = original(tiff(tmp_path / "a.tif", levels, extrasamples=["unspecified"]))
    assert found.alpha is None
    full = np.float32(np.iinfo(levels.dtype).max)
    np.testing.assert_array_equal(found.picture, levels[..., :3].astype(np.float32) / full)


def test_deep_gray_whose_white_is_zero(tmp_path: Path) -> None:
    found = original(tiff(tmp_path / "a.tif", DEEP[..., 0], photometric="miniswhite"))
    np.testing.assert_allclose(found.picture[..., 1], 1 - DEEP_VALUES[..., 0], atol=1e-6)


def test_color_under_opacity_is_neither_blended_nor_multiplied(tmp_path: Path) -> None:
    levels = np.dstack([photo(), photo()[..., 0] // 2])
    found = original(saved(Image.fromarray(levels), tmp_path / "a.png"))
    np.testing.assert_array_equal(found.picture, photo().astype(np.float32) / 255)
    shown = found.picture * found.alpha[..., None] + (1 - found.alpha[..., None])
    np.testing.assert_allclose(viewed(found), shown, atol=1e-6)
    np.testing.assert_array_equal(read_picture(levels, role="content"), viewed(found))


def test_a_slow_gradient_keeps_its_levels(tmp_path: Path) -> None:
    ramp = np.arange(20000, 20600, dtype=np.uint16)[None, :, None].repeat(3, 2)
    for path in (png(tmp_path / "a.png", ramp), tiff(tmp_path / "a.tif", ramp)):
        assert len(np.unique(original(path).picture[0, :, 1])) == 600


# Color outside sRGB


def test_p3_is_kept_and_what_is_viewed_is_clipped() -> None:
    image = Image.new("RGB", (2, 2), (0, 255, 0))
    image.info["icc_profile"] = P3
    found = original(image)
    assert found.profile == P3
    assert found.picture.min() < -0.3 and found.picture.max() > 1.01
    np.testing.assert_array_equal(viewed(found), np.clip(found.picture, 0, 1))
    np.testing.assert_array_equal(read_picture(image, role="content"), viewed(found))
    assert found.picture.min() < -0.3


def test_what_needs_no_change_is_viewed_without_a_copy() -> None:
    found = original(photo())
    assert viewed(found) is found.picture


@pytest.mark.parametrize(
    ("mode", "profile", "kept"),
    [
        ("RGB", srgb_profile(), None),
        ("RGB", b"broken", None),
        ("RGB", GRAY, None),
        ("L", GRAY, GRAY),
        ("L", WIDE, WIDE),
        ("CMYK", cmyk_profile(), None),
        ("RGB", WIDE, WIDE),
    ],
)
def test_which_profiles_are_kept(mode: str, profile: bytes, kept: bytes | None) -> None:
    image = Image.new(mode, (2, 2))
    image.info["icc_profile"] = profile
    found = original(image)
    assert found.profile == kept
    assert found.gray == (mode == "L")


def test_a_cut_profile_of_tables_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
    image = Image.new("CMYK", (2, 2), (255, 0, 0, 0))
    image.info["icc_profile"] = cmyk_profile()[:250]
    np.testing.assert_array_equal(original(image).picture[0, 0], [0, 1, 1])
    assert "its color profile is broken" in caplog.text


def test_a_profile_in_a_deep_file(tmp_path: Path) -> None:
    levels = DEEP[..., :3]
    from_array = Image.fromarray((levels >> 8).astype(np.uint8))
    from_array.info["icc_profile"] = P3
    for path in (
        png(tmp_path / "a.png", levels, P3),
        tiff(tmp_path / "a.tif", levels, iccprofile=P3),
    ):
        found = original(path)
        assert found.profile == P3
        np.testing.assert_allclose(viewed(found), viewed(original(from_array)), atol=12 * LEVEL)


# Upright


def upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    return {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.swapaxes(0, 1),
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).swapaxes(0, 1),
        8: np.rot90(stored),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_files_are_turned(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    expected = upright(DEEP_VALUES, orientation)
    for path in (
        png(tmp_path / "a.png", DEEP, exif=exif.tobytes().removeprefix(b"Exif\0\0")),
        tiff(
            tmp_path / "a.tif",
            DEEP,
            extrasamples=["unassalpha"],
            extratags=[(0x0112, "H", 1, orientation)],
        ),
    ):
        found = original(path)
        np.testing.assert_array_equal(found.picture, expected[..., :3])
        np.testing.assert_array_equal(found.alpha, expected[..., 3])


# HEIC and AVIF


def heic(path: Path, levels: np.ndarray, *, twelve: bool = False, **info: object) -> Path:
    """HEIC without loss; of 10 or 12 bits if the levels have 16."""
    pillow_heif = pytest.importorskip("pillow_heif")
    height, width, channels = levels.shape
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels] + (";16" if levels.itemsize == 2 else "")
    file = pillow_heif.from_bytes(mode, (width, height), levels.tobytes())
    file.info.update(info)
    before = pillow_heif.options.SAVE_HDR_TO_12_BIT
    pillow_heif.options.SAVE_HDR_TO_12_BIT = twelve
    try:
        file.save(path, quality=-1, chroma=444, matrix_coefficients=0)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = before
    return path


def ramp(bits: int, width: int = 67) -> np.ndarray:
    """Gray levels of so many bits, at the upper end of 16, in red, green and blue."""
    levels = np.linspace(0, 2**bits - 1, 16 * width).astype(np.uint16) << (16 - bits)
    return levels.reshape(16, width, 1).repeat(3, axis=2)


@pytest.mark.parametrize("bits", [10, 12])
def test_heic_keeps_10_and_12_bits(tmp_path: Path, bits: int) -> None:
    found = original(heic(tmp_path / "a.jpg", ramp(bits), twelve=bits == 12))
    assert found.depth == 16
    levels = np.rint(found.picture * (2**bits - 1)).astype(np.uint16)
    np.testing.assert_array_equal(levels << (16 - bits), ramp(bits))
    assert found.picture.max() == 1
    assert len(np.unique(found.picture)) > 256


def test_heic_of_8_bits_with_all_that_it_has(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    block = exif.tobytes()
    levels = np.dstack([photo(16, 33), photo(16, 33)[..., 0]])
    path = heic(tmp_path / "a.heic", levels, exif=block, xmp=b"<x/>", icc_profile=P3)
    found = original(path)
    assert (found.depth, found.gray, found.profile) == (8, False, P3)
    assert found.metadata.exif == block.removeprefix(b"Exif\0\0")
    assert found.metadata.xmp == b"<x/>"
    np.testing.assert_array_equal(found.alpha, levels[..., 3].astype(np.float32) / 255)


@pytest.mark.parametrize("orientation", [3, 6])
def test_heic_is_turned_once(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = photo(16, 32)
    path = heic(tmp_path / "a.heic", stored, exif=exif.tobytes())
    expected = upright(stored, orientation) / np.float32(255)
    np.testing.assert_allclose(original(path).picture, expected, atol=1.01 * LEVEL)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_avif_keeps_its_bits(tmp_path: Path, bits: int) -> None:
    pyvips = pytest.importorskip("pyvips")
    levels = ramp(bits)
    image = pyvips.Image.new_from_memory(levels, levels.shape[1], 16, 3, "ushort")
    image = image.copy(interpretation="rgb16")
    image.heifsave(
        str(tmp_path / "a.png"), compression="av1", bitdepth=bits, lossless=True, effort=0
    )
    found = original(tmp_path / "a.png")
    assert found.depth == (8 if bits == 8 else 16)
    assert found.picture.max() == 1
    np.testing.assert_allclose(found.picture, levels / levels.max(), atol=1.01 / (2**bits - 1))
    assert len(np.unique(found.picture)) > 0.9 * min(2**bits, 16 * 67)


@pytest.mark.parametrize("orientation", [1, 5, 6])
def test_avif_is_turned_once(tmp_path: Path, orientation: int) -> None:
    stored = photo(2, 3).repeat(16, 0).repeat(16, 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": "4:4:4", "exif": exif, "icc_profile": P3}
    found = original(saved(Image.fromarray(stored), tmp_path / "a.avif", **options))
    assert found.profile == P3
    image = Image.fromarray(upright(stored, orientation))
    image.info["icc_profile"] = P3
    np.testing.assert_allclose(viewed(found), viewed(original(image)), atol=8 * LEVEL)


# Metadata


EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x06\0\0\0\x1a\0\0\0\0\0\0\0Maker\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
RECORDS = b"\x1c\x02\x78\0\x05words"
RESOURCES = b"Photoshop 3.0\0" + struct.pack(">4sHxxI", b"8BIM", 0x0404, 10) + RECORDS


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_metadata_of_8_bits(tmp_path: Path, suffix: str) -> None:
    options: dict[str, object] = {"exif": b"Exif\0\0" + EXIF, "xmp": XMP}
    if suffix == "jpg":
        options["extra"] = b"\xff\xed" + struct.pack(">H", 2 + len(RESOURCES)) + RESOURCES
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        png(path, photo(), exif=EXIF, xmp=XMP)
    else:
        saved(Image.fromarray(photo()), path, **options)
    found = original(path).metadata
    assert found == Metadata(EXIF, XMP, RESOURCES if suffix == "jpg" else None)


def test_metadata_of_a_deep_png(tmp_path: Path) -> None:
    found = original(png(tmp_path / "a.png", DEEP, exif=EXIF, xmp=XMP)).metadata
    assert found == Metadata(EXIF, XMP)


@pytest.mark.parametrize("levels", [photo(), DEEP[..., :3]], ids=["8 bits", "deep"])
@pytest.mark.parametrize("kind", [1, 7])
def test_metadata_of_tiff(tmp_path: Path, levels: np.ndarray, kind: int) -> None:
    tags = [(700, 1, len(XMP), XMP), (33723, kind, len(RECORDS), RECORDS)]
    found = original(tiff(tmp_path / "a.tif", levels, extratags=tags)).metadata
    assert (found.xmp, found.iptc) == (XMP, RECORDS)


@pytest.mark.parametrize("levels", [photo(), DEEP[..., :3]], ids=["8 bits", "deep"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_records_that_a_tiff_calls_integers(tmp_path, levels: np.ndarray, order: str) -> None:
    whole = RECORDS + bytes(2)
    numbers = struct.unpack(f"{order}3I", whole)
    tags = [(33723, 4, 3, numbers)]
    path = tiff(tmp_path / "a.tif", levels, extratags=tags, byteorder=order)
    assert original(path).metadata.iptc == whole


# Hostile files


def cut(path: Path, share: float = 0.6) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: cut(png(folder / "a.png", DEEP.repeat(9, 0))),
        lambda folder: cut(tiff(folder / "a.tif", DEEP[..., :3])),
        lambda folder: cut(heic(folder / "a.heic", photo(64, 64))),
        lambda folder: cut(saved(Image.fromarray(photo(64, 64)), folder / "a.avif"), 0.9),
        lambda folder: cut(saved(Image.fromarray(photo(64, 64)), folder / "a.webp")),
    ],
    ids=["png", "tiff", "heic", "avif", "webp"],
)
def test_files_cut_short(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(ImageError, match=r"^content: .*a\.\w+ is damaged or cut short: ") as caught:
        original(make(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_checksum_that_fails(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", DEEP.repeat(9, 0))
    data = bytearray(path.read_bytes())
    data[-40] ^= 255
    path.write_bytes(data)
    with pytest.raises(ImageError, match="damaged or cut short"):
        original(path)


@settings(deadline=None)
@given(place=st.integers(0, 400), byte=st.integers(0, 255), kind=st.sampled_from(["png", "tiff"]))
def test_one_changed_byte_is_read_or_refused(tmp_path_factory, place: int, byte: int, kind) -> None:
    path = tmp_path_factory.getbasetemp() / f"changed.{kind}"
    (png if kind == "png" else tiff)(path, DEEP)
    data = bytearray(path.read_bytes())
    data[place] = byte
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 10**6)  # what claims to be larger takes its time
        try:
            original(path)
        except ImageError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("make", [png, tiff])
def test_bombs_in_deep_files(tmp_path: Path, monkeypatch, make: Callable[..., Path]) -> None:
    path = make(tmp_path / "a", DEEP[..., :3])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(ImageError, match="is too large; scale it down first"):
        original(path)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (DEEP[..., :3].astype(np.float32), "has values from .* must lie in"),
        (DEEP[..., :3].astype(np.int16), "save it as RGB of 8 or 16 bits"),
    ],
)
def test_numbers_without_clear_meaning(tmp_path: Path, levels: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        original(tiff(tmp_path / "a.tif", levels))


def test_lab_colors_are_refused() -> None:
    with pytest.raises(ImageError, match="has Lab colors; save it as RGB"):
        original(Image.new("LAB", (2, 2)))
