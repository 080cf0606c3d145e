"""Colors of clips: what players assume, and the way between a clip's R'G'B' and sRGB.

Standard video (BT.601, BT.709, BT.2020) is taken to have the transfer curve of sRGB. Its own curve
describes cameras, not displays, and editors and players show video and photos by the same levels:
a gray of 128 in a photo and one in a clip look alike. The primaries of BT.601 count as those of
BT.709 for the same reason. Those of BT.2020 and P3 are converted.
"""

import functools
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, UInt

from jphoto.errors import VideoError
from jphoto.images.color.code_points import HLG, PQ, profile_of
from jphoto.images.color.profiles import output_profile, profile_conversion
from jphoto.images.pixels import Cicp
from jphoto.video.container.clip import UNSPECIFIED, Clip, ClipColors

_MOST_SD_WIDTH, _MOST_SD_HEIGHT = 1024, 576
"""Of standard definition, whose colors are those of BT.601 unless a file says otherwise."""
_PAL = 5
_NTSC = 6
_BT709_LIKE = (1, 5, 6, 7)
"""Primaries that count as those of sRGB."""
_VIDEO_CURVES = (1, 4, 5, 6, 7, 11, 12, 13, 14, 15, UNSPECIFIED)
_HDR = {PQ: "PQ", HLG: "HLG"}

_Picture = Float32[np.ndarray, "h w 3"]


def assumed(declared: ClipColors, size: tuple[int, int], *, rgb: bool) -> ClipColors:
    """Fill in what a file does not declare, by its size, as players do.

    Args:
      declared: as in the file.
      size: height and width as stored.
      rgb: whether R'G'B' is stored rather than Y'CbCr.
    """
    small = size[0] <= _MOST_SD_HEIGHT and size[1] <= _MOST_SD_WIDTH
    usual = (_PAL if size[0] == _MOST_SD_HEIGHT else _NTSC) if small else 1
    primaries, transfer, matrix, full_range = declared
    if primaries == UNSPECIFIED:
        # A file that declares its matrix means the primaries of the same standard.
        primaries = matrix if matrix in (1, _PAL, _NTSC, 9) else usual
    if rgb:
        return ClipColors(1 if primaries == usual else primaries, transfer, 0, True)
    if matrix in (UNSPECIFIED, 0):
        matrix = primaries if primaries in (1, _PAL, _NTSC, 9) else usual
    return ClipColors(primaries, 1 if transfer == UNSPECIFIED else transfer, matrix, full_range)


def refuse_hdr(colors: ClipColors, name: str) -> None:
    """Refuse high dynamic range and transfer curves that no display has.

    Raises: VideoError.
    """
    if colors.transfer in _HDR:
        raise VideoError(
            f"{name} is HDR ({_HDR[colors.transfer]}), which is not supported; export it as SDR "
            "(Rec. 709) from a video editor first"
        )
    if colors.transfer not in _VIDEO_CURVES or colors.primaries not in (*_BT709_LIKE, 4, 8, 9, 12):
        raise VideoError(
            f"{name} has colors that are not supported (primaries {colors.primaries}, transfer "
            f"{colors.transfer} of ITU-T H.273); export it as Rec. 709 from a video editor first"
        )


def unit(levels: UInt[np.ndarray, "h w 3"]) -> _Picture:
    """Levels of 8 or 16 bits, in [0, 1]."""
    values: _Picture = levels.astype(np.float32) / np.float32(np.iinfo(levels.dtype).max)
    return values


def to_srgb(rgb: _Picture, clip: Clip) -> _Picture:
    """Convert a picture from a clip's R'G'B' to sRGB.

    Args:
      rgb: in [0, 1].
      clip: that it is from.

    Returns: extended sRGB; colors outside sRGB are outside [0, 1].
    """
    return rgb if _is_srgb(clip) else _conversions(clip.colors.primaries)[0](rgb)


def from_srgb(picture: _Picture, clip: Clip) -> _Picture:
    """Convert a picture from extended sRGB to a clip's R'G'B', not clipped; inverts `to_srgb`."""
    return picture if _is_srgb(clip) else _conversions(clip.colors.primaries)[1](picture)


def _is_srgb(clip: Clip) -> bool:
    return clip.colors.primaries in _BT709_LIKE


@functools.cache
def _conversions(
    primaries: int,
) -> tuple[Callable[[_Picture], _Picture], Callable[[_Picture], _Picture]]:
    convert, kept = profile_conversion(profile_of(Cicp(primaries, 13)), 3)
    _, back = output_profile(kept, gray=False, depth=16)
    return lambda rgb: convert(rgb, 1.0), back
