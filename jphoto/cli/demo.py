"""`jphoto demo`: a transfer of photos that come with jphoto."""

import enum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from jphoto.cli import offers
from jphoto.cli.lines import say
from jphoto.cli.options import with_settings
from jphoto.settings import Settings

PairName = enum.StrEnum("PairName", ["MEADOW", "PANDA", "FLOWER"])


@with_settings(size=400)
def demo(
    pair: Annotated[
        PairName, typer.Argument(metavar="PAIR", help="Bundled photos: meadow, panda or flower.")
    ] = PairName.PANDA,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder for the pictures.")
    ] = Path("jphoto-demo"),
    *,
    settings: Settings,
) -> None:
    """Try a transfer on photos that come with jphoto.

    Writes the result, and a picture of content, style and result side by side. Pictures of an
    earlier demo in the same folder are replaced.
    """
    from jphoto import files, images
    from jphoto.cli.run import exit_status, run_transfer
    from jphoto.pipeline import report

    files.make_folder(out)
    target, sheet = out / f"{pair}.jpg", out / f"{pair}-side-by-side.jpg"
    for path in (target, sheet):
        images.check_output(path, inputs=(), force=True)
    with resources.as_file(resources.files("jphoto") / "photos" / pair) as folder:
        result = run_transfer(
            folder / "content.jpg",
            folder / "style.jpg",
            settings=settings,
            save_as=target,
        )
        photos = [
            (role, images.read_picture(folder / f"{role}.jpg", role=role))
            for role in ("content", "style")
        ]
    result.save(target, force=True)
    images.save_picture(images.side_by_side([*photos, ("result", result.picture)]), sheet)
    say(*report.region_lines(result.regions), report.outcome_line(result))
    say(f"wrote {target} and {sheet}")
    offers.mention_segmenter_after((settings.regions, result.settings.regions))
    raise typer.Exit(exit_status(result))
