"""`jphoto segment`: the regions of one photo or of two, as masks to look at and repaint."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jphoto import formats
from jphoto.cli import offers
from jphoto.cli.lines import say
from jphoto.cli.options import Backbone, Device, Force, with_meanings
from jphoto.settings import Settings

DEFAULTS = Settings()
MEANINGS = {
    word: meaning
    for word, meaning in Settings.__dataclass_fields__["regions"].metadata["words"].items()
    if word != "none"
}
"""The ways to find regions, with their meanings."""

Photo = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="Photo; with PHOTO2, the content photo of a pair."),
]
SecondPhoto = Annotated[
    Path | None,
    typer.Argument(metavar="PHOTO2", help="Style photo of a pair, or a look, see jphoto look."),
]
Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FOLDER", help="Folder for the masks and an overview."),
]
Method = Annotated[
    Literal["auto", "labels", "features"],
    typer.Option(metavar="NAME", help=with_meanings("How to find regions.", MEANINGS)),
]
Size = Annotated[
    int,
    typer.Option(
        metavar="NUMBER",
        help="Long side, in pixels, of the copy in which the borders of regions are found. The "
        "masks still have the photo's full size.",
    ),
]


def segment(
    photo: Photo,
    photo2: SecondPhoto = None,
    out: Out = Path("jphoto-regions"),
    regions: Method = "auto",
    size: Size = DEFAULTS.long_side,
    backbone: Backbone = DEFAULTS.backbone,
    device: Device = DEFAULTS.device,
    force: Force = False,
) -> None:
    """Find the regions of a photo, or those that it shares with another photo or a look.

    Writes a mask for each photo, which you can repaint and give to `jphoto transfer`; an overview
    with a legend, overlay.jpg; and regions.json.
    """
    from jphoto.cli.run import held_photos, keep_compiled_programs
    from jphoto.pipeline import report
    from jphoto.pipeline.segmentation import check_outputs, find_regions, write_regions

    settings = Settings(regions=regions, size=size, backbone=backbone, device=device)  # type: ignore[arg-type]
    second = None if photo2 is None or formats.is_look(photo2) else photo2
    paths = (photo,) if second is None else (photo, second)
    check_outputs(out, paths, force=force)
    photos = tuple(held_photos({"content": photo, "style": second}).values())
    keep_compiled_programs()
    look = [] if photo2 is None or second else [str(photo2)]
    found = find_regions(*photos, *look, settings=settings)
    written = write_regions(found, photos, out, force=force)
    lines = report.share_lines if photo2 is None else report.region_lines
    say(*lines(found.table), f"by {found.method}")
    say(f"wrote {', '.join(map(str, written))}")
    offers.mention_segmenter_after((regions, found.method))
