"""Decoded photos before any color conversion: the stored levels, the color profile, the metadata.

This module makes them from arrays; `decoders` makes them from files and Pillow images.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Real

from jphoto.errors import ImageError
from jphoto.metadata import Metadata

RANGE_TOLERANCE = 1e-3
"""How far outside [0, 1] other programs may have left floating-point values."""
_EXIF_PREFIX = b"Exif\0\0"


class Cicp(NamedTuple):
    """Color code points: a color space in two numbers.

    Source: ITU-T H.273, tables 2 and 3.
    """

    primaries: int
    """ColourPrimaries: 1 for those of sRGB, 9 of BT.2020, 12 of Display P3; 2 if unspecified."""
    transfer: int
    """TransferCharacteristics: 13 for that of sRGB, 8 linear, 16 PQ, 18 HLG; 2 if unspecified."""


class Chromaticities(NamedTuple):
    """The white point and the primaries of a color space, each as x and y of CIE 1931."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


class Calibration(NamedTuple):
    """A color space as PNG describes it without code points: by chromaticities and gamma."""

    chromaticities: Chromaticities | None
    gamma: float | None
    """The exponent from linear light to levels, such as 1 / 2.2."""


class Pixels(NamedTuple):
    """A decoded photo, upright."""

    levels: Real[np.ndarray, "h w c"]
    """uint8, uint16, uint32 or float32: gray, RGB or CMYK, followed by opacity if there is any; of
    other integers, the labels of a mask."""
    white: float
    """The level that means 1: white, full ink, full opacity."""
    has_alpha: bool = False
    """Whether the last channel is opacity."""
    profile: bytes | None = None
    """The embedded ICC profile."""
    cicp: Cicp | None = None
    """The color space that the file declares besides the profile."""
    metadata: Metadata = Metadata()
    calibration: Calibration | None = None
    """The color space that a PNG describes in cHRM and gAMA."""

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
    if not -RANGE_TOLERANCE <= low <= high <= 1 + RANGE_TOLERANCE:
        raise ImageError(
            f"{name} has values from {low:g} to {high:g}; floating-point values must lie in [0, 1]"
        )
    clipped: np.ndarray = values.astype(np.float32)
    return np.clip(clipped, 0, 1, out=clipped)


def turned(levels: Real[np.ndarray, "h w c"], orientation: int) -> Real[np.ndarray, "h2 w2 c"]:
    """Return a view of the levels, turned by an EXIF orientation of 1 to 8."""
    if orientation >= 5:
        levels = levels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        levels = levels[::-1]
    if orientation in (2, 3, 6, 7):
        levels = levels[:, ::-1]
    return levels


def strip_exif_prefix(exif: bytes | None) -> bytes | None:
    """Return an EXIF block from its TIFF header on, or None if nothing follows the prefix."""
    return exif.removeprefix(_EXIF_PREFIX) or None if exif else None
