"""Color profiles: what a file embeds is converted to sRGB, and what is written says sRGB.

Conversions are relative colorimetric with black point compensation, as photo editors do by
default: white stays white, black stays black.
"""

import functools
import io
import logging
import struct

import numpy as np
from PIL import Image, ImageCms

from jphoto.images.source import reason

_logger = logging.getLogger(__name__)


@functools.cache
def srgb_profile() -> bytes:
    """Make a small sRGB profile; its date is fixed, so that equal pictures give equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return profile[:24] + date + profile[36:]  # bytes 24 to 35 of every ICC header


def to_srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """Convert an image to 8-bit sRGB, through its profile where that fits and works.

    Args:
      image: in mode L, RGB, CMYK, or any other that Pillow can convert to RGB.
      profile: an ICC profile, or None. A broken one, or one for other channels than the image
        has, is ignored with a warning in the log.
      name: how the log calls the image.

    Returns: an image in mode RGB.
    """
    if profile:
        try:
            return _converted(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError) as cause:
            text = reason(cause)
            _logger.warning("%s: its color profile is broken and was ignored (%s)", name, text)
    return image.convert("RGB")


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    channels = source.profile.xcolor_space.strip()
    if channels == "RGB" and image.mode != "CMYK":
        image = image.convert("RGB")  # gray files often carry the RGB profile of their editor
    elif (channels, image.mode) not in {("GRAY", "L"), ("CMYK", "CMYK")}:
        raise ValueError(f"it is for {channels} pixels and these are {image.mode}")
    transform = ImageCms.buildTransform(
        source,
        ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())),
        image.mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if image.mode == "RGB" and _changes_nothing(transform):
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None only when asked to convert in place
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a 6 x 6 x 6 cube of colors comes back within one level of 255.

    sRGB profiles go by many names, and each would cost a level of rounding for nothing.
    """
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    after = ImageCms.applyTransform(Image.fromarray(cube), transform)
    return bool(np.abs(np.asarray(after, np.int16) - cube).max() <= 1)
