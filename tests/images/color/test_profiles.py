"""Color profiles of photos: usable ones are applied, the others are ignored."""

from pathlib import Path

import numpy as np
import pytest
from helpers.pictures import LEVEL, photo, read, saved
from helpers.profiles import GRAY, WIDE, WIDE_PRIMARIES, cmyk_profile
from PIL import Image, ImageCms

from jphoto.images import read_mask


def srgb_curve(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_wide_gamut_is_converted(tmp_path: Path) -> None:
    srgb_primaries = np.array(
        [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
    )
    colors = photo(8, 8)
    expected = srgb_curve((colors / 255) ** 2.2 @ WIDE_PRIMARIES @ np.linalg.inv(srgb_primaries))
    path = saved(Image.fromarray(colors), tmp_path / "a.png", icc_profile=WIDE)
    np.testing.assert_allclose(read(path), expected, atol=1.5 * LEVEL)
    assert np.abs(read(path) - colors / 255).max() > 10 * LEVEL


def test_alpha_is_applied_after_the_profile() -> None:
    opaque, clear = (Image.new("RGBA", (1, 1), (200, 40, 40, alpha)) for alpha in (255, 0))
    for image in (opaque, clear):
        image.info["icc_profile"] = WIDE
    rgb = opaque.convert("RGB")
    np.testing.assert_array_equal(read(opaque), read(rgb))
    np.testing.assert_array_equal(read(clear), np.ones((1, 1, 3)))


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_gray_profile(tmp_path: Path, mode: str) -> None:
    levels = np.arange(0, 256, 15, dtype=np.uint8)[None]
    image = Image.fromarray(levels)
    image = (
        Image.fromarray(levels.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    )
    path = saved(image, tmp_path / "a.png", icc_profile=GRAY)
    expected = srgb_curve((levels / 255) ** 1.8)
    np.testing.assert_allclose(read(path)[..., 0], expected, atol=LEVEL)
    np.testing.assert_allclose(read(path)[..., 2], expected, atol=LEVEL)


def test_gray_profile_keeps_sixteen_bits_apart() -> None:
    image = Image.fromarray(np.arange(30000, 30100, dtype=np.uint16)[None])
    image.info["icc_profile"] = GRAY
    assert (np.diff(read(image)[0, :, 1]) > 0).all()


def test_gray_with_an_rgb_profile() -> None:
    gray = Image.new("L", (1, 1), 90)
    gray.info["icc_profile"] = WIDE
    np.testing.assert_array_equal(read(gray), read_wide((90, 90, 90)))


def read_wide(color: tuple[int, int, int]) -> np.ndarray:
    image = Image.new("RGB", (1, 1), color)
    image.info["icc_profile"] = WIDE
    return read(image)


def test_cmyk_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (2, 2), (255, 0, 0, 0))
    path = saved(image, tmp_path / "a.tif", icc_profile=cmyk_profile())
    luminance = ((100 * 170 / 255 + 16) / 116) ** 3
    np.testing.assert_allclose(
        read(path), srgb_curve(np.full((2, 2, 3), luminance)), atol=2 * LEVEL
    )
    np.testing.assert_array_equal(read(saved(image, tmp_path / "b.tif"))[0, 0], [0, 1, 1])


def test_an_srgb_profile_changes_nothing() -> None:
    image = Image.fromarray(photo(32, 32))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image.info["icc_profile"] = profile.tobytes()
    np.testing.assert_array_equal(read(image), photo(32, 32).astype(np.float32) / 255)


@pytest.mark.parametrize("profile", [b"not a profile", WIDE[:200], GRAY, cmyk_profile()])
def test_unusable_profiles_are_ignored(profile: bytes, caplog: pytest.LogCaptureFixture) -> None:
    image = Image.fromarray(photo())
    image.info["icc_profile"] = profile
    np.testing.assert_array_equal(read(image), photo().astype(np.float32) / 255)
    assert "content: the Pillow image: its color profile is broken" in caplog.text


def test_the_color_profile_of_a_mask_is_ignored(tmp_path: Path) -> None:
    path = saved(Image.fromarray(photo()), tmp_path / "mask.png", icc_profile=WIDE)
    mask = read_mask(path, role="style mask", size=(6, 9), picture_size=(6, 9))
    np.testing.assert_array_equal(mask, photo())
