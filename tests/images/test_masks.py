"""Reading masks: painted, indexed and labeled ones, of fitting and other proportions."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.pictures import mask_of, photo, saved
from PIL import Image

from jphoto.errors import MaskError
from jphoto.images import read_mask


def painted() -> np.ndarray:
    colors = np.zeros((4, 6, 3), np.uint8)
    colors[:2] = (0, 0, 255)
    colors[2:, :3] = (0, 255, 0)
    return colors


def test_painted_mask(tmp_path: Path) -> None:
    path = saved(Image.fromarray(painted()), tmp_path / "mask.png")
    np.testing.assert_array_equal(mask_of(path, 4, 6), painted())
    np.testing.assert_array_equal(mask_of(painted(), 4, 6), painted())
    alpha = np.dstack([painted(), np.zeros((4, 6), np.uint8)])
    np.testing.assert_array_equal(mask_of(alpha, 4, 6), painted())
    np.testing.assert_array_equal(mask_of(Image.fromarray(alpha), 4, 6), painted())


def test_indexed_mask_ignores_its_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8))
    image.putpalette([9, 8, 7, 0, 255, 0, 0, 0, 255])
    path = saved(image, tmp_path / "mask.png", transparency=bytes([0, 128, 255]))
    expected = [[[9, 8, 7], [0, 255, 0]], [[0, 0, 255], [0, 255, 0]]]
    np.testing.assert_array_equal(mask_of(path, 2, 2), expected)


def test_jpeg_mask_is_close(tmp_path: Path) -> None:
    large = np.kron(painted(), np.ones((8, 8, 1), np.uint8))
    path = saved(Image.fromarray(large), tmp_path / "mask.jpg", quality=95, subsampling=0)
    np.testing.assert_allclose(mask_of(path, 32, 48).astype(int), large, atol=16)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_label_maps(tmp_path: Path, dtype: type) -> None:
    labels = np.array([[0, 3], [20, 255]], dtype)
    expected = np.repeat(labels.astype(np.uint8)[..., None], 3, axis=2)
    np.testing.assert_array_equal(mask_of(labels, 2, 2), expected)
    path = saved(Image.fromarray(labels), tmp_path / "mask.tif")
    np.testing.assert_array_equal(mask_of(path, 2, 2), expected)


def test_full_range_label_map() -> None:
    labels = np.array([[0, 3], [20, 255]], np.uint16)
    np.testing.assert_array_equal(mask_of(labels * 257, 2, 2), mask_of(labels, 2, 2))
    image = Image.fromarray(labels * 257)
    np.testing.assert_array_equal(mask_of(image, 2, 2), mask_of(labels, 2, 2))


def test_black_and_white_mask(tmp_path: Path) -> None:
    inside = np.array([[True, False]])
    path = saved(Image.fromarray(inside), tmp_path / "mask.png")
    for source in (path, inside):
        np.testing.assert_array_equal(mask_of(source, 1, 2), [[[255] * 3, [0] * 3]])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.array([[0, 256]], np.uint16), "labels from 0 to 256"),
        (np.array([[-1, 1]], np.int64), "labels from -1 to 1"),
        (np.array([[0, 257 * 300]], np.int64), "labels from 0 to 77100"),
        (np.zeros((2, 2), np.float32), "is float32 of shape (2, 2)"),
        (np.zeros((2, 2, 3), np.int32), "is int32 of shape (2, 2, 3)"),
        (np.zeros((2, 2, 2), np.uint8), "is uint8 of shape (2, 2, 2)"),
        (np.zeros((0, 2), np.uint8), "no pixels: its shape is (0, 2)"),
        (Image.fromarray(np.array([[0, 26001]], np.uint16)), "labels from 0 to 26001"),
        (Image.new("F", (2, 2)), "floating-point"),
    ],
)
def test_unfit_masks(source: object, words: str) -> None:
    with pytest.raises(MaskError, match=re.escape(words)):
        mask_of(source, 2, 2)


def test_mask_is_resized_without_new_colors(caplog: pytest.LogCaptureFixture) -> None:
    small = read_mask(photo(40, 60), role="style mask", size=(7, 10), picture_size=(40, 60))
    assert small.shape == (7, 10, 3)
    colors = {tuple(color) for color in photo(40, 60).reshape(-1, 3).tolist()}
    assert {tuple(color) for color in small.reshape(-1, 3).tolist()} <= colors
    assert caplog.text == ""


@pytest.mark.parametrize("shape", [(467, 700), (468, 699), (234, 350), (936, 1400), (470, 697)])
def test_nearly_fitting_mask_is_accepted(
    shape: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    mask = np.zeros((*shape, 3), np.uint8)
    read = read_mask(mask, role="style mask", size=(20, 30), picture_size=(468, 700))
    assert read.shape == (20, 30, 3)
    assert f"style mask: the array is {shape[1]} x {shape[0]} pixels" in caplog.text
    assert "700 x 468" in caplog.text


@pytest.mark.parametrize("shape", [(700, 468), (468, 500), (400, 700), (468, 716)])
def test_mask_of_another_shape_is_refused(shape: tuple[int, int]) -> None:
    mask = np.zeros((*shape, 3), np.uint8)
    words = rf"is {shape[1]} x {shape[0]} pixels and its photo 700 x 468 .*proportions"
    with pytest.raises(MaskError, match=words):
        read_mask(mask, role="style mask", size=(20, 30), picture_size=(468, 700))
