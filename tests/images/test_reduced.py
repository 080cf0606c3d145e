"""Reduced copies for a screen: fast, and like the photo."""

import numpy as np
import pytest
from PIL import Image

from jphoto import images
from jphoto.errors import ImageError
from jphoto.images.color.own_profiles import adobe_rgb_profile


@pytest.fixture(scope="module")
def picture():
    rows, columns = np.mgrid[0:300, 0:400]
    return np.stack([columns / 400, rows / 300, 1 - columns / 400], axis=-1)


def save(picture, path, **options):
    Image.fromarray(np.uint8(255 * picture)).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("side", [90, 100, 333, 400, 1600])
def test_a_reduced_copy_is_the_photo_at_another_size(picture, tmp_path, suffix, side):
    path = save(picture, tmp_path / f"a{suffix}")
    reduced = images.read_reduced(path, role="content", long_side=side)
    assert reduced.size == (300, 400) and (reduced.depth, reduced.profile) == (8, None)
    whole = images.read_picture(path, role="content")
    expected = images.resize(whole, images.working_size((300, 400), side))
    assert reduced.picture.shape == expected.shape
    assert np.abs(reduced.picture - expected).mean() < 0.005


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_upright(picture, tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(picture, tmp_path / "a.jpg", exif=exif)
    reduced = images.read_reduced(path, role="content", long_side=100)
    whole = images.read_picture(path, role="content")
    assert reduced.size == whole.shape[:2]
    expected = images.resize(whole, images.working_size(reduced.size, 100))
    assert np.abs(reduced.picture - expected).mean() < 0.01


def test_its_profile_is_named_and_its_colors_are_converted(picture, tmp_path):
    path = save(picture, tmp_path / "a.jpg", icc_profile=adobe_rgb_profile())
    reduced = images.read_reduced(path, role="content", long_side=100)
    assert reduced.profile
    plain = images.read_reduced(save(picture, tmp_path / "b.jpg"), role="content", long_side=100)
    assert np.abs(reduced.picture - plain.picture).max() > 0.05


def test_a_transparent_photo_is_on_white(picture, tmp_path):
    clear = np.dstack([picture, np.zeros(picture.shape[:2])])
    path = save(clear, tmp_path / "a.png")
    assert images.read_reduced(path, role="content", long_side=50).picture.min() > 0.99


def test_a_damaged_photo_is_named(tmp_path, picture):
    path = save(picture, tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ImageError, match=r"content: .*a\.jpg is damaged"):
        images.read_reduced(path, role="content", long_side=100)
