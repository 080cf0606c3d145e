"""Between stored pixels and upright R'G'B' arrays, by FFmpeg's scaler.

It rounds accurately and interpolates chroma at full resolution. Matrix and range are passed in
full, since it guesses otherwise. Its bilinear filter overflows with 10 bits and subsampled chroma
(seen in FFmpeg 8.1), so that the bicubic one is used.
"""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt, UInt16

from jphoto.video.container.clip import Clip, ClipColors, Orientation

if TYPE_CHECKING:
    from av import VideoFrame

_BICUBIC, _AREA = 4, 32
_FULL_CHROMA = 8192 | 16384
_ACCURATE = 262144
"""Flags of FFmpeg's scaler (SWS_...)."""
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""The scaler's numbers of matrices (SWS_CS_...), by code point."""
RGB = ClipColors(1, 1, 0, True)

# White in the scaler's 16-bit R'G'B', measured: where it converts from or to Y'CbCr, it shifts
# levels instead of scaling them.
_WHITE_OF_LIMITED = 65283
_WHITE_TO_WRITE = 65280


class Decoding:
    """Converts decoded frames of a clip.

    Args:
      clip: that they are from.
      size: height and width of reduced uint8 pictures, upright; None for full size.
    """

    def __init__(self, clip: Clip, size: tuple[int, int] | None) -> None:
        from av.video.reformatter import VideoReformatter

        self._orientation = clip.orientation
        height, width = clip.stored_size if size is None else size
        if size is not None and clip.orientation.transposed:
            height, width = width, height
        self._deep = size is None and clip.depth > 8
        scaler = _BICUBIC if size is None else _AREA
        self._full_range = clip.colors.full_range
        self._reformatter = VideoReformatter()
        self._arguments: dict[str, Any] = {
            "width": width,
            "height": height,
            "format": "rgb48le" if self._deep else "rgb24",
            "interpolation": scaler | _FULL_CHROMA | _ACCURATE,
            **_scaler_colors("src", clip.colors),
            **_scaler_colors("dst", RGB),
        }

    def __call__(self, frame: "VideoFrame") -> UInt[np.ndarray, "h w 3"]:
        """Upright R'G'B': uint16 at full size if the clip has 10 bits, else uint8."""
        levels: np.ndarray = self._reformatter.reformat(frame, **self._arguments).to_ndarray()
        levels = upright(levels, self._orientation)
        if not self._deep or frame.format.is_rgb:
            return levels
        bits = min(max(component.bits for component in frame.format.components), 16)
        white = ((1 << bits) - 1) << (16 - bits) if self._full_range else _WHITE_OF_LIMITED
        scaled: np.ndarray = np.take(_scaling(white, 65535), levels)
        return scaled


class Encoding:
    """Converts R'G'B' arrays to frames for an encoder.

    The scaler rounds the chroma of the full range down, by half a level on average.

    Args:
      colors: of the frames.
      pixel_format: of the frames, as FFmpeg names it.
      size: height and width of the frames; arrays that are smaller are extended by their last row
        and column.
    """

    def __init__(self, colors: ClipColors, pixel_format: str, size: tuple[int, int]) -> None:
        from av import VideoFormat
        from av.video.reformatter import VideoReformatter

        self._size = size
        kind = VideoFormat(pixel_format)
        self._rgb, self._deep = kind.is_rgb, kind.components[0].bits > 8
        self._reformatter = VideoReformatter()
        self._arguments: dict[str, Any] = {
            "format": pixel_format,
            "interpolation": _BICUBIC | _FULL_CHROMA | _ACCURATE,
            **_scaler_colors("src", RGB),
            **_scaler_colors("dst", colors),
        }

    def __call__(self, rgb: UInt[np.ndarray, "h w 3"]) -> "VideoFrame":
        """A frame of the pixel format."""
        from av import VideoFrame

        if self._deep and rgb.dtype == np.uint8:
            rgb = rgb.astype(np.uint16) * np.uint16(257)
        kind = "rgb24" if rgb.dtype == np.uint8 else "rgb48le"
        if rgb.dtype == np.uint16 and not self._rgb:
            rgb = np.take(_scaling(65535, _WHITE_TO_WRITE), rgb)
        below, right = self._size[0] - rgb.shape[0], self._size[1] - rgb.shape[1]
        if below or right:
            rgb = np.pad(rgb, ((0, below), (0, right), (0, 0)), mode="edge")
        source = VideoFrame.from_ndarray(np.ascontiguousarray(rgb), kind)
        return self._reformatter.reformat(source, **self._arguments)


@functools.cache
def _scaling(white: int, target: int) -> UInt16[np.ndarray, "65536"]:
    """A table that takes one level of white to another."""
    levels: np.ndarray = np.rint(np.arange(65536) * (target / white))
    return levels.clip(0, 65535).astype(np.uint16)


def _scaler_colors(side: str, colors: ClipColors) -> dict[str, int]:
    """Matrix and range of the scaler's source (src) or result (dst)."""
    return {
        f"{side}_colorspace": _MATRICES.get(colors.matrix, 1),
        f"{side}_color_range": 2 if colors.full_range else 1,
    }


def upright(
    levels: UInt[np.ndarray, "h w 3"], orientation: Orientation
) -> UInt[np.ndarray, "h2 w2 3"]:
    """Turn stored pixels for display."""
    if orientation.transposed:
        levels = levels.swapaxes(0, 1)
    if orientation.upside_down:
        levels = levels[::-1]
    if orientation.mirrored:
        levels = levels[:, ::-1]
    return np.ascontiguousarray(levels)
