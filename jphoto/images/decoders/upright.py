"""Turns levels as EXIF says, for decoders that leave them as they are stored."""

import logging

import numpy as np
from jaxtyping import Real
from PIL import ExifTags, Image

from jphoto.images.pixels import turned
from jphoto.images.source import reason

_logger = logging.getLogger(__name__)


def upright(
    levels: Real[np.ndarray, "h w c"], exif: bytes | None, name: str
) -> Real[np.ndarray, "h2 w2 c"]:
    """Turn levels by an EXIF orientation; broken EXIF is ignored, with a warning in the log.

    Args:
      levels: as stored.
      exif: from its TIFF header on.
      name: of the source in messages.

    Returns: a view.
    """
    orientation = 1
    if exif:
        try:
            block = Image.Exif()
            block.load(b"Exif\0\0" + exif)
            orientation = int(block.get(ExifTags.Base.Orientation, 1))
        except Exception as cause:
            # Pillow raises nearly anything for broken EXIF: no reason to refuse good pixels.
            _logger.warning("%s: its EXIF is broken and was ignored (%s)", name, reason(cause))
    return turned(levels, orientation)
