"""`jphoto eval-video`: measures of a clip beside its source."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jphoto.cli.lines import say
from jphoto.cli.options import AsJson
from jphoto.cli.video import check_installed

if TYPE_CHECKING:
    from jphoto.video.evaluation import VideoMeasures

Source = Annotated[
    Path, typer.Argument(metavar="SOURCE", help="Clip that the result was made from.")
]
Result = Annotated[Path, typer.Argument(metavar="RESULT", help="Clip to measure.")]
MotionFile = Annotated[
    Path | None,
    typer.Option(
        "--motion",
        metavar="FILE",
        help="Known motion, an .npz file with flow (frames x height x width x 2: rows and columns "
        "to the frame before) and valid. Without it, the motion is found by optical flow.",
    ),
]
StylePhoto = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Style photo, to measure how near the frames are to it."),
]


def evaluate_video(
    source: Source,
    result: Result,
    motion: MotionFile = None,
    style: StylePhoto = None,
    as_json: AsJson = False,
) -> None:
    """Measure how steady a clip is, and how good its frames are.

    The warping error says how much a frame differs from the frame before, moved along: for the
    clip, for its source, and relative to the source, where 1 is as steady.
    """
    check_installed()
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.video import evaluation

    keep_compiled_programs()
    measured = evaluation.evaluate_video(source, result, motion=motion, style=style)
    say(*([json.dumps(_record(measured))] if as_json else _lines(measured)))


def _record(measured: "VideoMeasures") -> dict[str, float | int]:
    record = measured._asdict()
    pictures: dict[str, float] = record.pop("pictures")
    return {**record, **pictures}


def _lines(measured: "VideoMeasures") -> list[str]:
    from jphoto.evaluation import protocol

    lines = [
        f"{measured.frames} frames",
        f"warping error: {measured.warping:.2f}, of the source {measured.source_warping:.2f} "
        "levels of 255",
        f"relative to the source and its contrast: {measured.relative_warping:.2f}",
        f"contrast relative to the source: {measured.contrast:.2f}",
        f"largest change from the first frame: {measured.largest_change:.1f} levels",
        f"newly clipped values: {100 * measured.clipping:.2f} %",
    ]
    for measure in protocol.MEASURES:
        if measure.key in measured.pictures:
            value = f"{measured.pictures[measure.key]:.{measure.decimals}f} {measure.unit}".strip()
            lines.append(f"{measure.title}: {value}")
    return lines
