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

    Writes the two photos, the result, and a picture of all three side by side. Pictures of an
    earlier demo in the same folder are replaced.
    """
    from jphoto import files, images
    from jphoto.cli.run import exit_status, run_transfer
    from jphoto.pipeline import report

    files.make_folder(out)
    target, sheet = out / f"{pair}.jpg", out / f"{pair}-side-by-side.jpg"
    photos = {role: out / f"{pair}-{role}.jpg" for role in ("content", "style")}
    for path in (target, sheet, *photos.values()):
        images.check_output(path, inputs=(), force=True)
    for role, path in photos.items():
        bundled = resources.files("jphoto") / "photos" / pair / f"{role}.jpg"
        with files.replacing(path) as draft:
            draft.write_bytes(bundled.read_bytes())
    result = run_transfer(photos["content"], photos["style"], settings=settings, save_as=target)
    result.save(target, force=True)
    pictures = [(role, images.read_picture(path, role=role)) for role, path in photos.items()]
    images.save_picture(images.side_by_side([*pictures, ("result", result.picture)]), sheet)
    say(*report.region_lines(result.regions), report.outcome_line(result))
    say(f"wrote {target} and {sheet}", f"the photos are {' and '.join(map(str, photos.values()))}")
    offers.mention_segmenter_after((settings.regions, result.settings.regions))
    raise typer.Exit(exit_status(result))
