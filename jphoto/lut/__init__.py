"""A look to take away: the 3D lookup table (LUT) that comes closest to what a transfer did.

A table holds what becomes of each node of a cube of colors: red x green x blue x RGB, display-
referred sRGB in [0, 1]; between nodes it is trilinear. A transfer treats like colors unlike from
region to region, which no table can: `lut_error` says what that costs.
"""

from jphoto.lut.fit import SIZE, fit_lut
from jphoto.lut.table import Lut, LutError, apply_lut, identity_lut, lut_error

__all__ = ["SIZE", "Lut", "LutError", "apply_lut", "fit_lut", "identity_lut", "lut_error"]
