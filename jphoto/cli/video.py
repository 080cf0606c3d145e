"""`jphoto video`: a clip and a photo in, a clip out."""

import dataclasses
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jphoto.cli.lines import say
from jphoto.cli.options import FLAG, Force, with_settings
from jphoto.cli.styles import (
    StyleArguments,
    StyleFor,
    Styles,
    StyleWeights,
    style_arguments,
)
from jphoto.cli.video_progress import display
from jphoto.errors import SettingsError
from jphoto.presets import PRESETS
from jphoto.settings import Settings

if TYPE_CHECKING:
    from jphoto.video.transfer import VideoResult

INSTALL = "pip install 'jphoto[video]'"

Clip = Annotated[
    Path, typer.Argument(metavar="CLIP", help="Video file to change; its motion and sound stay.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE",
        help="Result: .mp4, .mov, .m4v, .mkv or .webm. Without it, CLIP-in-STYLE in the current "
        "folder, in the format of CLIP.",
    ),
]  # fmt: skip
Start = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Begin here: seconds, or minutes and seconds as in 1:30."),
]
End = Annotated[str | None, typer.Option(metavar="TIME", help="End here, written in the same way.")]
Preview = Annotated[
    bool,
    typer.Option(
        "--preview",
        metavar=FLAG,
        help="A first look in a fraction of the time: only colors change, region by region.",
    ),
]
Codec = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="h264, hevc, av1, vp9, prores or ffv1. By default, h264 for .mp4, .mov and .mkv, "
        "hevc if the clip has 10 bits, and vp9 for .webm.",
    ),
]
Crf = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="Quality of the encoder: lower is better, and makes a larger file. By default 17 for "
        "h264, 19 for hevc, 22 for av1 and vp9; prores and ffv1 have none.",
    ),
]
LutFile = Annotated[
    Path | None,
    typer.Option(
        "--lut",
        metavar="FILE",
        help="Write one 3D LUT (.cube) for the whole clip instead, for grading programs.",
    ),
]
SheetFile = Annotated[
    Path | None,
    typer.Option(
        "--sheet",
        metavar="FILE",
        help="Also save the key frames, before and after, as one picture.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", metavar=FLAG, help="Print a record of the run as JSON.")
]


@with_settings("start", "out_size", "depth", "gray")
def video(
    clip: Clip,
    style: Styles,
    out: Out = None,
    start: Start = None,
    end: End = None,
    preview: Preview = False,
    style_weights: StyleWeights = None,
    style_for: StyleFor = None,
    codec: Codec = None,
    crf: Crf = None,
    lut: LutFile = None,
    sheet: SheetFile = None,
    force: Force = False,
    as_json: AsJson = False,
    *,
    settings: Settings,
) -> None:
    """Give a clip the colors and light of a photo or a look, steady in time.

    A few key frames are computed, and all other frames follow them. The size given by --size is
    that of a key frame; the result has the size, frame rate, sound and colors of the clip. After
    Ctrl-C, the frames so far are in a file named FILE-unfinished; the same command, run again,
    computes no key frame twice.
    """
    styles = style_arguments(style, None, style_weights, style_for)
    arguments: dict[str, Any] = {
        **styles.arguments({}),
        "start": seconds_of(start, "--start"),
        "end": seconds_of(end, "--end"),
        "settings": dataclasses.replace(settings, **(PRESETS["preview"] if preview else {})),
    }
    _check(out, lut, sheet, force)
    if lut is not None:
        raise typer.Exit(_write_lut(clip, lut, arguments, force))
    target = out or _default_out(clip, styles)
    result = _transfer(clip, target, {**arguments, "codec": codec, "crf": crf, "force": force})
    sheets, status = _write_sheet(result, sheet, force)
    say(*_lines(result, sheets, as_json))
    raise typer.Exit(max(status, _status(result, target)))


def seconds_of(text: str | None, option: str) -> float | None:
    """A time in seconds, from seconds, minutes:seconds or hours:minutes:seconds.

    Raises: typer.BadParameter, for any other text.
    """
    if text is None:
        return None
    try:
        parts = [float(part) for part in text.split(":")]
        if len(parts) > 3 or any(not 0 <= part < float("inf") for part in parts):
            raise ValueError
    except ValueError:
        raise typer.BadParameter(
            f"{option} takes seconds, such as 90, or minutes and seconds, such as 1:30, "
            f"not {text!r}"
        ) from None
    total = 0.0
    for part in parts:
        total = 60 * total + part
    return total


def check_installed() -> None:
    """Check that the extra is installed.

    Raises: SettingsError, saying how to install it.
    """
    if find_spec("av") is None:
        raise SettingsError(f"video needs one more package, PyAV; install it: {INSTALL}")


def _check(out: Path | None, lut: Path | None, sheet: Path | None, force: bool) -> None:
    """Check what can be checked before a clip is opened."""
    check_installed()
    from jphoto import images
    from jphoto.lut.cube import check_cube

    if lut is not None:
        if out is not None or sheet is not None:
            raise typer.BadParameter("--lut is written instead of a clip; leave out --out, --sheet")
        check_cube(lut, inputs=[], force=force)
    if sheet is not None:
        images.check_output(sheet, inputs=[], force=force)


def _default_out(clip: Path, styles: StyleArguments) -> Path:
    """The name of a result, in the current folder, that no file has."""
    from jphoto import formats
    from jphoto.files import first_free

    stem = formats.result_stem(clip.stem, (style.stem for style in styles.styles))
    return first_free(Path(stem + clip.suffix.lower()))


def _transfer(clip: Path, out: Path, arguments: dict[str, Any]) -> "VideoResult":
    """The clip, with progress on standard error; Ctrl-C stops it."""
    from jphoto.cli.run import stoppable
    from jphoto.video import transfer_video

    with stoppable(display()) as (watch, _):
        return transfer_video(clip, out=out, progress=watch, **arguments)


def _write_lut(clip: Path, path: Path, arguments: dict[str, Any], force: bool) -> int:
    """Write one LUT for a clip; the exit status."""
    from jphoto.cli.run import save, stoppable
    from jphoto.lut.cube import write_cube
    from jphoto.video import fit_video_lut

    with stoppable(display()) as (watch, _):
        lut = fit_video_lut(clip, progress=watch, **arguments)
    written, status = save(lambda: write_cube(lut, path, force=force), path)
    say(f"wrote {written}")
    return status


def _write_sheet(result: "VideoResult", path: Path | None, force: bool) -> tuple[list[str], int]:
    """Write the sheet of key frames, if it is asked for; a line, and the exit status."""
    if path is None:
        return [], 0
    from jphoto import images
    from jphoto.cli.run import save
    from jphoto.video.sheet import key_frame_sheet

    picture = key_frame_sheet(result.key_frames)
    written, status = save(lambda: images.save_picture(picture, path, force=force), path)
    return [f"wrote {written}"], status


def _status(result: "VideoResult", target: Path) -> int:
    from jphoto.process.signals import INTERRUPTED
    from jphoto.solver.progress import Status

    if result.status is Status.STOPPED:
        return INTERRUPTED
    return 0 if result.path == target else 1


def _lines(result: "VideoResult", sheets: list[str], as_json: bool) -> list[str]:
    """The outcome, for people, or a record of the run, for scripts."""
    if as_json:
        record = {
            "out": str(result.path),
            "status": str(result.status),
            "frames": result.frames,
            "shots": result.shots,
            "key_frames": [round(float(key.seconds), 3) for key in result.key_frames],
            "seconds": {part: round(value, 2) for part, value in result.seconds.items()},
            "label": json.loads(result.label.to_json()),
        }
        return [json.dumps(record)]
    frames = f"{result.frames} frames from {len(result.key_frames)} key frames"
    shots = f" in {result.shots} shots" if result.shots > 1 else ""
    outcome = f"{result.status}: {frames}{shots}, {result.seconds['total']:.0f} s"
    return [outcome, *result.notes, *sheets, f"wrote {result.path}"]
