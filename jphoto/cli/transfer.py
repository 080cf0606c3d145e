"""`jphoto transfer`: two photos in, one photo out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jphoto.cli.options import (
    ContentMask,
    ContentPhoto,
    Force,
    Like,
    StyleMask,
    StylePhoto,
    with_settings,
)
from jphoto.settings import Settings

if TYPE_CHECKING:
    import jphoto
    from jphoto.label import Label


Out = Annotated[
    Path, typer.Option("--out", "-o", help="File to write: .jpg, .png, .webp, .tif or .bmp.")
]
ExportLut = Annotated[
    Path | None,
    typer.Option(help="Also write the color change as a 3D LUT for other programs: .cube."),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print a record of the run as JSON.")]
ShardPicture = Annotated[
    bool,
    typer.Option(
        "--shard-picture", help="Spread one large picture over all GPUs or TPUs of this machine."
    ),
]


@with_settings()
def transfer(
    content: ContentPhoto,
    style: StylePhoto,
    out: Out,
    content_mask: ContentMask = None,
    style_mask: StyleMask = None,
    like: Like = None,
    export_lut: ExportLut = None,
    force: Force = False,
    as_json: AsJson = False,
    shard_picture: ShardPicture = False,
    *,
    settings: Settings,
) -> None:
    """Give the photo CONTENT the look of the photo STYLE.

    Ctrl-C stops after the current step and saves the best picture so far.
    """
    from jphoto.cli.run import exit_status, run_transfer
    from jphoto.pipeline import finish

    inputs = [path for path in (content, style, content_mask, style_mask) if path is not None]
    finish.check_output(out, settings, inputs=inputs, force=force)
    # Read before OUT is written, which may be the same file.
    model = None if like is None else finish.read_label(like)
    if export_lut is not None:
        from jphoto.lut.cube import check_cube

        check_cube(export_lut, force=force)
    result = run_transfer(
        content,
        style,
        content_mask=content_mask,
        style_mask=style_mask,
        settings=settings,
        shard_picture=shard_picture,
    )
    result.save(out, force=True)
    notes = _notes(result, like, model)
    if export_lut is not None:
        notes.append(_export(result, export_lut))
    typer.echo(_record(result, out) if as_json else _account(result, notes, out))
    raise typer.Exit(exit_status(result))


def _record(result: "jphoto.Result", out: Path) -> str:
    from jphoto.pipeline import report

    return json.dumps({"out": str(out), **report.summary(result)})


def _account(result: "jphoto.Result", notes: list[str], out: Path) -> str:
    """What happened, in words."""
    from jphoto.pipeline import report

    table = report.region_lines(result.regions)
    return "\n".join([*table, report.outcome_line(result), *notes, f"wrote {out}"])


def _notes(result: "jphoto.Result", like: Path | None, model: "Label | None") -> list[str]:
    """What a user should know of the file: what it lacks, and what is not as in its model."""
    notes = []
    if not result.settings.label:
        notes.append("no label: the picture does not say that and how it was made")
    if model is not None:
        others = model.differing_inputs(result.label.inputs)
        if others:
            notes.append(f"not as {like}: other {', '.join(others)}")
        if (model.jphoto, model.network) != (result.label.jphoto, result.label.network):
            notes.append(f"not as {like}: that was made by jphoto {model.jphoto} or other weights")
    return notes


def _export(result: "jphoto.Result", path: Path) -> str:
    """Write the look, and return what to say of it."""
    from jphoto.lut import fit_lut, lut_error
    from jphoto.lut.cube import write_cube

    lut = fit_lut(result.content, result.solved)
    write_cube(lut, path)
    error = lut_error(lut, result.content, result.solved)
    return (
        f"wrote {path}: Delta E to the result {error.mean:.1f} on average, "
        f"{error.high:.1f} at the 95th percentile"
    )
