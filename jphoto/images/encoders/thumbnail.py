"""Files in memory: the thumbnail inside a file's EXIF, which viewers show before they read the
whole file, and pictures for a screen.
"""

import io

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from jphoto.images.sizes import working_size

# As cameras do: about 8 KB of the 64 KB that EXIF may have in a JPEG file.
_LONG_SIDE_PIXELS, _JPEG_QUALITY = 160, 85


def thumbnail(picture: Float32[np.ndarray, "h w 3"]) -> bytes:
    """Shrink a picture to a small JPEG file, in memory.

    Args:
      picture: sRGB; values outside [0, 1] are clipped.
    """
    height, width = working_size((picture.shape[0], picture.shape[1]), _LONG_SIDE_PIXELS)
    # Every few pixels of a large photo are enough: at least 4 x 4 for each pixel of the result.
    step = max(1, min(picture.shape[0] // (4 * height), picture.shape[1] // (4 * width)))
    levels = np.uint8(np.rint(255 * np.clip(picture[::step, ::step], 0, 1)))
    image = Image.fromarray(levels).resize((width, height), Image.Resampling.BOX)
    return jpeg_of_levels(np.asarray(image), _JPEG_QUALITY)


def jpeg_bytes(picture: Float32[np.ndarray, "h w 3"], quality: int) -> bytes:
    """A JPEG file in memory, for a screen: sRGB without profile and metadata.

    Args:
      picture: sRGB; values outside [0, 1] are clipped.
      quality: of JPEG, from 1 to 95.
    """
    levels = np.rint(255 * np.clip(picture, 0, 1))
    return jpeg_of_levels(levels.astype(np.uint8), quality)


def jpeg_of_levels(levels: UInt8[np.ndarray, "h w 3"], quality: int) -> bytes:
    """As `jpeg_bytes`, of levels from 0 to 255."""
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def png_bytes(levels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """A PNG file in memory, of levels from 0 to 255."""
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    return file.getvalue()
