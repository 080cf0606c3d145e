"""Files that Pillow would round to 8 bits: bits, orientation, and damaged or hostile files."""

import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from helpers.originals import DEEP, DEEP_VALUES, heic, original, png, tiff, upright
from helpers.pictures import LEVEL, photo, saved
from helpers.profiles import P3
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images import limits, srgb_on_white

# HEIC and AVIF


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


def test_heic_of_8_bits_with_opacity_profile_and_metadata(tmp_path: Path) -> None:
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
    levels = ramp(bits) >> (16 - bits)
    levels = levels.astype(np.uint8) if bits == 8 else levels
    data = imagecodecs.avif_encode(levels, level=100, bitspersample=bits, matrix=0)
    (tmp_path / "a.png").write_bytes(data)
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
    np.testing.assert_allclose(srgb_on_white(found), srgb_on_white(original(image)), atol=8 * LEVEL)


# Upright


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


def claimed_size(data: bytes) -> tuple[int, int]:
    """Height and width, by the tags of a TIFF file in little-endian order."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    entries = [struct.unpack_from("<HHII", data, start + 2 + 12 * k) for k in range(count)]
    widths = {1: 2**8, 3: 2**16}
    sides = {tag: field % widths.get(kind, 2**32) for tag, kind, _, field in reversed(entries)}
    return sides[257], sides[256]


@settings(deadline=None)
@example(place=0.25, byte=4, kind="png")
@example(place=18 / 720, byte=8, kind="tiff")
@example(place=0.99, byte=0, kind="tiff")
@given(
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    kind=st.sampled_from(["png", "tiff"]),
)
def test_one_changed_byte_is_read_or_refused(
    tmp_path_factory, place: float, byte: int, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"changed.{kind}"
    (png if kind == "png" else tiff)(path, DEEP)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] = byte
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        # Decoding what claims to be larger takes long.
        patch.setattr(limits, "MOST_PIXELS", 2 * 10**6)
        try:
            found = original(path)
        except ImageError as error:
            assert "\n" not in str(error)
            return
    size = claimed_size(data) if kind == "tiff" else (6, 9)
    assert found.picture.shape == (*size, 3) and found.picture.dtype == np.float32
    assert np.isfinite(found.picture).all()
    assert found.depth in (8, 16)
    if found.alpha is not None:
        assert found.alpha.shape == size and found.alpha.dtype == np.float32
        assert found.alpha.min() >= 0 and found.alpha.max() <= 1
    if found.profile is None:  # a damaged one may place colors anywhere
        assert found.picture.min() >= 0 and found.picture.max() <= 1
    if kind == "png":  # with a checksum for the pixels
        np.testing.assert_array_equal(found.alpha, DEEP_VALUES[..., 3])
        if found.profile is None:
            np.testing.assert_array_equal(found.picture, DEEP_VALUES[..., :3])
    elif int(place * len(data)) >= len(data) - DEEP.nbytes:  # the pixels of a TIFF file are its end
        values = np.dstack([found.picture, found.alpha])
        assert (values != DEEP_VALUES).sum() <= 1 and found.depth == 16


@pytest.mark.parametrize("make", [png, tiff])
def test_bombs_in_deep_files(tmp_path: Path, monkeypatch, make: Callable[..., Path]) -> None:
    path = make(tmp_path / "a", DEEP[..., :3])
    monkeypatch.setattr(limits, "MOST_PIXELS", 40)
    with pytest.raises(ImageError, match="is too large; scale it down first"):
        original(path)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (np.full((6, 9, 3), np.nan, np.float32), "has values that are infinite or not numbers"),
        (
            DEEP[..., :3].astype(np.int16),
            "has signed numbers of 16 bits; save it as RGB of 8 or 16",
        ),
    ],
)
def test_numbers_without_clear_meaning(tmp_path: Path, levels: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        original(tiff(tmp_path / "a.tif", levels))


def test_lab_colors_are_refused() -> None:
    with pytest.raises(ImageError, match="has Lab colors; save it as RGB"):
        original(Image.new("LAB", (2, 2)))
