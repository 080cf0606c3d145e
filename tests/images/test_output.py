"""Writing pictures: files, output paths and contact sheets."""

import errno
import io
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.pictures import LEVEL, photo, read
from PIL import Image, ImageCms, JpegImagePlugin

from jphoto.errors import ImageError, SavedElsewhereError
from jphoto.images import check_output, resize, save_picture, side_by_side, stack

# Writing


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "bmp", "PNG"])
def test_lossless_round_trip(tmp_path: Path, suffix: str) -> None:
    picture = np.random.default_rng(3).random((16, 12, 3), np.float32)
    save_picture(picture, tmp_path / f"a.{suffix}")
    back = read(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(back, picture, atol=0.5 * LEVEL + 1e-6)
    save_picture(back, tmp_path / f"b.{suffix}")
    np.testing.assert_array_equal(read(tmp_path / f"b.{suffix}"), back)


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
def test_lossy_round_trip(tmp_path: Path, suffix: str) -> None:
    ramp = np.linspace(0, 1, 32, dtype=np.float32)
    picture = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], 0.5), axis=-1)
    save_picture(picture.astype(np.float32), tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(read(tmp_path / f"a.{suffix}"), picture, atol=0.06)


def test_values_are_rounded_and_clipped(tmp_path: Path) -> None:
    picture = np.float32([[[-0.5, 0.499 * LEVEL, 0.501 * LEVEL], [1.5, 254.6 * LEVEL, 1.0]]])
    save_picture(picture, tmp_path / "a.png")
    written = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(written, [[[0, 0, 1], [255, 255, 255]]])


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_files_are_tagged_srgb(tmp_path: Path, suffix: str) -> None:
    save_picture(read(photo()), tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as image:
        profile = image.info["icc_profile"]
        if suffix == "jpg":
            assert JpegImagePlugin.get_sampling(image) == 0
    assert len(profile) < 1000
    assert "sRGB" in ImageCms.getProfileName(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


def test_files_get_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save_picture(read(photo()), tmp_path / "a.png")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640


def fill_the_disk(self: Image.Image, file: object, **_: object) -> None:
    file.write(b"half a file")  # type: ignore[attr-defined]
    raise OSError(errno.ENOSPC, "No space left on device")


def be_interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt("by the user")


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (fill_the_disk, SavedElsewhereError, "a.jpg cannot be written: No space left on device"),
        (be_interrupted, KeyboardInterrupt, "by the user"),
    ],
)
def test_a_failure_leaves_the_old_file_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[..., None],
    error: type[BaseException],
    words: str,
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"precious")
    monkeypatch.setattr(Image.Image, "save", failure)
    with pytest.raises(error, match=re.escape(words)):
        save_picture(read(photo()), path)
    assert path.read_bytes() == b"precious"
    # A PNG is written without Pillow.
    left = {"a.jpg", "a.png"} if error is SavedElsewhereError else {"a.jpg"}
    assert {file.name for file in tmp_path.iterdir()} == left


@pytest.mark.parametrize(
    ("name", "picture", "words"),
    [
        ("a.xyz", np.zeros((2, 2, 3), np.float32), "has the suffix .xyz; use one of .png, .tif"),
        ("a", np.zeros((2, 2, 3), np.float32), "has no suffix"),
        ("a.png", np.full((2, 2, 3), np.nan, np.float32), "non-finite"),
    ],
)
def test_what_cannot_be_saved_leaves_nothing_behind(
    tmp_path: Path, name: str, picture: np.ndarray, words: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ImageError, match=words):
        save_picture(picture, tmp_path / name)
    assert set(tmp_path.rglob("*")) == before


# Output paths


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with an input, three other names for it, an older output and a folder."""
    save_picture(read(photo()), tmp_path / "in.png")
    (tmp_path / "link.png").symlink_to("in.png")
    (tmp_path / "hard.png").hardlink_to(tmp_path / "in.png")
    (tmp_path / "old.png").write_bytes(b"old")
    (tmp_path / "sub.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "force", "words"),
    [
        (
            "a.docx",
            True,
            "has the suffix .docx; use one of .png, .tif, .tiff, .webp, .jpg, .jpeg, .jpe, .jfif",
        ),
        ("a", True, "has no suffix"),
        ("sub.png", True, "is a folder"),
        ("", True, "is a folder"),
        ("missing/a.png", True, "the folder missing does not exist"),
        ("old.png/a.png", True, "old.png is a file, not a folder"),
        ("in.png", True, "is one of the inputs"),
        ("sub.png/../in.png", True, "is one of the inputs"),
        ("link.png", True, "is one of the inputs"),
        ("hard.png", True, "is one of the inputs"),
        ("gone.png", True, "is one of the inputs"),
        ("old.png", False, "old.png exists; choose another name or add --force"),
        ("x" * 300 + ".png", True, "cannot be written: File name too long"),
    ],
)
def test_bad_output_paths(folder: Path, path: str, force: bool, words: str) -> None:
    inputs = [photo(), folder / "in.png", Image.new("RGB", (1, 1)), str(folder / "gone.png")]
    with pytest.raises(ImageError, match=re.escape(words)):
        check_output(path, inputs=inputs, force=force)


def test_good_output_paths(folder: Path) -> None:
    assert check_output("new.JPG", inputs=["in.png"], force=False) == Path("new.JPG")
    assert check_output(folder / "old.png", inputs=["in.png"], force=True) == folder / "old.png"


def test_a_folder_that_refuses_files_is_found_before_any_work() -> None:
    # Its mode says writable, also for root, and yet no file can be created there.
    with pytest.raises(ImageError, match="cannot write in /proc"):
        check_output("/proc/new.png", inputs=[], force=False)


# Contact sheets


def test_pictures_on_a_sheet_have_the_height_of_the_last_one() -> None:
    red, blue = np.zeros((50, 80, 3), np.float32), np.zeros((100, 120, 3), np.float32)
    red[..., 0] = blue[..., 2] = 1
    sheet = side_by_side([("content", red), ("result", blue)])
    gutter = 4
    assert sheet.dtype == np.float32
    assert sheet.shape[1] == 3 * gutter + 160 + 120
    np.testing.assert_allclose(
        sheet[gutter : gutter + 100, gutter : gutter + 160], resize(red, (100, 160))
    )
    np.testing.assert_array_equal(sheet[gutter : gutter + 100, 2 * gutter + 160 : -gutter], blue)
    np.testing.assert_array_equal(sheet[:gutter], 1)
    labels = sheet[gutter + 100 :]
    assert labels[:, : gutter + 160].min() < 0.5
    assert labels[:, gutter + 160 :].min() < 0.5


def test_a_sheet_of_a_given_height_can_be_saved(tmp_path: Path) -> None:
    pictures = [("a label much wider than its picture", read(photo(30, 10))), ("", read(photo()))]
    sheet = side_by_side(pictures, height=60)
    save_picture(sheet, tmp_path / "sheet.png")
    assert read(tmp_path / "sheet.png").shape == sheet.shape
    np.testing.assert_array_equal(sheet[:, :4], 1)


def test_rows_are_stacked_flush_left_on_white() -> None:
    wide, narrow = np.full((2, 5, 3), 0.25, np.float32), np.full((3, 4, 3), 0.5, np.float32)
    sheet = stack([wide, narrow])
    assert sheet.dtype == np.float32 and sheet.shape == (5, 5, 3)
    np.testing.assert_array_equal(sheet[:2], wide)
    np.testing.assert_array_equal(sheet[2:, :4], narrow)
    np.testing.assert_array_equal(sheet[2:, 4:], 1)
