"""`jphoto transfer`: two photos in, one photo out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jphoto.cli.options import (
    ContentMask,
    ContentPhoto,
    Force,
    StyleMask,
    StylePhoto,
    with_settings,
)
from jphoto.settings import Settings


@with_settings()
def transfer(
    content: ContentPhoto,
    style: StylePhoto,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Result: .jpg, .png, .webp, .tif or .bmp.")
    ],
    content_mask: ContentMask = None,
    style_mask: StyleMask = None,
    force: Force = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON record of the run on standard output.")
    ] = False,
    shard_picture: Annotated[
        bool,
        typer.Option("--shard-picture", help="Lay the rows of the picture over all devices."),
    ] = False,
    *,
    settings: Settings,
) -> None:
    """Give the photo CONTENT the look of the photo STYLE.

    Ctrl-C stops after the current step and saves the best picture so far.
    """
    from jphoto import images, report
    from jphoto.cli.run import exit_status, run_transfer

    inputs = [path for path in (content, style, content_mask, style_mask) if path is not None]
    images.check_output(out, inputs=inputs, force=force)
    result = run_transfer(
        content,
        style,
        content_mask=content_mask,
        style_mask=style_mask,
        settings=settings,
        shard_picture=shard_picture,
    )
    images.save_picture(result.picture, out)
    if as_json:
        typer.echo(json.dumps({"out": str(out), **report.summary(result)}))
    else:
        lines = [*report.region_lines(result.regions), report.outcome_line(result), f"wrote {out}"]
        typer.echo("\n".join(lines))
    raise typer.Exit(exit_status(result))
