"""Loads images by Pillow, and turns whatever a decoder raises into one line that names the file.

Pillow reads the header when it opens a file and the pixels later, so a truncated file would fail
late; here both happen at once.
"""

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from jphoto.errors import ImageError, JphotoError
from jphoto.formats import read_names
from jphoto.images import limits
from jphoto.images.limits import TooLargeError, refuse_too_large
from jphoto.images.source import reason

# `catch_warnings` in two threads at once can leave its filter behind for good, and a changed limit
# of Pillow too.
_PILLOW_LOCK = threading.Lock()


@contextmanager
def decoding_errors(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into ImageError, with a message of one line."""
    try:
        yield
    except (JphotoError, MemoryError):
        raise
    except TooLargeError as cause:
        raise ImageError(f"{name} is too large; {cause}") from cause
    except UnidentifiedImageError as cause:
        raise ImageError(f"{name} is not an image that can be read; use {read_names()}") from cause
    except Exception as cause:
        # On damaged bytes Pillow's decoders raise nearly anything: SyntaxError, IndexError, ...
        raise ImageError(f"{name} is damaged or cut short: {reason(cause)}") from cause


def load_image(source: BinaryIO | BytesIO | Image.Image, name: str) -> Image.Image:
    """Decode an image by Pillow; its EXIF orientation is not applied.

    Args:
      source: an open file, or an image whose pixels may not be loaded yet.
      name: of the source in messages.

    Raises: ImageError, if it is not a complete image of at least 1 x 1 pixels.
    """
    with decoding_errors(name):
        image = source if isinstance(source, Image.Image) else open_quietly(source)
        refuse_too_large(*image.size)
        image.load()
    if 0 in image.size:
        raise ImageError(f"{name} has no pixels: it is {image.width} x {image.height}")
    return image


def open_quietly(file: BinaryIO | BytesIO) -> Image.Image:
    """Open an image by our limit of pixels in place of Pillow's: real photos are larger than that.

    Pillow's own is the user's to set, so it is changed for the moment only.
    """
    with _PILLOW_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        usual = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = (
            limits.MOST_PIXELS // 2
        )  # Pillow warns at this limit and refuses at twice
        try:
            file.seek(0)
            return Image.open(file)
        except Image.DecompressionBombError as cause:
            raise TooLargeError(_without_alarm(cause)) from cause
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _without_alarm(cause: Image.DecompressionBombError) -> str:
    """Word Pillow's refusal, which knows the number of pixels only and speaks of an attack."""
    pixels = re.search(r"\d{4,}", str(cause))
    found = f"it has {int(pixels[0]) / 1e6:.0f} megapixels; " if pixels else ""
    return (
        f"scale it down first ({found}at most {limits.MOST_PIXELS / 1e6:g} megapixels can be read)"
    )
