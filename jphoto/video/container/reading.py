"""Decodes a clip's frames one after another, so that memory does not grow with its length."""

import contextlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jphoto.errors import VideoError
from jphoto.video.container import library, pixels
from jphoto.video.container.clip import Clip, Frame, clock
from jphoto.video.container.opening import opened, time_of

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

_SEEK_MARGIN = Fraction(1)
"""Seconds before the wanted frame at which reading begins at first: files are indexed by the times
of decoding, which precede those of display."""
_MISSING = Fraction(1, 2)
"""Seconds that may be missing at the end: files round durations."""


def check_range(clip: Clip, start: float | int | None, end: float | int | None) -> None:
    """Check the range of time that is to be read.

    Raises: VideoError, if it is empty or outside of the clip.
    """
    name, begin = f"clip: {clip.path}", start or 0.0
    if begin < 0:
        raise VideoError(f"{name}: the start is {begin:g} s; it cannot lie before 0")
    if end is not None and end <= begin:
        raise VideoError(
            f"{name}: the end {clock(end)} does not come after the start {clock(begin)}"
        )
    if clip.seconds and begin >= clip.seconds:
        raise VideoError(f"{name} ends at {clock(clip.seconds)}, before the start {clock(begin)}")


def read_frames(
    clip: Clip,
    start: float | int | None = None,
    end: float | int | None = None,
    size: tuple[int, int] | None = None,
) -> Iterator[Frame]:
    """Decode frames in the order of display.

    Args:
      clip: from `open_clip`.
      start: in seconds; the first frame is the first that begins at this time or later.
      end: in seconds; frames that begin at this time or later are left out.
      size: height and width of reduced uint8 frames, upright, by area averaging; None for full
        size, in uint8 if the clip has 8 bits and uint16 if it has 10.

    Raises: VideoError, if the range is wrong or a frame cannot be decoded; after the last frame, if
      the file is cut off before the end that it states.
    """
    check_range(clip, start, end)
    library.require()
    first, stop = _pts(clip, start), _pts(clip, end)
    to_rgb = pixels.Decoding(clip, size)
    timed = _timed(clip, _decoded(clip, first), first, stop)
    for index, (frame, pts, duration) in enumerate(timed):
        rgb = to_rgb(frame)
        yield Frame(index, pts, clip.seconds_at(pts), duration * clip.time_base, rgb)


def _pts(clip: Clip, seconds: float | int | None) -> int | None:
    """The first pts at or after a time, which may have come from a decimal fraction."""
    if seconds is None:
        return None
    exact = Fraction(seconds).limit_denominator(10**6)
    return clip.start - int(-exact // clip.time_base)


def _timed(
    clip: Clip, frames: "Iterator[tuple[VideoFrame, int]]", first: int | None, stop: int | None
) -> "Iterator[tuple[VideoFrame, int, int]]":
    """Frames in a range of time, each with its pts and the time until the next one."""
    held: tuple[VideoFrame, int] | None = None
    for frame, pts in frames:
        if held is not None and pts > held[1]:
            yield *held, pts - held[1]
            held = None
        if stop is not None and pts >= stop:
            return
        if held is None and (first is None or pts >= first):
            held = frame, pts
    last = None if held is None else held[1]
    if held is not None:
        usual = max(1, round(1 / (clip.rate * clip.time_base)))
        duration = held[0].duration or usual
        yield *held, duration
        last = held[1] + duration
    _check_end(clip, last, stop)


def _check_end(clip: Clip, last: int | None, stop: int | None) -> None:
    """Check that the frames ended where the file says that its video ends."""
    reached = Fraction(0) if last is None else clip.seconds_at(last)
    goal = clip.seconds if stop is None else min(clip.seconds, clip.seconds_at(stop))
    missing = goal - reached
    if clip.promised and missing > max(_MISSING, 3 / clip.rate):
        raise VideoError(
            f"clip: {clip.path} is cut off: its video ends at {clock(reached)} of "
            f"{clock(clip.seconds)}; copy the file again, or choose an earlier end"
        )


def _decoded(clip: Clip, first: int | None) -> "Iterator[tuple[VideoFrame, int]]":
    """All frames from a key frame at or before a time on, each with its pts.

    Files are indexed by the times of decoding, and some not exactly, so that the key frame found
    may be shown after that time. Then the search begins earlier.
    """
    import av

    margin = _SEEK_MARGIN
    while first is not None and first - int(margin / clip.time_base) > clip.start:
        target = first - int(margin / clip.time_base)
        margin *= 4
        with opened(clip.path) as container, contextlib.suppress(av.FFmpegError):
            container.seek(target, stream=container.streams[clip.stream])
            frames = _with_pts(container, clip, target)
            until = itertools.takewhile(lambda found: found[1] <= first, frames)
            key = next((found for found in until if found[0].key_frame), None)
            if key is not None:
                yield key
                yield from frames
                return
    with opened(clip.path) as container:
        yield from _with_pts(container, clip, clip.start)


def _with_pts(
    container: "InputContainer", clip: Clip, begin: int
) -> "Iterator[tuple[VideoFrame, int]]":
    """Decode, and give frames without a time that of the end of the one before."""
    import av

    stream: Any = container.streams[clip.stream]
    stream.thread_type = "AUTO"
    usual = max(1, round(1 / (clip.rate * clip.time_base)))
    following = begin
    try:
        for frame in container.decode(stream):
            pts = following if frame.pts is None else frame.pts
            following = pts + (frame.duration or usual)
            yield frame, pts
    except (av.FFmpegError, ValueError) as cause:
        raise VideoError(
            f"clip: {clip.path} is damaged at {time_of(clip, following)}; copy the file again, or "
            "choose an earlier end"
        ) from cause
