"""Codecs and containers that clips are written with, and which of them go together.

The codec follows from the suffix: H.264 for .mp4, .mov and .mkv, HEVC there for 10 bits, which no
hardware decodes in H.264, and VP9 or AV1 for .webm. Subsampling of chroma is kept as far as a codec
can. With subsampled chroma, H.264, HEVC, AV1 and ProRes have even sizes only: the last row or
column of an odd size is repeated, so that no pixel is lost and the clip plays everywhere.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jphoto.errors import SettingsError, VideoError
from jphoto.formats import CLIPS
from jphoto.video.container import library
from jphoto.video.container.clip import UNSPECIFIED, Clip, ClipColors

if TYPE_CHECKING:
    from av import VideoCodecContext

_SUBSAMPLED = {
    8: ("yuv420p", "yuv422p", "yuv444p"),
    10: ("yuv420p10le", "yuv422p10le", "yuv444p10le"),
}
_CHROMA = {"gray": 0, "420": 0, "422": 1, "444": 2, "rgb": 2}


class Codec(NamedTuple):
    """A codec, and how it is used."""

    name: str
    """For people."""
    encoder: str
    """As FFmpeg names it."""
    suffixes: tuple[str, ...]
    """Of the files that may hold it."""
    crf: int | None
    """Default quality: hardly to be told from the source; None if it has no such setting."""
    most_crf: int
    options: Mapping[str, str]
    even: bool = False
    """Whether subsampled pictures need even sizes."""
    formats: Mapping[int, tuple[str, ...]] = _SUBSAMPLED
    """Pixel formats by depth: of 4:2:0, 4:2:2 and 4:4:4."""


CODECS = {
    "h264": Codec(
        "H.264", "libx264", (".mp4", ".m4v", ".mov", ".mkv"), 17, 51, {"preset": "medium"}, True
    ),
    "hevc": Codec(
        "HEVC", "libx265", (".mp4", ".m4v", ".mov", ".mkv"), 19, 51,
        {"preset": "fast", "x265-params": "log-level=none"}, True,
    ),
    "av1": Codec(
        "AV1", "libsvtav1", (".mp4", ".mkv", ".webm"), 22, 63, {"preset": "8"}, True,
        {8: ("yuv420p",) * 3, 10: ("yuv420p10le",) * 3},
    ),
    "vp9": Codec(
        "VP9", "libvpx-vp9", (".webm", ".mkv", ".mp4"), 22, 63,
        {"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
    ),
    "prores": Codec(
        "ProRes", "prores_ks", (".mov", ".mkv"), None, 0, {"vendor": "apl0"}, True,
        dict.fromkeys((8, 10), ("yuv422p10le", "yuv422p10le", "yuv444p10le")),
    ),
    "ffv1": Codec("FFV1", "ffv1", (".mkv",), None, 0, {"level": "3", "slices": "4"}),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Output:
    """How a clip is to be written."""

    codec: str
    """A key of `CODECS`."""
    container: str
    """As FFmpeg names it."""
    pixel_format: str
    size: tuple[int, int]
    """Height and width."""
    colors: ClipColors
    """That pixels are converted to."""
    declared: ClipColors
    """That the file declares: what the source leaves open stays open."""
    options: Mapping[str, str]
    """For the encoder."""
    notes: tuple[str, ...]
    """What will be lost or is unusual, a line each, for people."""

    @property
    def encoder(self) -> str:
        """As FFmpeg names it."""
        return CODECS[self.codec].encoder


def check_codec(
    path: Path, clip: Clip, codec: str | None = None, crf: int | None = None, *, audio: bool = True
) -> Output:
    """Choose how a clip is written, before any work is done.

    Args:
      path: of the file to write.
      clip: that it is made from.
      codec: a key of `CODECS`; None for the usual one of the suffix.
      crf: quality, lower is better; None for the codec's default.
      audio: whether the audio is to be copied.

    Raises: SettingsError, if a codec is unknown, does not go with the suffix, or does not take the
      crf; VideoError, if this FFmpeg lacks the codec or its pixel format, or the file cannot hold
      the audio.
    """
    library.require()
    suffix = path.suffix.lower()
    if suffix not in CLIPS:
        raise SettingsError(f"output: {path} needs a suffix of video: {', '.join(CLIPS)}")
    name = codec or _usual_codec(suffix, clip.depth)
    if name not in CODECS:
        raise SettingsError(f"codec: {name} is unknown; choose one of {', '.join(CODECS)}")
    chosen = CODECS[name]
    if suffix not in chosen.suffixes:
        raise SettingsError(
            f"codec: {chosen.name} does not go into {suffix}; "
            f"choose a name with {' or '.join(chosen.suffixes)}, or another codec"
        )
    options = {**chosen.options, **_quality(chosen, crf)}
    if audio:
        _check_audio(path, clip, CLIPS[suffix])
    pixel_format = _pixel_format(name, chosen, clip)
    if name == "prores":
        options["profile"] = "4444" if "444" in pixel_format else "hq"
    even = chosen.even and clip.chroma != "444" and "444" not in pixel_format
    size = _even(clip, pixel_format) if even else (clip.height, clip.width)
    colors, declared = _colors(clip, pixel_format)
    output = Output(
        codec=name, container=CLIPS[suffix], pixel_format=pixel_format, size=size,
        colors=colors, declared=declared, options=options,
        notes=_notes(name, clip, pixel_format, size),
    )  # fmt: skip
    _try_encoder(output, clip)
    return output


def _usual_codec(suffix: str, depth: int) -> str:
    if suffix == ".webm":
        return "vp9" if depth == 8 else "av1"
    return "h264" if depth == 8 else "hevc"


def _quality(codec: Codec, crf: int | None) -> dict[str, str]:
    if codec.crf is None:
        if crf is not None:
            raise SettingsError(f"crf: {codec.name} has no such setting; leave it out")
        return {}
    if crf is not None and not 0 <= crf <= codec.most_crf:
        raise SettingsError(f"crf: {crf} is not from 0 to {codec.most_crf}, as {codec.name} needs")
    return {"crf": str(codec.crf if crf is None else crf)}


def _check_audio(path: Path, clip: Clip, container: str) -> None:
    import av

    with av.open(str(path), "w", format=container) as output:
        held = output.supported_codecs
    for track in clip.audio:
        if track.codec not in held:
            raise VideoError(
                f"output: {path} cannot hold the audio of {clip.path} ({track.codec}), which is "
                "copied as it is; choose a name with .mkv, or leave out the audio"
            )


def _pixel_format(name: str, codec: Codec, clip: Clip) -> str:
    """The format that keeps most of a clip's depth and chroma.

    Raises: VideoError, if this FFmpeg lacks the codec, or the codec the depth.
    """
    import av
    from av.codec.codec import UnknownCodecError

    try:
        found = av.Codec(codec.encoder, "w").video_formats
    except UnknownCodecError:
        raise VideoError(
            f"codec: {codec.name} cannot be written, because this FFmpeg lacks {codec.encoder}; "
            "choose another codec"
        ) from None
    formats = {kind.name for kind in found or ()}
    wanted = codec.formats[clip.depth][_CHROMA[clip.chroma]]
    if name == "ffv1" and clip.chroma in ("rgb", "gray"):
        wanted = {"rgb8": "bgr0", "rgb10": "gbrp10le", "gray8": "gray", "gray10": "gray10le"}[
            f"{clip.chroma}{clip.depth}"
        ]
    if wanted not in formats:
        raise VideoError(
            f"codec: {codec.name} cannot be written with {clip.depth} bits ({wanted}) by this "
            "FFmpeg; choose another codec"
        )
    return wanted


def _even(clip: Clip, pixel_format: str) -> tuple[int, int]:
    height = clip.height + (clip.height % 2 if "420" in pixel_format else 0)
    return height, clip.width + clip.width % 2


def _colors(clip: Clip, pixel_format: str) -> tuple[ClipColors, ClipColors]:
    """The colors that pixels are converted to, and those that the file declares."""
    stored_rgb = pixel_format.startswith(("bgr", "gbr"))
    if clip.chroma != "rgb" or stored_rgb:
        return clip.colors, clip.declared
    primaries, transfer = clip.declared.primaries, clip.declared.transfer
    return (
        ClipColors(clip.colors.primaries, clip.colors.transfer, 1, False),
        ClipColors(primaries, 13 if transfer == UNSPECIFIED else transfer, 1, False),
    )


def _notes(name: str, clip: Clip, pixel_format: str, size: tuple[int, int]) -> tuple[str, ...]:
    notes = []
    if clip.chroma in ("422", "444", "rgb") and "420" in pixel_format:
        notes.append(f"{CODECS[name].name} halves the resolution of color (4:2:0)")
    if name in ("h264", "hevc") and "420" not in pixel_format:
        notes.append(
            f"{CODECS[name].name} with color in more than 4:2:0, as the clip has it, does not "
            "play everywhere"
        )
    if size != (clip.height, clip.width):
        notes.append(
            f"{CODECS[name].name} has even sizes only: {clip.width} x {clip.height} becomes "
            f"{size[1]} x {size[0]}, with the last row or column repeated"
        )
    return tuple(notes)


def _try_encoder(output: Output, clip: Clip) -> None:
    """Open the encoder once, since encoders have limits of their own.

    Raises: VideoError, if it refuses.
    """
    import av

    context: Any = av.CodecContext.create(output.encoder, "w")
    configure(context, output, clip)
    try:
        context.open()
    except (av.FFmpegError, ValueError) as cause:
        height, width = output.size
        raise VideoError(
            f"codec: {CODECS[output.codec].name} refuses frames of {width} x {height} pixels in "
            f"{output.pixel_format} ({library.words(cause)}); choose another codec"
        ) from cause


def configure(context: "VideoCodecContext", output: Output, clip: Clip) -> None:
    """Set up an encoder that is not open yet."""
    context.height, context.width = output.size
    context.pix_fmt = output.pixel_format
    context.framerate = clip.rate
    context.time_base = clip.time_base
    context.sample_aspect_ratio = clip.pixel_aspect
    context.color_primaries, context.color_trc = output.declared[:2]
    context.colorspace = output.declared.matrix
    context.color_range = 2 if output.colors.full_range else 1
    context.options = dict(output.options)
    context.thread_type = "AUTO"
