"""Makes ICC profiles: of sRGB, of gray, and of any primaries and curve.

Little CMS, as imagecodecs offers it, makes such profiles too, but it stores the curve of sRGB as a
table of 16-bit linear light, an error of hundreds of 16-bit levels in the shadows, and writes the
time of day into the header, so that equal pictures would not give equal files.
Source: ICC.1:2022, sections 9, 10.18, annex E (Bradford adaptation).
"""

import functools
import struct
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import ImageCms

from jphoto.images.color import icc
from jphoto.images.pixels import Chromaticities

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50 = np.array([63190, 65536, 54061]) / 65536

# Least determinant of primaries' chromaticities: that of sRGB is 0.2, of gray 0.
_SMALLEST_GAMUT = 1e-3


class Curve(NamedTuple):
    """A curve from device values to linear light, as an ICC profile stores it."""

    function_type: int
    numbers: tuple[float, ...]


def power(gamma: float) -> Curve:
    """A pure power law."""
    return Curve(0, (gamma,))


SRGB_CURVE = Curve(3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = Chromaticities(D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_ADOBE_PRIMARIES = Chromaticities(D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))


@functools.cache
def srgb_profile() -> bytes:
    """Make a small sRGB profile with a fixed date, so that equal pictures give equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return profile[:24] + date + profile[36:]  # bytes 24 to 35 of every ICC header


@functools.cache
def gray_profile() -> bytes:
    """Make a small gray profile with the curve of sRGB."""
    tags = icc.read_tags(srgb_profile())
    kept = {name: tags[name] for name in ("desc", "cprt", "wtpt")}
    return icc.write_tags(srgb_profile()[:128], "GRAY", kept | {"kTRC": tags["rTRC"]})


@functools.cache
def adobe_rgb_profile() -> bytes:
    """Make a profile with the primaries and the gamma of Adobe RGB (1998).

    Source: Adobe RGB (1998) Color Image Encoding, section 4.3.
    """
    return make_profile(_ADOBE_PRIMARIES, power(563 / 256), "Adobe RGB (1998) compatible")


def make_profile(chromaticities: Chromaticities, curve: Curve, name: str = "RGB") -> bytes:
    """Make an RGB profile with a fixed date, so that equal pictures give equal files.

    Raises: ValueError, if the chromaticities are those of no color space.
    """
    matrix, adaptation = _matrices(chromaticities)
    tags = icc.read_tags(srgb_profile())
    tags = {kept: tags[kept] for kept in ("cprt", "wtpt")}
    tags["desc"] = _text(name)
    tags["chad"] = b"sf32\0\0\0\0" + _fixed(adaptation.ravel())
    for color, column in zip("rgb", matrix.T, strict=True):
        tags[f"{color}XYZ"] = b"XYZ \0\0\0\0" + _fixed(column)
        tags[f"{color}TRC"] = (
            b"para\0\0\0\0" + struct.pack(">Hxx", curve.function_type) + _fixed(curve.numbers)
        )
    return icc.write_tags(srgb_profile()[:128], "RGB", tags)


def _matrices(
    chromaticities: Chromaticities,
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3 3"]]:
    """Compute the matrix from linear RGB to XYZ relative to D50, and that from the white to D50.

    Raises: ValueError, if the primaries lie on one line or white is outside of them.
    """
    points = np.array(chromaticities, float)
    # All real colors, and the imaginary primaries of wide spaces, are well within these bounds.
    if not (np.abs(points) <= 2).all() or points[0, 1] <= 0.01:
        raise ValueError("its white point or primaries are no colors")
    white, *primaries = np.column_stack([points, 1 - points.sum(1)])
    columns = np.transpose(primaries)
    if abs(np.linalg.det(columns)) < _SMALLEST_GAMUT:
        raise ValueError("its primaries lie on one line")
    white = white / white[1]
    shares = np.linalg.solve(columns, white)
    if not (shares > 0).all():
        raise ValueError("its white point is outside its primaries")
    cones = _BRADFORD @ white
    if not (cones > 0).all():
        raise ValueError("its white point is no color")
    adaptation: np.ndarray = (
        np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / cones) @ _BRADFORD
    )
    matrix: np.ndarray = adaptation @ columns * shares
    return matrix, adaptation


def _fixed(numbers: Float[np.ndarray, "_"] | tuple[float, ...]) -> bytes:
    fixed = [round(65536 * float(number)) for number in numbers]
    return struct.pack(f">{len(fixed)}i", *fixed)


def _text(text: str) -> bytes:
    """An ICC text in one language, US English."""
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded
