"""`jphoto warm-up`: compiles in advance what the first transfers would have to compile."""

from typing import Annotated

import typer

from jphoto.cli.lines import note, say
from jphoto.cli.options import Backbone, Device
from jphoto.settings import Settings

DEFAULTS = Settings()
Size = Annotated[
    int,
    typer.Option(metavar="NUMBER", help="Long side of the working copies of photos, in pixels."),
]


def warm_up(
    size: Size = DEFAULTS.long_side,
    backbone: Backbone = DEFAULTS.backbone,
    device: Device = DEFAULTS.device,
) -> None:
    """Compile in advance for photos from 1:1 to 16:9, landscapes and portraits.

    Without it, the first photo of 1:1, of 5:4, of 4:3, of 3:2 and of 16:9 takes some 20 seconds
    longer. Proportions between these share the programs of the next squarer one.

    It takes some minutes, once for each version of jphoto. Ctrl-C keeps what is done.
    """
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.pipeline import warm_up as pipeline

    keep_compiled_programs()
    settings = Settings(size=size, backbone=backbone, device=device)  # type: ignore[arg-type]
    note(f"compiling for {len(pipeline.PROPORTIONS)} proportions at {size} pixels")
    for proportion, (height, width), seconds in pipeline.warm_up(settings):
        say(f"{proportion}: up to {width} x {height} pixels, {seconds:.0f} s")
