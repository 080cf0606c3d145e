"""The transfer curve of extended sRGB: odd-symmetric below 0, the same power law above 1.

A color is outside sRGB if its linear light, in the primaries of sRGB, is outside [0, 1].
Source: IEC 61966-2-1; the extension as in scRGB's companding, IEC 61966-2-2, annex B.
"""

import numpy as np
from jaxtyping import Float32

LUMINANCE_WEIGHTS = np.array([[0.2126, 0.7152, 0.0722]], np.float32)
"""Of linear red, green and blue (ITU-R BT.709)."""

_Values = Float32[np.ndarray, "..."]


def decode(values: _Values) -> _Values:
    """Convert sRGB values to linear light."""
    magnitude = np.abs(values)
    linear: np.ndarray = ((magnitude + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    np.multiply(magnitude, np.float32(1 / 12.92), out=linear, where=magnitude <= 0.04045)
    np.copysign(linear, values, out=linear)
    return linear


def encode(linear: _Values) -> _Values:
    """Convert linear light to sRGB values."""
    magnitude = np.abs(linear)
    values: np.ndarray = np.float32(1.055) * magnitude ** np.float32(1 / 2.4) - np.float32(0.055)
    np.multiply(magnitude, np.float32(12.92), out=values, where=magnitude <= 0.0031308)
    np.copysign(values, linear, out=values)
    return values
