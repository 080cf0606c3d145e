"""Makes the thumbnail inside a file's EXIF, which viewers show before they read the whole file."""

import io

import numpy as np
from jaxtyping import Float32
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
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()
