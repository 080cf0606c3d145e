"""Turns decoded photos as EXIF says, for decoders that leave them as they are stored."""

import logging
from collections.abc import Callable

from PIL import ExifTags, Image

from jphoto.images.pixels import Pixels, turned
from jphoto.images.source import reason
from jphoto.metadata import Density

_ORIENTATIONS = range(1, 9)

_logger = logging.getLogger(__name__)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn a photo and its density by an EXIF orientation of 1 to 8.

    Returns: levels that are a view of the old ones.
    """
    density = pixels.metadata.density
    if density is not None and orientation >= 5:
        density = Density(*reversed(density))
    metadata = pixels.metadata._replace(density=density)
    return pixels._replace(levels=turned(pixels.levels, orientation), metadata=metadata)


def orientation_of(read: Callable[[], Image.Exif], name: str) -> int:
    """Return an EXIF orientation; broken EXIF is ignored, with a warning in the log.

    Args:
      read: the EXIF.
      name: of the source in messages.
    """
    try:
        orientation = read().get(ExifTags.Base.Orientation, 1)
    except Exception as cause:
        # Pillow raises nearly anything for broken EXIF: no reason to refuse good pixels.
        _logger.warning("%s: its EXIF is broken and was ignored (%s)", name, reason(cause))
        return 1
    return int(orientation) if orientation in _ORIENTATIONS else 1


def orientation_of_block(exif: bytes | None, name: str) -> int:
    """Return the orientation in an EXIF block, from its TIFF header on, as `orientation_of`."""

    def read() -> Image.Exif:
        parsed = Image.Exif()
        parsed.load(b"Exif\0\0" + exif if exif else b"")
        return parsed

    return orientation_of(read, name)
