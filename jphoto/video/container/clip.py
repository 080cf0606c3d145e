"""What a clip is: its frames, times, colors and other streams.

Times are exact: integers in units of the stream's time base (pts), or fractions of seconds from the
first frame of the clip.
"""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt

UNSPECIFIED = 2
"""The code point of ITU-T H.273 for colors that a file does not declare."""


class ClipColors(NamedTuple):
    """Color code points. Source: ITU-T H.273, tables 2 to 4; FFmpeg uses the same numbers."""

    primaries: int
    """1 for BT.709, 5 and 6 for BT.601, 9 for BT.2020, 12 for Display P3."""
    transfer: int
    """1, 6, 14 and 15 for standard video, 13 for sRGB, 16 for PQ, 18 for HLG."""
    matrix: int
    """From R'G'B' to Y'CbCr: 1 for BT.709, 5 and 6 for BT.601, 9 for BT.2020, 0 for none."""
    full_range: bool
    """Whether black and white are the lowest and the highest level."""


class Orientation(NamedTuple):
    """How stored pixels are turned for display: transposed first, then flipped."""

    transposed: bool = False
    upside_down: bool = False
    mirrored: bool = False


@dataclasses.dataclass(frozen=True)
class AudioTrack:
    """An audio stream."""

    index: int
    """Of the stream in the file."""
    codec: str
    """As FFmpeg names it: aac, opus, pcm_s16le, ..."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """A decoded frame, upright."""

    index: int
    """Among the frames that were asked for, from 0."""
    pts: int
    """Time of display in the stream's time base; it identifies the frame in its clip."""
    seconds: Fraction
    """Time of display from the clip's first frame."""
    duration: Fraction
    """Seconds until the next frame."""
    rgb: UInt[np.ndarray, "h w 3"]
    """R'G'B' in the clip's own primaries and transfer, over the whole range of uint8 or uint16."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip, as its file describes it."""

    path: Path
    width: int
    """In pixels, upright."""
    height: int
    """In pixels, upright."""
    seconds: Fraction
    """Duration of the video; 0 if the file does not say."""
    promised: bool
    """Whether the file states that duration for its video, not only for all of its streams."""
    frames: int | None
    """How many, as the file says or as duration and rate suggest."""
    rate: Fraction
    """Frames a second on average."""
    variable: bool
    """Whether frames differ in duration."""
    time_base: Fraction
    """The unit of pts, in seconds."""
    start: int
    """The pts of the first frame."""
    origin: int
    """The pts at which the file begins; audio may begin before the first frame."""
    depth: int
    """Bits of frames that are read: 8, or 10 for 9 and more."""
    chroma: str
    """Subsampling: 420, 422 or 444; rgb if R'G'B' is stored, gray if there is no chroma."""
    pixel_format: str
    """As FFmpeg names it."""
    codec: str
    """As FFmpeg names it."""
    colors: ClipColors
    """Those that are not declared are replaced by what players assume."""
    declared: ClipColors
    """As declared in the file, with `UNSPECIFIED`."""
    pixel_aspect: Fraction
    """Width of a pixel by its height, upright."""
    orientation: Orientation
    """From stored to upright pixels, which frames from `read_frames` are."""
    stream: int
    """Index of the video stream in the file."""
    audio: tuple[AudioTrack, ...]
    metadata: Mapping[str, str]
    """Of the file: title, date, location, ..."""
    notes: tuple[str, ...]
    """What will be lost or is unusual, a line each, for people."""

    @property
    def stored_size(self) -> tuple[int, int]:
        """Height and width of the pixels as they are stored."""
        turned = self.orientation.transposed
        return (self.width, self.height) if turned else (self.height, self.width)

    def seconds_at(self, pts: int) -> Fraction:
        """Time from the first frame."""
        return (pts - self.start) * self.time_base


def clock(seconds: float | Fraction) -> str:
    """A time for messages: 1:02:03.4, without hours if there are none."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest / 10:04.1f}"
