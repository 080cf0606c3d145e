"""From a path or a Pillow image to decoded, upright pixels by Pillow, with every failure named.

Pillow reads the header when it opens a file and the pixels later, so a cut file fails late; here
both happen at once. What Pillow and the system raise becomes one line that names the file.
"""

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from jphoto.errors import JphotoError

PictureSource = str | os.PathLike[str] | Image.Image | np.ndarray

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Entering and leaving `catch_warnings` in two threads at once can leave its filter behind for good.
_WARNING_FILTERS = threading.Lock()

_logger = logging.getLogger(__name__)


def source_name(source: PictureSource, role: str) -> str:
    """How messages call a source: its role, then its path as the user typed it or its kind."""
    if isinstance(source, np.ndarray):
        return f"{role}: the array"
    if isinstance(source, Image.Image):
        return f"{role}: the Pillow image"
    return f"{role}: {os.fspath(source)}"


def open_image(
    source: str | os.PathLike[str] | Image.Image, name: str, error: type[JphotoError]
) -> Image.Image:
    """Decode the first frame of a file, or a Pillow image, and turn it as its EXIF says.

    Args:
      source: a path, or an image that may still be waiting for its pixels; it is not changed.
      name: how messages call it.
      error: the class to raise, since a bad mask and a bad photo are different errors.

    Returns: an image in any of Pillow's modes, at least 1 x 1, its `info` kept.
    Raises: `error`, if there is no such file, it may not be read, or it is not a whole image.
    """
    if isinstance(source, Image.Image):
        return upright(loaded(source, name, error), name)
    with open_file(source, name, error) as file:
        return upright(loaded(file, name, error), name)


def open_file(
    source: str | os.PathLike[str], name: str, error: type[JphotoError]
) -> BufferedReader:
    """Open a file of an image, with every failure named.

    Raises: `error`, if there is no such file, it may not be read, or it is empty.
    """
    path = Path(source)
    try:
        if path.is_dir():
            raise error(f"{name} is a folder; give an image file")
        file = path.open("rb")
    except FileNotFoundError:
        raise error(f"{name} does not exist; check the path") from None
    except PermissionError:
        raise error(f"{name} may not be read: permission denied") from None
    except (OSError, ValueError) as cause:
        raise error(f"{name} cannot be opened: {reason(cause)}") from cause
    with decoding(name, error):
        if not file.peek(1):
            file.close()
            raise EOFError("the file is empty")
    return file


def loaded(
    source: BufferedReader | Image.Image, name: str, error: type[JphotoError]
) -> Image.Image:
    """Decode an image, at least 1 x 1, that lies as it is stored."""
    with decoding(name, error):
        image = source if isinstance(source, Image.Image) else _open_quietly(source)
        image.load()
    if 0 in image.size:
        raise error(f"{name} has no pixels: it is {image.width} x {image.height}")
    return image


@contextmanager
def decoding(name: str, error: type[JphotoError]) -> Iterator[None]:
    """Whatever a decoder raises becomes `error`, of one line that names the file."""
    try:
        yield
    except JphotoError:
        raise
    except Image.DecompressionBombError as cause:
        raise error(f"{name} is too large; scale it down first ({reason(cause)})") from cause
    except UnidentifiedImageError as cause:
        raise error(
            f"{name} is not an image that can be read; use JPEG, PNG, WebP or TIFF"
        ) from cause
    except Exception as cause:
        # On damaged bytes Pillow's decoders raise nearly anything: SyntaxError, IndexError, ...
        raise error(f"{name} is damaged or cut short: {reason(cause)}") from cause


def refuse_bomb(width: int, height: int) -> None:
    """Raise Pillow's error of decompression bombs where other decoders have no limit."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > 2 * limit:
        raise Image.DecompressionBombError(
            f"it has {width} x {height} pixels, and {2 * limit} are the most"
        )


def _open_quietly(file: BufferedReader) -> Image.Image:
    """`Image.open` without its warning from 89 megapixels on, which are real photos today."""
    with _WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(file)


def upright(image: Image.Image, name: str) -> Image.Image:
    """Turn an image as its EXIF says; broken EXIF is ignored with a warning in the log."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception as cause:
        # Broken EXIF, again with any exception, is no reason to refuse good pixels.
        _logger.warning("%s: its EXIF is broken and was ignored (%s)", name, reason(cause))
        return image
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def reason(cause: Exception) -> str:
    """Say what went wrong, in one line; a system error without its number and file name."""
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return " ".join(text.split()) or type(cause).__name__
