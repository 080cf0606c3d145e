"""Decoded photos before any conversion: levels as they are stored, and what else the source says.

Here from arrays and from what Pillow decodes; `decoders` has the files that Pillow would round.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Real
from PIL import Image, JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.metadata import Metadata

_SLACK = 1e-3  # how far resampling in other programs may have pushed a float array out of [0, 1]
_PREFIX = b"Exif\0\0"
_RESOURCES = b"Photoshop 3.0\0"


class Pixels(NamedTuple):
    """A photo as it was decoded, upright."""

    levels: Real[np.ndarray, "h w c"]
    """uint8, uint16, uint32 or float32; one channel is gray, three RGB, four CMYK; then opacity."""
    white: float
    """The level of full white, light, ink or opacity."""
    has_alpha: bool = False
    profile: bytes | None = None
    metadata: Metadata = Metadata()

    @property
    def color(self) -> Real[np.ndarray, "h w c"]:
        """The levels without opacity."""
        return self.levels[..., :-1] if self.has_alpha else self.levels


def from_array(array: np.ndarray, name: str) -> Pixels:
    """Take an array h x w, h x w x 1, x 3 or x 4 of uint8, uint16, or floats in [0, 1].

    Raises: ImageError, if it is anything else.
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
        return Pixels(fractions(levels, name), 1.0, has_alpha)
    raise ImageError(f"{name} is {array.dtype}; it must be uint8, uint16 or floating in [0, 1]")


def fractions(values: Real[np.ndarray, "h w c"], name: str) -> Float32[np.ndarray, "h w c"]:
    """Floating values, clipped where other programs have pushed them a little out of [0, 1].

    Raises: ImageError, if they lie farther out.
    """
    low, high = float(values.min()), float(values.max())
    # A NaN anywhere makes both ends NaN, and every comparison with it is false.
    if not -_SLACK <= low <= high <= 1 + _SLACK:
        raise ImageError(
            f"{name} has values from {low:g} to {high:g}; floating values must lie in [0, 1]"
        )
    clipped: np.ndarray = values.astype(np.float32)
    return np.clip(clipped, 0, 1, out=clipped)


def from_image(image: Image.Image, name: str) -> Pixels:
    """Take a Pillow image of any mode, without its metadata.

    Raises: ImageError, if its values have no clear meaning.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "F" or image.mode.startswith("I"):
        return _deep_gray(image, name)._replace(profile=profile)
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


def _deep_gray(image: Image.Image, name: str) -> Pixels:
    """Gray of 16 or 32 bits, without the rounding to 8 that Pillow's own conversion means."""
    values = np.asarray(image)[..., None]
    low, high = float(values.min()), float(values.max())
    # As in Pillow itself, 32-bit integers hold 16-bit gray and floats either [0, 1] or [0, 255].
    full = 65535.0 if image.mode != "F" else 1.0 if high <= 1 + _SLACK else 255.0
    if not -_SLACK * full <= low <= high <= full * (1 + _SLACK):
        raise ImageError(
            f"{name} is {image.mode} gray with values from {low:g} to {high:g}; "
            f"save it as 8- or 16-bit"
        )
    kind = np.float32 if image.mode == "F" else np.uint16
    return Pixels(np.clip(values, 0, full).astype(kind), full)


def image_metadata(image: Image.Image) -> Metadata:
    """What Pillow has read beside the pixels; of TIFF only XMP."""
    iptc = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        iptc = _jpeg_iptc(image.applist)
    exif = bare_exif(image.info.get("exif"))
    return Metadata(exif=exif, xmp=image.info.get("xmp"), iptc=iptc)


def bare_exif(exif: bytes | None) -> bytes | None:
    """An EXIF block from its TIFF header on."""
    return exif.removeprefix(_PREFIX) or None if exif else None


def _jpeg_iptc(segments: list[tuple[str, bytes]]) -> bytes | None:
    """Photoshop's image resources, which may take several segments; one of them is the records."""
    parts = [
        data.removeprefix(_RESOURCES)
        for kind, data in segments
        if kind == "APP13" and data.startswith(_RESOURCES)
    ]
    return _RESOURCES + b"".join(parts) if parts else None
