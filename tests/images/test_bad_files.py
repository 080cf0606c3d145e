"""Bad files, for photos and masks alike: each raises an error of one line that names the file."""

import errno
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.chunks import chunk
from helpers.pictures import mask_of, photo, read, saved
from PIL import Image

from jphoto.errors import ImageError, JphotoError, MaskError


def missing(folder: Path) -> Path:
    return folder / "missing.png"


def folder_itself(folder: Path) -> Path:
    return folder


def below_a_file(folder: Path) -> Path:
    return empty(folder) / "a.png"


def empty(folder: Path) -> Path:
    path = folder / "empty.png"
    path.touch()
    return path


def text(folder: Path) -> Path:
    path = folder / "text.jpg"
    path.write_text("not an image at all")
    return path


def cut_jpeg(folder: Path) -> Path:
    path = saved(Image.fromarray(photo(64, 64)), folder / "cut.jpg")
    path.write_bytes(path.read_bytes()[:-900])
    return path


def cut_png(folder: Path) -> Path:
    path = saved(Image.fromarray(photo(64, 64)), folder / "cut.png")
    path.write_bytes(path.read_bytes()[:3000])
    return path


def huge(folder: Path) -> Path:
    return png_header(folder / "huge.png", 100_000, 100_000)


def null_byte(folder: Path) -> str:
    return str(folder / "a\0.png")


def no_width(folder: Path) -> Image.Image:
    return Image.new("RGB", (0, 5))


def closed(folder: Path) -> Image.Image:
    image = Image.open(saved(Image.fromarray(photo()), folder / "closed.png"))
    image.close()
    return image


def png_header(path: Path, width: int, height: int) -> Path:
    """A PNG that claims a size and has next to no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize(
    ("reader", "error"),
    [(read, ImageError), (lambda source: mask_of(source, 4, 4), MaskError)],
    ids=["picture", "mask"],
)
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing, "missing.png does not exist"),
        (folder_itself, "is a folder"),
        (below_a_file, "empty.png/a.png cannot be opened: Not a directory"),
        (empty, "empty.png is damaged or cut short: the file is empty"),
        (text, "text.jpg is not an image that can be read; use PNG, TIFF"),
        (cut_jpeg, "cut.jpg is damaged or cut short"),
        (cut_png, "cut.png is damaged or cut short"),
        (huge, "huge.png is too large; scale it down first"),
        (null_byte, "cannot be opened: "),
        (no_width, "the Pillow image has no pixels: it is 0 x 5"),
        (closed, "the Pillow image is damaged or cut short"),
    ],
)
def test_bad_files(
    tmp_path: Path,
    make: Callable[[Path], object],
    words: str,
    reader: Callable[[object], np.ndarray],
    error: type[JphotoError],
) -> None:
    source = make(tmp_path)
    with pytest.raises(error, match=re.escape(words)) as caught:
        reader(source)
    assert str(caught.value).startswith("content")
    assert "\n" not in str(caught.value)


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:  # as root, which tests may run as, no file is refused
        raise PermissionError(errno.EACCES, "Permission denied")

    path = saved(Image.fromarray(photo()), tmp_path / "a.png")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError, match=r"a\.png may not be read: permission denied"):
        read(path)


def test_a_hundred_megapixels_are_no_bomb(tmp_path: Path) -> None:
    # The pixels are missing, so that the test is quick; what matters is that no warning is raised,
    # which the settings of these tests would make an error of another wording.
    path = png_header(tmp_path / "large.png", 10_000, 10_000)
    with pytest.raises(ImageError, match="damaged or cut short: image file is truncated"):
        read(path)
