"""3D lookup tables (LUTs): a transfer approximated by one table of colors, for other programs.

A table has an output color for each node of a cube of input colors: red x green x blue x RGB, sRGB
in [0, 1]; between nodes it is interpolated trilinearly. A transfer may change the same color
differently in different regions, which no table can: `lut_error` measures the difference.

- `fit` computes the table that approximates a transfer best, from content photo and result.
- `table` applies tables to pictures and measures their errors.
- `cube` writes tables as `.cube` files.
"""

from jphoto.lut.fit import DEFAULT_SIZE, fit_lut
from jphoto.lut.table import Lut, LutError, apply_lut, identity_lut, lut_error

__all__ = [
    "DEFAULT_SIZE",
    "Lut",
    "LutError",
    "apply_lut",
    "fit_lut",
    "identity_lut",
    "lut_error",
]
