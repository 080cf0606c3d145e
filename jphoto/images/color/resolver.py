"""The color of a photo: which of all that its file says about it counts.

The first of these that is usable decides: the ICC profile; code points (PNG's cICP and sRGB chunks,
nclx in HEIC and AVIF); EXIF, in which cameras say sRGB or Adobe RGB; PNG's cHRM and gAMA. If there
is none, it is sRGB. What is broken is left out and told. High dynamic range becomes standard range.
TIFF's tags WhitePoint, PrimaryChromaticities and TransferFunction are left out, as by Pillow: few
files have them, and those have profiles.
Source: Exif 3.0, tag ColorSpace; DCF 2.0 (CIPA DC-009), R98 and R03; PNG 3rd edition, 4.3, 11.3.2.
"""

import functools
import logging
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32
from PIL import ExifTags, Image

from jphoto.images.color import code_points, hdr, icc, srgb
from jphoto.images.color.own_profiles import (
    SRGB_CURVE,
    SRGB_PRIMARIES,
    adobe_rgb_profile,
    make_profile,
    power,
)
from jphoto.images.color.profiles import (
    Convert,
    convert_without_profile,
    linear_to_srgb,
    profile_conversion,
)
from jphoto.images.pixels import Cicp, Pixels
from jphoto.images.sizes import strips
from jphoto.images.source import reason

_Resolved = tuple[Convert, bytes | None]

_SRGB: _Resolved = (convert_without_profile, None)
_HDR_NAMES = {code_points.PQ: "PQ", code_points.HLG: "HLG"}

_COLOR_SPACE, _INTEROP_INDEX = 0xA001, 0x0001
_EXIF_SRGB, _EXIF_ADOBE_RGB, _EXIF_UNCALIBRATED = 1, 2, 65535  # 2 is no standard, but common

# Writers of PNG state the curve of sRGB by its mean power, 1 / 2.2, beside the primaries of sRGB.
_SRGB_GAMMA, _SAME_GAMMA, _SAME_PRIMARIES = 1 / 2.2, 0.005, 0.002
_GAMMAS = (0.2, 5.0)
"""Exponents that occur; cameras and screens have 0.4 to 1."""

_logger = logging.getLogger(__name__)


def to_extended_srgb(
    pixels: Pixels, name: str
) -> tuple[Float32[np.ndarray, "h w 3"], bytes | None]:
    """Convert pixels to extended sRGB.

    Args:
      pixels: with all that the file says about its color.
      name: of the photo in the log.

    Returns: the picture, and the profile for files of pictures made from it, or None for sRGB. It
      is None too if the photo's color space hardly differs from sRGB, and for LUT-based profiles.
    """
    convert, kept = resolve(pixels, name)
    picture = np.empty((*pixels.color.shape[:2], 3), np.float32)
    for rows in strips(len(picture)):
        picture[rows] = convert(pixels.color[rows], pixels.white)
    return picture, kept


def resolve(pixels: Pixels, name: str) -> tuple[Convert, bytes | None]:
    """Find the conversion to extended sRGB, and the profile to keep, of a photo.

    Args:
      pixels: with all that the file says about its color.
      name: of the photo in the log.
    """
    sources: tuple[tuple[str, Callable[[Pixels, str], _Resolved | None]], ...] = (
        ("color profile is broken and was", _by_profile),
        ("color code points are unusable and were", _by_code_points),
        ("EXIF is unusable and was", _by_exif),
        ("chromaticities or gamma are broken and were", _by_calibration),
    )
    # Only profiles describe the inks of CMYK.
    for what, by_source in sources[:1] if pixels.color.shape[2] == 4 else sources:
        try:
            found = by_source(pixels, name)
        except ValueError as cause:
            _logger.warning("%s: its %s ignored (%s)", name, what, reason(cause))
        else:
            if found is not None:
                return found
    return _SRGB


def _by_profile(pixels: Pixels, name: str) -> _Resolved | None:
    if not pixels.profile:
        return None
    cicp = icc.read_cicp(pixels.profile)
    if cicp is not None and cicp.transfer in _HDR_NAMES and pixels.color.shape[2] != 4:
        return _high_dynamic_range(cicp, name)
    return profile_conversion(pixels.profile, pixels.color.shape[2])


def _by_code_points(pixels: Pixels, name: str) -> _Resolved | None:
    cicp = pixels.cicp
    unspecified = code_points.UNSPECIFIED
    if cicp is None or cicp == Cicp(unspecified, unspecified):
        return None
    if cicp.transfer in _HDR_NAMES:
        return _high_dynamic_range(cicp, name)
    if code_points.is_srgb(cicp):
        return _SRGB
    return profile_conversion(code_points.profile_of(cicp), pixels.color.shape[2])


def _high_dynamic_range(cicp: Cicp, name: str) -> _Resolved:
    """Convert to standard range, and keep a profile of the same primaries and sRGB's curve."""
    convert, kept = _hdr_conversion(cicp)
    _logger.warning(
        "%s: its high dynamic range (%s) became standard range; highlights are compressed",
        name,
        _HDR_NAMES[cicp.transfer],
    )
    return convert, kept


@functools.lru_cache(maxsize=4)
def _hdr_conversion(cicp: Cicp) -> _Resolved:
    profile = make_profile(code_points.chromaticities_of(cicp), SRGB_CURVE)
    matrix = linear_to_srgb(profile)

    def convert(levels: np.ndarray, white: float) -> Float32[np.ndarray, "h w 3"]:
        values = convert_without_profile(levels, white).clip(0, 1)
        values = np.broadcast_to(values, (*values.shape[:2], 3))
        return srgb.encode(hdr.to_standard_range(values, cicp.transfer) @ matrix.T)

    return convert, None if code_points.is_srgb(cicp._replace(transfer=13)) else profile


def _by_exif(pixels: Pixels, name: str) -> _Resolved | None:
    if not pixels.metadata.exif:
        return None
    exif = Image.Exif()
    try:
        exif.load(b"Exif\0\0" + pixels.metadata.exif)
        color_space = exif.get_ifd(ExifTags.IFD.Exif).get(_COLOR_SPACE)
        interop = str(exif.get_ifd(ExifTags.IFD.Interop).get(_INTEROP_INDEX)).rstrip(" \0")
    except Exception:
        # Pillow raises nearly anything for broken EXIF, which others tell of.
        return None
    if color_space == _EXIF_SRGB:
        return _SRGB
    if color_space == _EXIF_ADOBE_RGB or (color_space == _EXIF_UNCALIBRATED and interop == "R03"):
        return profile_conversion(adobe_rgb_profile(), pixels.color.shape[2])
    return _SRGB if interop == "R98" else None


def _by_calibration(pixels: Pixels, name: str) -> _Resolved | None:
    if pixels.calibration is None:
        return None
    chromaticities, gamma = pixels.calibration
    chromaticities = chromaticities or SRGB_PRIMARIES
    if gamma is not None and not _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        raise ValueError(f"its gamma is {gamma:g}")
    like_srgb = np.abs(np.subtract(chromaticities, SRGB_PRIMARIES)).max() < _SAME_PRIMARIES
    if gamma is None or (like_srgb and abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA):
        curve = SRGB_CURVE
    else:
        curve = power(1 / gamma)
    if like_srgb and curve == SRGB_CURVE:
        return _SRGB
    return profile_conversion(make_profile(chromaticities, curve), pixels.color.shape[2])
