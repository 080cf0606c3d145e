"""Rounds values in [0, 1] to the integer levels of a file, with dither for 8 bits.

A slow gradient rounded to 8 bits shows bands. Noise of up to about half a level, added before
rounding, removes them: the mean stays the true value and no level repeats for long. The noise
depends on the position only, and a value that is a whole level already is not changed by it.

Three quarters of its amplitude repeat every two pixels, so the noise has little of the lower
frequencies, which are seen first. Green is opposite to red and blue: brightness varies less.
Source: Bayer 1973, "An Optimum Method for Two-Level Rendition of Continuous-Tone Pictures", for the
2 x 2 pattern; Roberts 2018, "The Unreasonable Effectiveness of Quasirandom Sequences", on
dithering, for the rest: the additive sequence of the plastic number, folded.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt, UInt8, UInt16

from jphoto.metadata import Metadata

# Steps of the sequence per column and per row, in units of 2^-32: 1/p and 1/p^2, where p is the
# plastic number, p^3 = p + 1; and half per channel, which makes the folded noise its opposite.
_COLUMN_STEP, _ROW_STEP, _CHANNEL_STEP = 3242174889, 2447445414, 2147483648
_PATTERN = np.array([[-3, 1], [3, -1]], np.float32) / 8
# Peak to peak, in levels; a little below 1, since float32 has moved whole levels slightly.
_AMPLITUDE = 0.96


class QuantizedPicture(NamedTuple):
    """A picture rounded to integer levels, with what a file says about it."""

    strips: Iterable[UInt[np.ndarray, "_ w c"]]
    """Levels from top to bottom: gray or RGB, followed by opacity if there is any."""
    shape: tuple[int, int, int]
    """(height, width, channels)."""
    depth: int
    """Bits per level, 8 or 16."""
    profile: bytes
    """The ICC profile to embed."""
    metadata: Metadata = Metadata()


def dither(rows: slice, width: int, channels: int) -> Float32[np.ndarray, "h w c"]:
    """Compute the dither noise of some rows of a picture.

    Args:
      rows: of the whole picture, with start and stop.
      width: of the picture, in pixels.
      channels: number of channels.

    Returns: noise in levels, uniform between -0.48 and 0.48.
    """
    down = np.arange(rows.start, rows.stop, dtype=np.uint32)[:, None, None] * np.uint32(_ROW_STEP)
    across = np.arange(width, dtype=np.uint32)[:, None] * np.uint32(_COLUMN_STEP)
    between = np.arange(channels, dtype=np.uint32) * np.uint32(_CHANNEL_STEP)
    noise = (down + (across + between)).astype(np.float32)
    noise *= np.float32(2**-31)
    noise -= 1
    np.abs(noise, out=noise)
    noise -= np.float32(0.5)
    noise /= _PATTERN.size
    signs = 1 - 2 * (np.arange(channels, dtype=np.float32) % 2)
    for row, column in np.ndindex(_PATTERN.shape):
        noise[(row - rows.start) % 2 :: 2, column::2] += _PATTERN[row, column] * signs
    noise *= np.float32(_AMPLITUDE)
    return noise


def quantized(
    values: Float32[np.ndarray, "h w c"],
    depth: int,
    noise: Float32[np.ndarray, "h w c"] | None = None,
) -> UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]:
    """Clip values to [0, 1] and round them to levels.

    Args:
      values: of a picture or some of its rows.
      depth: bits of a level, 8 or 16.
      noise: added before rounding, in levels; from `dither`.
    """
    levels: np.ndarray = np.clip(values, 0, 1)
    levels *= np.float32(2**depth - 1)
    if noise is not None:
        levels += noise
    np.rint(levels, out=levels)
    return levels.astype(np.uint8 if depth == 8 else np.uint16)
