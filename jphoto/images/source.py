"""Opens files and Pillow images; whatever fails becomes one line that names the file.

Pillow reads the header when it opens a file and the pixels later, so a truncated file would fail
late; here both happen at once. Images are turned as their EXIF says.
"""

import logging
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from jphoto.errors import ImageError, JphotoError
from jphoto.formats import read_names


@dataclass(frozen=True)
class HeldFile:
    """A file in memory: what was read from a pipe, say, which can be read only once."""

    name: str
    """For messages."""
    content: bytes = field(repr=False)


PictureSource = (
    str | os.PathLike[str] | bytes | bytearray | BinaryIO | HeldFile | Image.Image | np.ndarray
)
"""A photo or mask: a path, the bytes of a file, a file open for reading bytes, a Pillow image or an
array."""
FileSource = str | os.PathLike[str] | HeldFile
HeldSource = FileSource | Image.Image | np.ndarray
"""A source that can be read several times."""

_MOST_STREAM_BYTES = 2**32
"""A pipe may have no end."""

_ORIENTATION_TAG = 0x0112
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# `catch_warnings` in two threads at once can leave its filter behind for good.
_WARNING_FILTERS_LOCK = threading.Lock()

_logger = logging.getLogger(__name__)


def source_name(source: PictureSource, role: str) -> str:
    """Name a source for messages: its role, then its path as the user typed it or its type."""
    if isinstance(source, np.ndarray):
        return f"{role}: the array"
    if isinstance(source, Image.Image):
        return f"{role}: the Pillow image"
    if isinstance(source, bytes | bytearray):
        return f"{role}: the file in memory"
    if isinstance(source, str | os.PathLike):
        return f"{role}: {os.fspath(source)}"
    return f"{role}: {getattr(source, 'name', 'the open file')}"


def held(source: PictureSource, role: str) -> HeldSource:
    """Read what can be read only once, so that it can be hashed and decoded.

    Args:
      source: any.
      role: for messages.

    Returns: a `HeldFile` for bytes, open files, pipes and standard input; other sources unchanged.
    Raises: ImageError, if it cannot be read, or is a device.
    """
    name = source_name(source, role)
    if isinstance(source, bytes | bytearray):
        return HeldFile("the file in memory", bytes(source))
    if isinstance(source, HeldFile | Image.Image | np.ndarray):
        return source
    try:
        if not isinstance(source, str | os.PathLike):
            return HeldFile(name.removeprefix(f"{role}: "), _read(source, name))
        return _held_if_pipe(Path(source), name)
    except FileNotFoundError:
        raise ImageError(f"{name} does not exist; check the path") from None
    except (OSError, ValueError) as cause:
        raise ImageError(f"{name} cannot be read: {reason(cause)}") from cause


def _held_if_pipe(path: Path, name: str) -> Path | HeldFile:
    mode = path.stat().st_mode
    if stat.S_ISFIFO(mode):
        with path.open("rb") as file:
            return HeldFile(str(path), _read(file, name))
    if stat.S_ISDIR(mode):
        raise ImageError(f"{name} is a folder; give an image file")
    if not stat.S_ISREG(mode):
        raise ImageError(f"{name} is a device; give an image file")
    return path


def _read(file: BinaryIO, name: str) -> bytes:
    content = bytearray()
    while piece := file.read(2**20):
        content += piece
        if len(content) > _MOST_STREAM_BYTES:
            raise ImageError(f"{name} is longer than 4 GB; save it as a file first")
    return bytes(content)


def open_image(
    source: FileSource | Image.Image, name: str, error: type[JphotoError]
) -> Image.Image:
    """Decode the first frame of a file, or a Pillow image, and turn it as its EXIF says.

    Args:
      source: a file, or an image whose pixels may not be loaded yet; its pixels are not changed.
      name: of the source in messages, from `source_name`.
      error: the class to raise, since a bad mask and a bad photo are different errors.

    Returns: an image in any of Pillow's modes, at least 1 x 1, with its `info`.
    Raises: `error`, if the file does not exist, may not be read, or is not a complete image.
    """
    if isinstance(source, Image.Image):
        return apply_orientation(load_image(source, name, error), name)
    with open_file(source, name, error) as file:
        return apply_orientation(load_image(file, name, error), name)


def open_file(source: FileSource, name: str, error: type[JphotoError]) -> BufferedReader:
    """Open an image file.

    Args:
      source: a path, or a file in memory.
      name: of the source in messages.
      error: the class to raise.

    Raises: `error`, if the file does not exist, may not be read, or is empty.
    """
    try:
        file = _open(source, name, error)
    except FileNotFoundError:
        raise error(f"{name} does not exist; check the path") from None
    except PermissionError:
        raise error(f"{name} may not be read: permission denied") from None
    except (OSError, ValueError) as cause:
        raise error(f"{name} cannot be opened: {reason(cause)}") from cause
    with decoding_errors(name, error):
        if not file.peek(1):
            file.close()
            raise EOFError("the file is empty")
    return file


class _Memory(BytesIO):
    """A file in memory that says, as those on disks do, that it is binary."""

    mode = "rb"


def _open(source: FileSource, name: str, error: type[JphotoError]) -> BufferedReader:
    if isinstance(source, HeldFile):
        return BufferedReader(_Memory(source.content))
    path = Path(source)
    if path.is_dir():
        raise error(f"{name} is a folder; give an image file")
    return path.open("rb")


def load_image(source: BinaryIO | Image.Image, name: str, error: type[JphotoError]) -> Image.Image:
    """Decode an image by Pillow; its EXIF orientation is not applied.

    Args:
      source: an open file, or an image whose pixels may not be loaded yet.
      name: of the source in messages.
      error: the class to raise.

    Raises: `error`, if it is not a complete image of at least 1 x 1 pixels.
    """
    with decoding_errors(name, error):
        image = source if isinstance(source, Image.Image) else _open_quietly(source)
        image.load()
    if 0 in image.size:
        raise error(f"{name} has no pixels: it is {image.width} x {image.height}")
    return image


@contextmanager
def decoding_errors(name: str, error: type[JphotoError]) -> Iterator[None]:
    """Turn whatever a decoder raises into `error`, with a message of one line."""
    try:
        yield
    except JphotoError:
        raise
    except Image.DecompressionBombError as cause:
        raise error(f"{name} is too large; scale it down first ({reason(cause)})") from cause
    except UnidentifiedImageError as cause:
        raise error(f"{name} is not an image that can be read; use {read_names()}") from cause
    except Exception as cause:
        # On damaged bytes Pillow's decoders raise nearly anything: SyntaxError, IndexError, ...
        raise error(f"{name} is damaged or cut short: {reason(cause)}") from cause


def refuse_decompression_bomb(width: int, height: int) -> None:
    """Apply Pillow's limit of pixels to decoders that have none.

    Raises: Image.DecompressionBombError, if the image is larger.
    """
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > 2 * limit:
        raise Image.DecompressionBombError(
            f"it has {width} x {height} pixels; at most {2 * limit} are allowed"
        )


def _open_quietly(file: BinaryIO) -> Image.Image:
    """Open an image without Pillow's warning above 89 megapixels: real photos are that large."""
    with _WARNING_FILTERS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        file.seek(0)
        return Image.open(file)


def apply_orientation(image: Image.Image, name: str) -> Image.Image:
    """Turn an image as its EXIF says; broken EXIF is ignored, with a warning in the log."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception as cause:
        # Broken EXIF, which may raise any exception too, is no reason to refuse good pixels.
        _logger.warning("%s: its EXIF is broken and was ignored (%s)", name, reason(cause))
        return image
    transpose = _TRANSPOSES.get(orientation)
    return image if transpose is None else image.transpose(transpose)


def reason(cause: Exception) -> str:
    """Describe an exception in one line; a system error without its number and file name."""
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return " ".join(text.split()) or type(cause).__name__
