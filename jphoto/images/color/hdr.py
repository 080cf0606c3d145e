"""Converts high dynamic range, PQ and HLG, to standard range.

Diffuse white is 203 cd/m2. Light up to half of it stays as it is; from there to highlights of 1000
cd/m2 a smooth curve compresses the brightest channel into the rest of the range, and the other
channels with it, so that hues stay. What is brighter still becomes as bright as white.
Source: ITU-R BT.2100-3, tables 4 and 5; BT.2408-7, section 2.
"""

import numpy as np
from jaxtyping import Float32

from jphoto.images.color.code_points import PQ

_DIFFUSE_WHITE, _PEAK = 203.0, 1000.0  # cd/m2
_KNEE = 0.5
"""Of diffuse white, where the compression begins."""

_BT2020_WEIGHTS = np.array([0.2627, 0.6780, 0.0593], np.float32)
_SYSTEM_GAMMA = 1.2  # of a display that reaches 1000 cd/m2

_Values = Float32[np.ndarray, "h w 3"]


def to_standard_range(values: _Values, transfer: int) -> _Values:
    """Convert PQ or HLG values to linear light.

    Args:
      values: RGB in [0, 1].
      transfer: the code point `PQ` or `HLG`.

    Returns: linear light in the same primaries; 1 is white.
    """
    light = _pq(values) if transfer == PQ else _hlg(values)
    light /= np.float32(_DIFFUSE_WHITE)
    brightest = light.max(2, keepdims=True)
    excess = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
    range_above = (_PEAK / _DIFFUSE_WHITE - _KNEE) / (1 - _KNEE)
    # Slope 1 at the knee, 1 at the peak.
    compressed = excess / (1 + excess * (range_above - 1) / range_above)
    target = np.minimum(_KNEE + (1 - _KNEE) * compressed, 1)
    mapped: np.ndarray = light * np.where(
        brightest > _KNEE, target / np.maximum(brightest, _KNEE), 1
    )
    return mapped.astype(np.float32)


def _pq(values: _Values) -> _Values:
    """Compute light in cd/m2."""
    root = values ** np.float32(32 / 2523)
    ratio = np.maximum(root - np.float32(3424 / 4096), 0) / (2413 / 128 - 2392 / 128 * root)
    light: np.ndarray = np.float32(10000) * ratio ** np.float32(16384 / 2610)
    return light


def _hlg(values: _Values) -> _Values:
    """Compute light in cd/m2 of a display of 1000 cd/m2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    luminance = scene @ _BT2020_WEIGHTS
    light: np.ndarray = _PEAK * scene * luminance[..., None] ** (_SYSTEM_GAMMA - 1)
    return light.astype(np.float32)
