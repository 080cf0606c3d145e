"""`jphoto segment`: the regions of one photo or of two, as masks to look at and repaint."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jphoto.cli.options import Force
from jphoto.settings import Settings

DEFAULTS = Settings()


def segment(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="Photo, or CONTENT of a pair.")],
    photo2: Annotated[
        Path | None, typer.Argument(metavar="PHOTO2", help="STYLE of a pair.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for masks and overlay; made if need be.")
    ] = Path("jphoto-regions"),
    regions: Annotated[
        Literal["auto", "labels", "features"], typer.Option(help="How to find them.")
    ] = "auto",
    size: Annotated[
        int, typer.Option(help="Long side at which borders are found.")
    ] = DEFAULTS.long_side,
    backbone: Annotated[
        str, typer.Option(help="Network that sees the features.")
    ] = DEFAULTS.backbone,
    device: Annotated[str, typer.Option(help="Where to compute.")] = DEFAULTS.device,
    force: Force = False,
) -> None:
    """Find the regions of a photo, or those of two that belong together.

    Writes a mask for each photo, to be repainted and given to `jphoto transfer`, an overlay with
    a legend, and regions.json.
    """
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.pipeline import report
    from jphoto.pipeline.segmentation import check_outputs, find_regions, write_regions

    settings = Settings(regions=regions, size=size, backbone=backbone, device=device)  # type: ignore[arg-type]
    photos = (photo,) if photo2 is None else (photo, photo2)
    check_outputs(out, photos, force=force)
    keep_compiled_programs()
    found = find_regions(*photos, settings=settings)
    written = write_regions(found, photos, out)
    lines = report.share_lines if photo2 is None else report.region_lines
    typer.echo("\n".join([*lines(found.table), f"by {found.method}"]))
    typer.echo(f"wrote {', '.join(map(str, written))}")
