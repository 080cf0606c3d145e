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

LEVELS = "of 255"
"""Unit of differences between colors."""
STILL = "for still scenes"
"""Measures that compare with the first frame."""


def evaluate_video(
    source: Source,
    result: Result,
    motion: MotionFile = None,
    style: StylePhoto = None,
    as_json: AsJson = False,
) -> None:
    """Measure how steady a clip is, and how good its frames are.

    Flicker and drift are changes of color that the source does not have, from frame to frame and
    over a second; from about one level of 255 they can be seen. The warping error also has noise
    and blur in it: relative to the source, 1 is as steady.
    """
    check_installed()
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.video import evaluation

    keep_compiled_programs()
    measured = evaluation.evaluate_video(source, result, motion=motion, style=style)
    say(*([json.dumps(_record(measured))] if as_json else _lines(measured)))


def _record(measured: "VideoMeasures") -> dict[str, float | int | None]:
    from jphoto.pipeline.report import finite

    values = measured.steadiness._asdict() | {"clipping": measured.clipping} | measured.pictures
    return {"frames": measured.frames, **finite(values)}


def _lines(measured: "VideoMeasures") -> list[str]:
    """A table: the measure, its value and unit, and what it is compared with."""
    from jphoto.evaluation import protocol

    steady = measured.steadiness
    rows = [
        ("frames", f"{measured.frames}", "", ""),
        ("flicker", f"{steady.flicker:.2f}", LEVELS, "from about 1 it can be seen"),
        ("drift over a second", f"{steady.drift:.2f}", LEVELS, ""),
        ("warping error", f"{steady.warping:.2f}", LEVELS, f"source {steady.source_warping:.2f}"),
        ("relative to source and contrast", f"{steady.relative_warping:.2f}", "", "1: as steady"),
        ("contrast relative to source", f"{steady.contrast:.2f}", "", ""),
        ("drift of the color map", f"{steady.color_drift:.2f}", LEVELS, STILL),
        ("largest change from first frame", f"{steady.largest_change:.1f}", LEVELS, STILL),
        ("mean change from first frame", f"{steady.mean_change:.2f}", LEVELS, STILL),
        ("newly clipped values", f"{100 * measured.clipping:.2f}", "%", ""),
    ]
    for measure in protocol.MEASURES:
        if measure.key in measured.pictures:
            value = f"{measured.pictures[measure.key]:.{measure.decimals}f}"
            rows.append((measure.title, value, measure.unit, f"{measure.better} is better"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{title:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {note}".rstrip()
        for title, value, unit, note in rows
    ]
