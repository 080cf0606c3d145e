"""`jphoto segment`: the regions of one photo or of two, as masks to look at and repaint."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jphoto.cli.options import Force
from jphoto.settings import Settings

DEFAULTS = Settings()


PhotoOption = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="Photo; with PHOTO2, the content photo of a pair."),
]
Photo2Option = Annotated[
    Path | None, typer.Argument(metavar="PHOTO2", help="Style photo of a pair.")
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="Folder for masks and overlay; created if missing.")
]
RegionsOption = Annotated[
    Literal["auto", "labels", "features"],
    typer.Option(
        help="How to find regions. labels: by what they show. features: parts that look "
        "alike. auto: the first that works."
    ),
]
SizeOption = Annotated[int, typer.Option(help="Long side, in pixels, at which borders are found.")]
BackboneOption = Annotated[
    str, typer.Option(help="Neural network for features: auto, vgg16 or vgg19.")
]
DeviceOption = Annotated[str, typer.Option(help="Where to compute: auto, cpu, gpu or tpu.")]


def segment(
    photo: PhotoOption,
    photo2: Photo2Option = None,
    out: OutOption = Path("jphoto-regions"),
    regions: RegionsOption = "auto",
    size: SizeOption = DEFAULTS.long_side,
    backbone: BackboneOption = DEFAULTS.backbone,
    device: DeviceOption = DEFAULTS.device,
    force: Force = False,
) -> None:
    """Find the regions of a photo, or the regions that two photos share.

    Writes a mask for each photo, which you can repaint and give to `jphoto transfer`, an overlay
    with a legend, and regions.json.
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
