"""Decoded photos before any color conversion: the stored levels, the color profile, the metadata.

This module makes them from arrays and from Pillow images; `decoders` makes them from files.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Real
from PIL import Image, JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.metadata import Metadata

_RANGE_TOLERANCE = 1e-3  # how far outside [0, 1] other programs may have left floating values
_EXIF_PREFIX = b"Exif\0\0"
_PHOTOSHOP_HEADER = b"Photoshop 3.0\0"


class Pixels(NamedTuple):
    """A decoded photo, upright."""

    levels: Real[np.ndarray, "h w c"]
    """uint8, uint16, uint32 or float32: gray, RGB or CMYK, followed by opacity if there is any."""
    white: float
    """The level that means 1: white, full ink, full opacity."""
    has_alpha: bool = False
    """Whether the last channel is opacity."""
    profile: bytes | None = None
    """The embedded ICC profile."""
    metadata: Metadata = Metadata()

    @property
    def color(self) -> Real[np.ndarray, "h w c"]:
        """The levels without opacity."""
        return self.levels[..., :-1] if self.has_alpha else self.levels


def pixels_from_array(array: np.ndarray, name: str) -> Pixels:
    """Check an array and take its values as they are.

    Args:
      array: h x w, h x w x 1, x 3 or x 4, of uint8, uint16, or floating-point values in [0, 1].
      name: of the source in messages.

    Raises: ImageError, if the array is of any other shape or type, or has values beyond [0, 1].
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageError(
            f"{name} has shape {array.shape}; it must be h x w, h x w x 1, h x w x 3 or h x w x 4"
        )
    if array.size == 0:
        raise ImageError(f"{name} has no pixels: its shape is {array.shape}")
    levels = array if array.ndim == 3 else array[..., None]
    has_alpha = levels.shape[2] == 4
    if array.dtype in (np.uint8, np.uint16):
        return Pixels(levels, float(np.iinfo(array.dtype).max), has_alpha)
    if np.issubdtype(array.dtype, np.floating):
        return Pixels(checked_floats(levels, name), 1.0, has_alpha)
    raise ImageError(
        f"{name} is {array.dtype}; it must be uint8, uint16 or floating-point in [0, 1]"
    )


def checked_floats(values: Real[np.ndarray, "h w c"], name: str) -> Float32[np.ndarray, "h w c"]:
    """Check that floating-point values are in [0, 1]; values slightly outside are clipped.

    Raises: ImageError, if a value is farther outside than resampling in other programs explains,
      or is NaN.
    """
    low, high = float(values.min()), float(values.max())
    # A NaN anywhere makes both ends NaN, and every comparison with it is false.
    if not -_RANGE_TOLERANCE <= low <= high <= 1 + _RANGE_TOLERANCE:
        raise ImageError(
            f"{name} has values from {low:g} to {high:g}; floating-point values must lie in [0, 1]"
        )
    clipped: np.ndarray = values.astype(np.float32)
    return np.clip(clipped, 0, 1, out=clipped)


def pixels_from_image(image: Image.Image, name: str) -> Pixels:
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
    white = 65535.0 if image.mode != "F" else 1.0 if high <= 1 + _RANGE_TOLERANCE else 255.0
    if not -_RANGE_TOLERANCE * white <= low <= high <= white * (1 + _RANGE_TOLERANCE):
        raise ImageError(
            f"{name} is {image.mode} gray with values from {low:g} to {high:g}; "
            f"save it as 8- or 16-bit"
        )
    dtype = np.float32 if image.mode == "F" else np.uint16
    return Pixels(np.clip(values, 0, white).astype(dtype), white)


def pillow_metadata(image: Image.Image) -> Metadata:
    """Return the metadata that Pillow has read: EXIF, XMP and, of JPEG files, IPTC.

    Of TIFF files it is XMP only.
    """
    iptc = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        iptc = _jpeg_iptc(image.applist)
    exif = strip_exif_prefix(image.info.get("exif"))
    return Metadata(exif=exif, xmp=image.info.get("xmp"), iptc=iptc)


def strip_exif_prefix(exif: bytes | None) -> bytes | None:
    """Return an EXIF block from its TIFF header on, or None if nothing follows the prefix."""
    return exif.removeprefix(_EXIF_PREFIX) or None if exif else None


def _jpeg_iptc(segments: list[tuple[str, bytes]]) -> bytes | None:
    """Join Photoshop's image resources, one of which is IPTC, from a JPEG's APP13 segments."""
    parts = [
        data.removeprefix(_PHOTOSHOP_HEADER)
        for marker, data in segments
        if marker == "APP13" and data.startswith(_PHOTOSHOP_HEADER)
    ]
    return _PHOTOSHOP_HEADER + b"".join(parts) if parts else None
