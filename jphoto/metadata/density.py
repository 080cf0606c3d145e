"""Pixel density: how large a picture is when it is printed at its own size.

Files declare it in JFIF's header, in a PNG's pHYs, in a BMP's header, and in EXIF, whose tags TIFF
has too. Here it is in pixels per inch.
Source: Exif 3.0 (CIPA DC-008), section 4.6.5.1; PNG 3rd edition, section 11.3.4.3; JFIF 1.02.
"""

import math
import struct
from fractions import Fraction
from typing import NamedTuple

from jphoto.metadata.tiff_directories import (
    RATIONAL,
    SHORT,
    Structure,
    TiffError,
    open_block,
    read_directory,
    read_numbers,
    read_value,
)

ACROSS, DOWN, UNIT = 0x011A, 0x011B, 0x0128
"""Tags of XResolution, YResolution and ResolutionUnit."""

INCH = 2
"""The unit in EXIF and TIFF; there are also 1 for none and 3 for centimeters."""

METERS_PER_INCH = 0.0254
"""PNG and BMP count pixels per meter."""
_PER_INCH = {INCH: 1.0, 3: 2.54}
_MOST = 65_535  # pixels per inch, in JFIF's header
# PNG and BMP have whole pixels per meter: 11811 are nearest to 300 per inch.
_ROUNDING = 0.013


class Density(NamedTuple):
    """Pixels per inch, across and down the upright picture."""

    across: float
    down: float

    @property
    def per_meter(self) -> tuple[int, int]:
        """Whole pixels per meter, as PNG and BMP have them."""
        return round(self.across / METERS_PER_INCH), round(self.down / METERS_PER_INCH)

    @property
    def fractions(self) -> tuple[Fraction, Fraction]:
        """Pixels per inch for EXIF and TIFF, exact to a thousandth."""
        return tuple(Fraction(side).limit_denominator(1000) for side in self)  # type: ignore[return-value]


def declared_density(across: float, down: float) -> Density | None:
    """Make a density of what a file declares.

    Args:
      across: pixels per inch; nearly whole numbers are rounded.
      down: the same.

    Returns: None, if the numbers cannot be a density.
    """
    if not all(math.isfinite(side) and 1 <= side <= _MOST for side in (across, down)):
        return None
    return Density(*(_rounded(side) for side in (across, down)))


def density_of_exif(exif: bytes) -> Density | None:
    """Read the density that an EXIF block declares.

    Returns: None, if there is none or it is 72, which the standard demands where it is unknown.
    """
    try:
        structure = open_block(exif)
        density = read_density(structure)
    except TiffError:
        return None
    return None if density == (72, 72) else density


def read_density(structure: Structure) -> Density | None:
    """Read the density of the first directory, as it is there.

    Raises: TiffError, if the directory cannot be read.
    """
    sides: dict[int, float] = {}
    unit = INCH
    for entry in read_directory(structure, structure.first).entries:
        if entry.tag in (ACROSS, DOWN) and (entry.type_code, entry.value_count) == (RATIONAL, 1):
            above, below = struct.unpack(f"{structure.order}II", read_value(structure, entry))
            sides[entry.tag] = above / below if below else 0.0
        elif entry.tag == UNIT and entry.type_code == SHORT:
            unit = next(iter(read_numbers(structure, entry)), INCH)
    if sides.keys() != {ACROSS, DOWN} or unit not in _PER_INCH:
        return None
    return declared_density(*(_PER_INCH[unit] * sides[tag] for tag in (ACROSS, DOWN)))


def _rounded(side: float) -> float:
    return float(round(side)) if abs(side - round(side)) < _ROUNDING else side
