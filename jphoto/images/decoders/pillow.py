"""Takes pixels and metadata from Pillow's images: JPEG, WebP, GIF, BMP and most PNG files."""

from typing import BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.images.frames import tell_further_pictures
from jphoto.images.pixels import RANGE_TOLERANCE, Pixels, strip_exif_prefix
from jphoto.images.source import apply_orientation, load_image
from jphoto.metadata import Metadata

_PHOTOSHOP_HEADER = b"Photoshop 3.0\0"


def decode(source: BinaryIO | Image.Image, name: str) -> Pixels:
    """Decode the first picture of a file, or take a Pillow image, with its metadata.

    Args:
      source: a file, or an image whose pixels may not be loaded yet.
      name: of the source in messages.

    Raises: ImageError, if it is not a complete image or its values have no clear meaning.
    """
    image = load_image(source, name, ImageError)
    pixels = _pixels(apply_orientation(image, name), name)
    pixels = pixels._replace(metadata=_metadata(image))
    if image is not source:
        tell_further_pictures(image, name)
    return pixels


def _pixels(image: Image.Image, name: str) -> Pixels:
    """Take the pixels and the color profile of a Pillow image, but not its metadata.

    Args:
      image: of any mode.
      name: of the source in messages.

    Raises: ImageError, if its values have no clear meaning.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "F" or image.mode.startswith("I"):
        return _high_depth_gray(image, name)._replace(profile=profile)
    has_alpha = image.has_transparency_data
    if image.mode == "1" or image.mode in ("L", "LA", "La"):
        mode = "LA" if has_alpha else "L"
    elif image.mode == "CMYK":
        mode = "CMYK"
    elif image.mode == "LAB":
        raise ImageError(f"{name} has Lab colors; save it as RGB")
    else:
        mode = "RGBA" if has_alpha else "RGB"
    levels = np.asarray(image.convert(mode))
    return Pixels(levels.reshape(*levels.shape[:2], -1), 255.0, has_alpha, profile)


def _high_depth_gray(image: Image.Image, name: str) -> Pixels:
    """Take gray of 16 or 32 bits, which Pillow's own conversion would round to 8."""
    values = np.asarray(image)[..., None]
    low, high = float(values.min()), float(values.max())
    # As in Pillow itself, 32-bit integers hold 16-bit gray and floats either [0, 1] or [0, 255].
    white = 65535.0 if image.mode != "F" else 1.0 if high <= 1 + RANGE_TOLERANCE else 255.0
    if not -RANGE_TOLERANCE * white <= low <= high <= white * (1 + RANGE_TOLERANCE):
        raise ImageError(
            f"{name} is {image.mode} gray with values from {low:g} to {high:g}; "
            f"save it as 8- or 16-bit"
        )
    dtype = np.float32 if image.mode == "F" else np.uint16
    return Pixels(np.clip(values, 0, white).astype(dtype), white)


def _metadata(image: Image.Image) -> Metadata:
    """Return the metadata that Pillow has read: EXIF, XMP and, of JPEG files, IPTC.

    Of TIFF files it is XMP only.
    """
    iptc = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        iptc = _jpeg_iptc(image.applist)
    exif = strip_exif_prefix(image.info.get("exif"))
    return Metadata(exif=exif, xmp=image.info.get("xmp"), iptc=iptc)


def _jpeg_iptc(segments: list[tuple[str, bytes]]) -> bytes | None:
    """Join Photoshop's image resources, one of which is IPTC, from a JPEG's APP13 segments."""
    parts = [
        data.removeprefix(_PHOTOSHOP_HEADER)
        for marker, data in segments
        if marker == "APP13" and data.startswith(_PHOTOSHOP_HEADER)
    ]
    return _PHOTOSHOP_HEADER + b"".join(parts) if parts else None
