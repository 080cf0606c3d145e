"""From values in [0, 1] to the whole levels of a file, some rows at a time.

Rounded to 8 bits, a slow gradient becomes bands. So noise of about half a level either way comes
before, the same at every place for every picture: its mean is the true value, it never repeats a
level for long, and what is a whole level already stays what it is.
Source: Roberts 2018, "The Unreasonable Effectiveness of Quasirandom Sequences", on dithering: the
additive sequence of the plastic number, folded.
"""

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

# In units of 2^-32: 1/p and 1/p^2, p^3 = p + 1; and a third, which sets the channels apart.
_ACROSS, _DOWN, _APART = 3242174889, 2447445414, 1431655765
# A little less than a whole level, since a level that came through float32 is off by as much.
_AMPLITUDE = 0.96


def dither(rows: slice, width: int, channels: int) -> Float32[np.ndarray, "h w c"]:
    """Noise between -0.48 and 0.48, evenly spread, for some rows of a picture."""
    down = np.arange(rows.start, rows.stop, dtype=np.uint32)[:, None, None] * np.uint32(_DOWN)
    across = np.arange(width, dtype=np.uint32)[:, None] * np.uint32(_ACROSS)
    apart = np.arange(channels, dtype=np.uint32) * np.uint32(_APART)
    noise = (down + (across + apart)).astype(np.float32)
    noise *= np.float32(2**-31)
    noise -= 1
    np.abs(noise, out=noise)
    noise -= np.float32(0.5)
    noise *= np.float32(_AMPLITUDE)
    return noise


def quantized(
    values: Float32[np.ndarray, "h w c"],
    depth: int,
    noise: Float32[np.ndarray, "h w c"] | None = None,
) -> UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]:
    """Round values, which are clipped to [0, 1], to levels of 8 or 16 bits."""
    levels: np.ndarray = np.clip(values, 0, 1)
    levels *= np.float32(2**depth - 1)
    if noise is not None:
        levels += noise
    np.rint(levels, out=levels)
    return levels.astype(np.uint8 if depth == 8 else np.uint16)
