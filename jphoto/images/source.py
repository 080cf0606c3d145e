"""Opens files and Pillow images; whatever fails becomes one line that names the file.

Pillow reads the header when it opens a file and the pixels later, so a truncated file would fail
late; here both happen at once. Images are turned as their EXIF says. What is too large is
refused by the size in its header, before anything is allocated, by the same limits everywhere.
"""

import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from jphoto import memory
from jphoto.errors import JphotoError
from jphoto.formats import read_names

PictureSource = str | os.PathLike[str] | Image.Image | np.ndarray

MOST_PIXELS = 500_000_000
"""In a photo. Telephones take 200 megapixels, the largest cameras 400 in several shots. Files that
claim more are rather made to fill the memory: a few kilobytes can hold a PNG of one color."""
MOST_METADATA_BYTES = 2**24
"""Of a profile, of EXIF or of XMP, unpacked. Real ones have 3 MB at most (profiles of printers, XMP
with a long history); a chunk of 16 KB may claim to unpack to this size."""
READING_BYTES = 24
"""For each pixel while a photo is read: a picture of three colors in float32, and at the same time
what the decoder holds. Measured at 100 to 500 megapixels: JPEG 15 (turned: 18), WebP 23, gray PNG
13."""

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

# `catch_warnings` in two threads at once can leave its filter behind for good, and a changed limit
# of Pillow too.
_PILLOW_LOCK = threading.Lock()

_logger = logging.getLogger(__name__)


def source_name(source: PictureSource, role: str) -> str:
    """Name a source for messages: its role, then its path as the user typed it or its type."""
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
      source: a path, or an image whose pixels may not be loaded yet; its pixels are not changed.
      name: of the source in messages, from `source_name`.
      error: the class to raise, since a bad mask and a bad photo are different errors.

    Returns: an image in any of Pillow's modes, at least 1 x 1, with its `info`.
    Raises: `error`, if the file does not exist, may not be read, or is not a complete image.
    """
    if isinstance(source, Image.Image):
        return apply_orientation(load_image(source, name, error), name)
    with open_file(source, name, error) as file:
        return apply_orientation(load_image(file, name, error), name)


def open_file(
    source: str | os.PathLike[str], name: str, error: type[JphotoError]
) -> BufferedReader:
    """Open an image file.

    Args:
      source: a path.
      name: of the source in messages.
      error: the class to raise.

    Raises: `error`, if the file does not exist, may not be read, or is empty.
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
    with decoding_errors(name, error):
        if not file.peek(1):
            file.close()
            raise EOFError("the file is empty")
    return file


def load_image(
    source: BinaryIO | BytesIO | Image.Image, name: str, error: type[JphotoError]
) -> Image.Image:
    """Decode an image by Pillow; its EXIF orientation is not applied.

    Args:
      source: an open file, or an image whose pixels may not be loaded yet.
      name: of the source in messages.
      error: the class to raise.

    Raises: `error`, if it is not a complete image of at least 1 x 1 pixels.
    """
    with decoding_errors(name, error):
        image = source if isinstance(source, Image.Image) else open_quietly(source)
        refuse_decompression_bomb(*image.size)
        image.load()
    if 0 in image.size:
        raise error(f"{name} has no pixels: it is {image.width} x {image.height}")
    return image


@contextmanager
def decoding_errors(name: str, error: type[JphotoError]) -> Iterator[None]:
    """Turn whatever a decoder raises into `error`, with a message of one line."""
    try:
        yield
    except (JphotoError, MemoryError):
        raise
    except _TooLargeError as cause:
        raise error(f"{name} is too large; {cause}") from cause
    except UnidentifiedImageError as cause:
        raise error(f"{name} is not an image that can be read; use {read_names()}") from cause
    except Exception as cause:
        # On damaged bytes Pillow's decoders raise nearly anything: SyntaxError, IndexError, ...
        raise error(f"{name} is damaged or cut short: {reason(cause)}") from cause


class _TooLargeError(Exception):
    """A photo is beyond the limit of pixels, or of the memory that is free."""


def refuse_decompression_bomb(width: int, height: int) -> None:
    """Check the size of a photo before its pixels are decoded.

    Raises: an exception that `decoding_errors` words, if it has more than `MOST_PIXELS` or reading
      it takes more memory than is free.
    """
    if width * height > MOST_PIXELS:
        raise _TooLargeError(
            f"scale it down first (it has {width} x {height} pixels, "
            f"{width * height / 1e6:.0f} megapixels; at most {MOST_PIXELS / 1e6:g} can be read)"
        )
    needed, free = READING_BYTES * width * height, memory.free_bytes()
    if needed > free:
        raise _TooLargeError(
            f"scale it down first, or end other programs (reading its {width} x {height} pixels "
            f"takes about {needed / 1e9:.1f} GB of memory, of which {free / 1e9:.1f} GB are free)"
        )


def open_quietly(file: BinaryIO | BytesIO) -> Image.Image:
    """Open an image by our limit of pixels in place of Pillow's: real photos are larger than that.

    Pillow's own is the user's to set, so it is changed for the moment only.
    """
    with _PILLOW_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        usual = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow warns at this limit and refuses at twice
        try:
            file.seek(0)
            return Image.open(file)
        except Image.DecompressionBombError as cause:
            raise _TooLargeError(_without_alarm(cause)) from cause
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _without_alarm(cause: Image.DecompressionBombError) -> str:
    """Word Pillow's refusal, which knows the number of pixels only and speaks of an attack."""
    pixels = re.search(r"\d{4,}", str(cause))
    found = f"it has {int(pixels[0]) / 1e6:.0f} megapixels; " if pixels else ""
    return f"scale it down first ({found}at most {MOST_PIXELS / 1e6:g} megapixels can be read)"


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
