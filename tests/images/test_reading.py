"""Reading photos: files and images in every mode, arrays, values out of range, and sizes."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.originals import upright
from helpers.pictures import LEVEL, mask_of, photo, read, saved
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images import read_picture, resize, working_size

# Reading photos


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp"])
def test_lossless_files_are_read_exactly(tmp_path: Path, suffix: str) -> None:
    path = saved(Image.fromarray(photo()), tmp_path / f"a.{suffix}", lossless=True)
    picture = read(path)
    assert picture.dtype == np.float32
    np.testing.assert_array_equal(picture, photo().astype(np.float32) / 255)
    np.testing.assert_array_equal(read(str(path)), picture)
    np.testing.assert_array_equal(read(Image.open(path)), picture)


def test_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    path = saved(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read(path), np.broadcast_to(np.float32([1, 0, 0]), (3, 4, 3)))


def test_a_jpeg_is_close(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(16), np.arange(24)).astype(np.uint8)[..., None].repeat(3, 2) * 6
    path = saved(Image.fromarray(smooth), tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(read(path), smooth / 255, atol=3 * LEVEL)


@pytest.mark.parametrize(
    ("image", "color"),
    [
        (Image.new("1", (2, 2), 1), (255, 255, 255)),
        (Image.new("L", (2, 2), 77), (77, 77, 77)),
        (Image.new("LA", (2, 2), (77, 255)), (77, 77, 77)),
        (Image.new("LA", (2, 2), (77, 0)), (255, 255, 255)),
        (Image.new("RGB", (2, 2), (10, 20, 30)), (10, 20, 30)),
        (Image.new("RGBA", (2, 2), (10, 20, 30, 0)), (255, 255, 255)),
        (Image.new("RGBA", (2, 2), (10, 20, 30, 51)), (206, 208, 210)),
        (Image.new("RGB", (2, 2), (10, 20, 30)).quantize(4), (10, 20, 30)),
        (Image.new("CMYK", (2, 2), (255, 0, 0, 0)), (0, 255, 255)),
        (Image.new("YCbCr", (2, 2), (90, 128, 128)), (90, 90, 90)),
        (Image.new("HSV", (2, 2), (0, 255, 255)), (255, 0, 0)),
        (Image.new("I;16", (2, 2), 65535), (255, 255, 255)),
        (Image.new("I", (2, 2), 257 * 50), (50, 50, 50)),
        (Image.new("F", (2, 2), 0.2), (51, 51, 51)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else None,
)
def test_every_mode(image: Image.Image, color: tuple[int, int, int]) -> None:
    expected = np.broadcast_to(np.float32(color) / 255, (2, 2, 3))
    np.testing.assert_allclose(read(image), expected, atol=1e-6)


def test_transparent_palette_colors_are_blended_on_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    path = saved(image, tmp_path / "a.png", transparency=bytes([255, 0, 255]))
    np.testing.assert_array_equal(read(path)[0], [[1, 0, 0], [1, 1, 1], [0, 0, 1]])
    with Image.open(path) as reopened:
        assert reopened.mode == "P"


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_gray_keeps_sixteen_bits(tmp_path: Path, suffix: str) -> None:
    levels = np.array([[0, 1, 257, 32768, 65534, 65535]], np.uint16)
    picture = read(saved(Image.fromarray(levels), tmp_path / f"a.{suffix}"))
    np.testing.assert_array_equal(picture[..., 1], levels.astype(np.float32) / np.float32(65535))


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("I", (2, 2), 70000), "I gray with values from 70000"),
        (Image.new("I", (2, 2), -70), "I gray with values from -70"),
        (
            Image.new("F", (2, 2), 300.0),
            "values from 300 to 300; floating-point values must",
        ),
        (Image.new("F", (2, 2), float("nan")), "values from nan to nan"),
    ],
)
def test_deep_gray_out_of_range(image: Image.Image, words: str) -> None:
    with pytest.raises(ImageError, match=re.escape(words)):
        read(image)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, orientation: int, suffix: str) -> None:
    stored = np.repeat(photo(2, 3), 16, axis=0).repeat(16, axis=1)
    turned = upright(stored, orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
    path = saved(Image.fromarray(stored), tmp_path / f"a.{suffix}", exif=exif, **options)
    # Even JPEG of the best quality rounds, in another color space.
    np.testing.assert_allclose(read(path), turned / 255, atol=4 * LEVEL if options else 1e-7)
    height, width = turned.shape[:2]
    atol = 4 if options else 0
    np.testing.assert_allclose(mask_of(path, height, width), turned, atol=atol)
    np.testing.assert_allclose(read(Image.open(path)), turned / 255, atol=atol * LEVEL + 1e-7)


def test_broken_exif_is_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = saved(Image.fromarray(photo()), tmp_path / "a.png", exif=b"Exif\0\0not a TIFF header")
    np.testing.assert_array_equal(read(path), photo().astype(np.float32) / 255)
    assert "a.png: its EXIF is broken" in caplog.text


# Arrays


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)))
def test_gray_arrays(gray: np.ndarray) -> None:
    picture = read(gray)
    np.testing.assert_array_equal(picture, gray[..., None].astype(np.float32).repeat(3, 2) / 255)
    np.testing.assert_array_equal(read(gray[..., None]), picture)
    np.testing.assert_array_equal(read(gray.astype(np.uint16) * 257), picture)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from([3, 4])),
        elements=st.floats(-0.0009765625, 1.0, width=16),
    )
)
def test_floating_arrays(values: np.ndarray) -> None:
    picture = read(values)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    colors = np.clip(values.astype(np.float32), 0, 1)
    if values.shape[2] == 4:
        colors = colors[..., :3] * colors[..., 3:] + (1 - colors[..., 3:])
    np.testing.assert_allclose(picture, colors, atol=1e-6)


@given(
    hnp.arrays(np.float32, (2, 3, 3), elements=st.floats(0, 1, width=32)),
    st.sampled_from([np.nan, np.inf, -np.inf, 1.01, -0.01, 255.0]),
    st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 2)),
)
def test_one_bad_value_is_found(values: np.ndarray, bad: float, place: tuple[int, ...]) -> None:
    values[place] = bad
    with pytest.raises(ImageError, match=r"style: the array has values from .* in \[0, 1\]"):
        read_picture(values, role="style")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 2, 2), np.uint8), "shape (2, 2, 2)"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape (1, 2, 2, 3)"),
        (np.zeros(5, np.uint8), "shape (5,)"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels: its shape is (0, 4, 3)"),
        (np.zeros((2, 2, 3), np.int32), "is int32"),
        (np.zeros((2, 2), bool), "is bool"),
        (np.zeros((2, 2), complex), "is complex128"),
    ],
)
def test_unfit_arrays(array: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=re.escape(words)):
        read(array)


# Sizes


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 4000))
def test_working_size(height: int, width: int, long_side: int) -> None:
    small_height, small_width = working_size((height, width), long_side)
    assert max(small_height, small_width) == min(long_side, max(height, width))
    scale = min(1, long_side / max(height, width))
    assert min(small_height, small_width) >= 1
    assert abs(small_height - height * scale) <= 0.5 or small_height == 1
    assert abs(small_width - width * scale) <= 0.5 or small_width == 1


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
        elements=st.floats(0, 1, width=32),
    ),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_resize_stays_in_range(picture: np.ndarray, size: tuple[int, int]) -> None:
    resized = resize(picture, size)
    assert resized.shape == (*size, 3)
    assert resized.dtype == np.float32
    assert resized.min() >= 0
    assert resized.max() <= 1


def test_resize_does_not_round_to_levels() -> None:
    ramp = np.linspace(0.4, 0.41, 64, dtype=np.float32)[None, :, None].repeat(8, 0).repeat(3, 2)
    resized = resize(ramp, (4, 32))
    np.testing.assert_allclose(resized[0, :, 0], ramp[0].reshape(32, 2, 3).mean(1)[:, 0], atol=1e-4)
    assert (np.diff(resized[0, :, 0]) > 0).all()


def test_resize_to_the_same_size_is_free() -> None:
    picture = read(photo())
    assert resize(picture, (6, 9)) is picture
