"""Originals: depth, opacity, gray, colors outside sRGB, metadata; and their sRGB on white."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.originals import DEEP, DEEP_VALUES, EXIF, RECORDS, RESOURCES, XMP, original, png, tiff
from helpers.pictures import LEVEL, photo, saved
from helpers.profiles import GRAY, P3, WIDE, cmyk_profile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images import ReadAhead, read_original, read_picture, srgb_on_white
from jphoto.images.color.own_profiles import srgb_profile
from jphoto.metadata import Metadata

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


def test_deep_tiff_with_separate_planes(tmp_path: Path) -> None:
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
def test_a_saved_selection_is_not_opacity(tmp_path: Path, levels: np.ndarray) -> None:
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
    blended = found.picture * found.alpha[..., None] + (1 - found.alpha[..., None])
    np.testing.assert_allclose(srgb_on_white(found), blended, atol=1e-6)
    np.testing.assert_array_equal(read_picture(levels, role="content"), srgb_on_white(found))


def test_a_slow_gradient_keeps_its_levels(tmp_path: Path) -> None:
    ramp = np.arange(20000, 20600, dtype=np.uint16)[None, :, None].repeat(3, 2)
    for path in (png(tmp_path / "a.png", ramp), tiff(tmp_path / "a.tif", ramp)):
        assert len(np.unique(original(path).picture[0, :, 1])) == 600


# Color outside sRGB


def test_colors_of_p3_are_kept_and_srgb_on_white_clips_them() -> None:
    image = Image.new("RGB", (2, 2), (0, 255, 0))
    image.info["icc_profile"] = P3
    found = original(image)
    assert found.profile == P3
    assert found.picture.min() < -0.3 and found.picture.max() > 1.01
    np.testing.assert_array_equal(srgb_on_white(found), np.clip(found.picture, 0, 1))
    np.testing.assert_array_equal(read_picture(image, role="content"), srgb_on_white(found))
    assert found.picture.min() < -0.3


def test_srgb_on_white_makes_no_copy_without_need() -> None:
    found = original(photo())
    assert srgb_on_white(found) is found.picture


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


def test_a_truncated_lut_based_profile_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
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
        np.testing.assert_allclose(
            srgb_on_white(found), srgb_on_white(original(from_array)), atol=12 * LEVEL
        )


# Metadata


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
def test_iptc_that_a_tiff_declares_as_integers(tmp_path, levels: np.ndarray, order: str) -> None:
    whole = RECORDS + bytes(2)
    numbers = struct.unpack(f"{order}3I", whole)
    tags = [(33723, 4, 3, numbers)]
    path = tiff(tmp_path / "a.tif", levels, extratags=tags, byteorder=order)
    assert original(path).metadata.iptc == whole


def test_a_photo_read_ahead_is_the_photo(tmp_path):
    path, levels = tmp_path / "photo.png", np.random.default_rng(0).integers(0, 256, (8, 9, 3))
    Image.fromarray(np.uint8(levels)).save(path)
    expected, ahead = read_original(path, role="content"), ReadAhead(path, "content")
    for _ in range(2):  # what was taken once is read again
        found = read_original(ahead, role="content")
        np.testing.assert_array_equal(found.picture, expected.picture)


def test_a_photo_that_changes_after_it_was_read_ahead_is_read_again(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (9, 8), "red").save(path)
    ahead = ReadAhead(path, "content")
    Image.new("RGB", (12, 10), "blue").save(tmp_path / "new.png")
    (tmp_path / "new.png").replace(path)
    found = read_original(ahead, role="content").picture
    assert found.shape == (10, 12, 3) and (found[..., 2] == 1).all()


def test_a_photo_that_cannot_be_read_ahead_is_named(tmp_path):
    for path, words in ((tmp_path / "no.png", "does not exist"), (tmp_path / "bad.jpg", "bad.jpg")):
        (tmp_path / "bad.jpg").write_bytes(b"no picture")
        with pytest.raises(ImageError, match=words):
            read_original(ReadAhead(path, "style"), role="style")
