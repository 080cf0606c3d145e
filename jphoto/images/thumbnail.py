"""The small picture within a file's EXIF, shown by viewers before they have read the rest."""

import io

import numpy as np
from jaxtyping import Float32
from PIL import Image

from jphoto.images.sizes import working_size

_LONG_SIDE, _QUALITY = 160, 85  # as cameras have it: some 8 KB of the 64 that EXIF may take


def thumbnail(picture: Float32[np.ndarray, "h w 3"]) -> bytes:
    """A picture as a small JPEG.

    Args:
      picture: sRGB; what lies outside [0, 1] is clipped.
    """
    height, width = working_size((picture.shape[0], picture.shape[1]), _LONG_SIDE)
    # Of a huge photo every few pixels do.
    step = max(1, min(picture.shape[0] // (4 * height), picture.shape[1] // (4 * width)))
    levels = np.uint8(np.rint(255 * np.clip(picture[::step, ::step], 0, 1)))
    image = Image.fromarray(levels).resize((width, height), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
