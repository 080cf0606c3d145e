"""`jphoto inspect`: how a picture was made, and how faithful it is to its original."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jphoto import formats
from jphoto.cli.labels import label_of
from jphoto.cli.lines import say
from jphoto.cli.options import AsJson, Force
from jphoto.errors import ImageError

if TYPE_CHECKING:
    from jphoto import images
    from jphoto.label import Label

ContentPhoto = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Photo that PICTURE was made from. Shows how far PICTURE is still that photo with "
        "other colors.",
    ),
]
HeatMap = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write a map of the places where more than the colors changed. Needs --content.",
    ),
]


def inspect(
    picture: Annotated[
        Path, typer.Argument(metavar="PICTURE", help="Result of a transfer: a picture or a clip.")
    ],
    content: ContentPhoto = None,
    heat_map: HeatMap = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Show how PICTURE was made: versions, settings, and digests of its photos and masks.

    `jphoto transfer --settings-from PICTURE` uses the same settings again.
    """
    if formats.is_clip(picture):
        return _inspect_clip(picture, content or heat_map, as_json)
    from jphoto import images
    from jphoto.cli.run import held_photos, save
    from jphoto.pipeline import finish, report

    if heat_map is not None:
        if content is None:
            raise typer.BadParameter("--heat-map needs --content")
        images.check_output(heat_map, inputs=[picture, content], force=force)
    photos = held_photos({"picture": picture, "content": content})
    label: Label | None = None
    try:
        label = finish.read_label(photos["picture"])
    except ImageError:
        if content is None:
            raise
    record: dict[str, Any] = {"label": None if label is None else dataclasses.asdict(label)}
    lines = ["no label: the file does not say how the picture was made"]
    if label is not None:
        lines = report.label_lines(label)
    if content is not None:
        fidelity, fidelity_lines, heat = _fidelity(photos["picture"], photos["content"])
        record["fidelity"] = fidelity
        lines += fidelity_lines
    status = 0
    if heat_map is not None:
        target = heat_map
        _, status = save(lambda: images.save_picture(heat(), target, force=force), target)
    say(*([json.dumps(record, allow_nan=False)] if as_json else lines))
    raise typer.Exit(status)


def _inspect_clip(clip: Path, photo: Path | None, as_json: bool) -> None:
    """Show the label of a clip."""
    if photo is not None:
        raise typer.BadParameter("--content and --heat-map are for photos, not for clips")
    label = label_of(clip)
    from jphoto.pipeline import report

    record = json.dumps({"label": dataclasses.asdict(label)}, allow_nan=False)
    say(*([record] if as_json else report.label_lines(label)))


def _fidelity(
    picture: "Path | images.HeldFile", content: "Path | images.HeldFile"
) -> tuple[dict[str, Any], list[str], Callable[[], Any]]:
    """How faithful a picture is to its original, for JSON and for people; draws the heat map."""
    from jphoto import images, weights
    from jphoto.evaluation.fidelity import fidelity, fidelity_lines, fidelity_summary, heat_map
    from jphoto.evaluation.protocol import LONG_SIDE, read_fitted

    original = images.read_picture(content, role="content")
    size = images.working_size((original.shape[0], original.shape[1]), LONG_SIDE)
    original = images.resize(original, size)
    result, _ = read_fitted(picture, "picture", size)
    measured = fidelity(weights.load("alexnet").params, original, result)
    return (
        fidelity_summary(measured),
        fidelity_lines(measured),
        lambda: heat_map(original, measured),
    )
