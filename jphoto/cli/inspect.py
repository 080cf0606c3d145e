"""`jphoto inspect`: how a picture was made, and how faithful it is to its original."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jphoto.cli.options import Force
from jphoto.errors import ImageError

if TYPE_CHECKING:
    from jphoto.label import Label


def inspect(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="Result of a transfer.")],
    content: Annotated[
        Path | None,
        typer.Option(help="Photo that it was made from: measures how faithful the picture is."),
    ] = None,
    heat_map: Annotated[
        Path | None,
        typer.Option(
            help="Write a picture of the places that are more than a recoloring. Needs --content."
        ),
    ] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show how PICTURE was made: versions, settings, and digests of its photos and masks.

    `jphoto transfer --like PICTURE` uses the same settings. With --content it also measures how
    much of the picture is a local recoloring of that photo.
    """
    from jphoto import images
    from jphoto.pipeline import finish, report

    if heat_map is not None:
        if content is None:
            raise typer.BadParameter("--heat-map needs --content")
        images.check_output(heat_map, inputs=[picture, content], force=force)
    label: Label | None = None
    try:
        label = finish.read_label(picture)
    except ImageError:
        if content is None:
            raise
    record: dict[str, Any] = {"label": None if label is None else dataclasses.asdict(label)}
    lines = ["no label: it does not say how it was made"]
    if label is not None:
        lines = report.label_lines(label)
    if content is not None:
        found, told = _fidelity(picture, content, heat_map)
        record["fidelity"] = found
        lines += told
    typer.echo(json.dumps(record, allow_nan=False) if as_json else "\n".join(lines))


def _fidelity(picture: Path, content: Path, drawn: Path | None) -> tuple[dict[str, Any], list[str]]:
    """How true a picture is to its original, for JSON and for people; its map is written."""
    from jphoto import images, weights
    from jphoto.evaluation.fidelity import fidelity, fidelity_lines, fidelity_summary, heat_map
    from jphoto.evaluation.protocol import LONG_SIDE, read_fitted

    original = images.read_picture(content, role="content")
    size = images.working_size((original.shape[0], original.shape[1]), LONG_SIDE)
    original = images.resize(original, size)
    result, _ = read_fitted(picture, "picture", size)
    found = fidelity(weights.load("alexnet").params, original, result)
    if drawn is not None:
        images.save_picture(heat_map(original, found), drawn)
    return fidelity_summary(found), fidelity_lines(found)
