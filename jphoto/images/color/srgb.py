"""The curve of sRGB, carried on beyond [0, 1]: odd-symmetric below 0, the same power above 1.

A color outside sRGB is one whose linear light, in the primaries of sRGB, lies outside [0, 1].
Source: IEC 61966-2-1; the extension is that of scRGB's companding, IEC 61966-2-2, annex B.
"""

import numpy as np
from jaxtyping import Float32

LUMINANCE = np.array([[0.2126, 0.7152, 0.0722]], np.float32)
"""Of linear red, green and blue (ITU-R BT.709)."""

_Values = Float32[np.ndarray, "..."]


def decoded(values: _Values) -> _Values:
    """Linear light of sRGB values."""
    size = np.abs(values)
    linear: np.ndarray = ((size + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    np.multiply(size, np.float32(1 / 12.92), out=linear, where=size <= 0.04045)
    np.copysign(linear, values, out=linear)
    return linear


def encoded(linear: _Values) -> _Values:
    """SRGB values of linear light."""
    size = np.abs(linear)
    values: np.ndarray = np.float32(1.055) * size ** np.float32(1 / 2.4) - np.float32(0.055)
    np.multiply(size, np.float32(12.92), out=values, where=size <= 0.0031308)
    np.copysign(values, linear, out=values)
    return values
