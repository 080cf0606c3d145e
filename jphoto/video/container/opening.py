"""Finds out what a clip is, by its header, its first packets and its first frame."""

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jphoto.errors import VideoError
from jphoto.video.container import library
from jphoto.video.container.clip import (
    UNSPECIFIED,
    AudioTrack,
    Clip,
    ClipColors,
    Orientation,
    clock,
)
from jphoto.video.container.colors import assumed, refuse_hdr
from jphoto.video.container.refusals import FORMATS, file_head, unreadable

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

MOST_PIXELS = 36_000_000
"""Of a frame: 8192 x 4320 has 35 million."""
_PACKETS = 250
"""From which the frame rate is told to be variable or not."""
_RATE_TOLERANCE = Fraction(1, 20)
"""Of a frame's duration, by which frames of a constant rate may be displaced by rounding."""
_ENCRYPTED = re.compile(rb"enc[vs]|cenc|cbcs")
_HEADER_BYTES = 2**20
_DEEPEST = 10
"""Bits that are kept."""
_FULL = 2
"""FFmpeg's number of the full range (AVCOL_RANGE_JPEG)."""


def open_clip(path: str | Path) -> Clip:
    """Read what a clip is.

    Args:
      path: of a file.

    Raises: SettingsError, without the extra `jphoto[video]`; VideoError, if the file is missing, no
      video, damaged, encrypted, HDR or too large.
    """
    library.require()
    head = file_head(path)
    path = Path(path)
    with opened(path, head) as container:
        rate, variable = _rate(container, _video_stream(container, path))
    with opened(path, head) as container:
        stream = _video_stream(container, path)
        frame, start = _first_frame(container, stream, path)
        return _described(container, stream, frame, start, rate, variable, path)


def opened(path: Path, head: bytes = b"") -> "InputContainer":
    """Open a file that `file_head` has checked; nothing but this file is opened.

    Raises: VideoError, if FFmpeg cannot read it.
    """
    import av

    only = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    try:
        # Tags in other encodings are no reason to refuse a clip.
        return av.open(
            library.url(path), mode="r", container_options=only, metadata_errors="replace"
        )
    except (av.FFmpegError, ValueError) as cause:
        raise unreadable(path, head, cause) from cause


def _video_stream(container: "InputContainer", path: Path) -> "VideoStream":
    """The first stream of video that is no cover picture."""
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams:
        found = "only sound" if container.streams.audio else "no video"
        raise VideoError(f"clip: {path} has {found}; give a file with video")
    stream = streams[0]
    if stream.codec_context is None:
        raise VideoError(f"clip: {path} has video in a codec that cannot be decoded")
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise VideoError(
            f"clip: {path} has {width} x {height} pixels, more than 8K; scale it down first"
        )
    stream.thread_type = "AUTO"
    return stream


def _is_cover(stream: "VideoStream") -> bool:
    import av.stream

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _rate(container: "InputContainer", stream: "VideoStream") -> tuple[Fraction, bool]:
    """Frames a second, and whether frames differ in duration, by the first packets."""
    import av

    times: list[int] = []
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                times.append(packet.pts)
            if len(times) >= _PACKETS:
                break
    except av.FFmpegError:
        pass  # the first frame will tell what is wrong
    # The last packets may lie between frames that were not read yet.
    times = sorted(set(times))[: _PACKETS - 16]
    rate = stream.average_rate or stream.guessed_rate
    if len(times) < 2:
        return rate or Fraction(25), False
    step = Fraction(times[-1] - times[0], len(times) - 1)
    tolerance = max(step * _RATE_TOLERANCE, Fraction(1))
    places = (times[0] + number * step for number in range(len(times)))
    variable = any(abs(time - place) > tolerance for time, place in zip(times, places, strict=True))
    time_base = stream.time_base or Fraction(1, 1000)
    return rate or 1 / (step * time_base), variable


def _first_frame(
    container: "InputContainer", stream: "VideoStream", path: Path
) -> tuple["VideoFrame", int]:
    """The first frame that can be decoded, and its pts.

    Raises: VideoError, if there is none.
    """
    import av

    failure: Exception | None = None
    try:
        for frame in container.decode(stream):
            return frame, frame.pts or 0
    except (av.FFmpegError, ValueError) as cause:
        failure = cause
    with path.open("rb") as file:
        encrypted = _ENCRYPTED.search(file.read(_HEADER_BYTES))
    if encrypted and container.format.name.startswith("mov"):
        raise VideoError(f"clip: {path} is encrypted (DRM); give a copy without protection")
    why = "cannot be decoded" if failure else "has no frames"
    raise VideoError(f"clip: {path} is damaged or cut short: its video {why}") from failure


def _described(
    container: "InputContainer",
    stream: "VideoStream",
    frame: "VideoFrame",
    start: int,
    rate: Fraction,
    variable: bool,
    path: Path,
) -> Clip:
    orientation = _orientation(frame)
    declared = _declared(frame)
    chroma = _chroma(frame)
    size = frame.height, frame.width
    colors = assumed(declared, size, rgb=chroma == "rgb")
    refuse_hdr(colors, f"clip: {path}")
    _refuse_dolby_vision(frame, declared, path)
    time_base = stream.time_base or Fraction(1, 90000)
    seconds, promised = _duration(container, stream, time_base)
    height, width = (size[1], size[0]) if orientation.transposed else size
    aspect = Fraction(stream.codec_context.sample_aspect_ratio or 1)
    counted = stream.frames or (round(seconds * rate) if seconds else None)
    began = 0 if container.start_time is None else Fraction(container.start_time, 10**6)
    audio = tuple(
        AudioTrack(track.index, track.codec_context.name)
        for track in container.streams.audio
        if track.codec_context is not None
    )
    return Clip(
        path=path, width=width, height=height, seconds=seconds, promised=promised,
        frames=counted, rate=rate, variable=variable, time_base=time_base, start=start,
        origin=min(start, max(0, round(began / time_base))),
        depth=8 if _bits(frame) <= 8 else _DEEPEST, chroma=chroma,
        pixel_format=frame.format.name, codec=stream.codec_context.name, colors=colors,
        declared=declared, pixel_aspect=1 / aspect if orientation.transposed else aspect,
        orientation=orientation, stream=stream.index, audio=audio,
        metadata=dict(container.metadata), notes=_notes(container, stream, frame),
    )  # fmt: skip


def _duration(
    container: "InputContainer", stream: "VideoStream", time_base: Fraction
) -> tuple[Fraction, bool]:
    """Seconds of video, and whether the file states them for the video."""
    if stream.duration:
        return stream.duration * time_base, True
    # Matroska's writers leave it in a tag: 00:01:02.345000000.
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", stream.metadata.get("DURATION", ""))
    if tag:
        return 3600 * int(tag[1]) + 60 * int(tag[2]) + Fraction(tag[3]), True
    if container.duration:
        return Fraction(container.duration, 10**6), False
    return Fraction(0), False


def _bits(frame: "VideoFrame") -> int:
    return max(component.bits for component in frame.format.components)


def _chroma(frame: "VideoFrame") -> str:
    """The nearest of the usual subsamplings that loses nothing."""
    kind = frame.format
    if kind.is_rgb or kind.has_palette:
        return "rgb"
    if len(kind.components) < 3:
        return "gray"
    across = kind.width - kind.chroma_width() > 0
    down = kind.height - kind.chroma_height() > 0
    return "444" if not across else "420" if down else "422"


def _declared(frame: "VideoFrame") -> ClipColors:
    full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
    # 0 and 3 are reserved, but 0 as a matrix means R'G'B'.
    primaries, transfer = frame.color_primaries or UNSPECIFIED, frame.color_trc or UNSPECIFIED
    return ClipColors(int(primaries), int(transfer), int(frame.colorspace), full)


def _orientation(frame: "VideoFrame") -> Orientation:
    """By the display matrix: (x, y) becomes (a x + c y, b x + d y)."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Orientation()
    matrix = np.frombuffer(bytes(data), np.int32)
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    if abs(b) > abs(a):
        return Orientation(True, upside_down=b < 0, mirrored=c < 0)
    return Orientation(False, upside_down=d < 0, mirrored=a < 0)


def _refuse_dolby_vision(frame: "VideoFrame", declared: ClipColors, path: Path) -> None:
    """Profile 5 has colors of its own and declares none."""
    side_data: Any = frame.side_data
    kinds = {data.type.name for data in side_data}
    if kinds & {"DOVI_METADATA", "DOVI_RPU_BUFFER"} and declared.transfer == UNSPECIFIED:
        raise VideoError(
            f"clip: {path} is HDR (Dolby Vision), which is not supported; export it as SDR "
            "(Rec. 709) from a video editor first"
        )


def _notes(
    container: "InputContainer", stream: "VideoStream", frame: "VideoFrame"
) -> tuple[str, ...]:
    notes = []
    lost = [other.type for other in container.streams if other.type not in ("video", "audio")]
    lost += ["video" for other in container.streams.video if other != stream]
    lost += ["audio" for other in container.streams.audio if other.codec_context is None]
    if container.chapters():
        notes.append("left out: chapters")
    if lost:
        notes.append(f"left out: streams of {', '.join(dict.fromkeys(lost))}")
    if frame.interlaced_frame:
        notes.append(
            "interlaced video is treated as whole frames; deinterlace it first if edges show combs"
        )
    if any(component.is_alpha for component in frame.format.components):
        notes.append("left out: opacity")
    if _bits(frame) > _DEEPEST:
        notes.append(f"{_bits(frame)} bits a color become {_DEEPEST}")
    return tuple(notes)


def time_of(clip: Clip, pts: int) -> str:
    """A time in a clip, for messages."""
    return clock(clip.seconds_at(pts))
