"""`jphoto compare`: one pair by several presets, on one labelled sheet."""

from pathlib import Path
from typing import Annotated

import typer

from jphoto.cli.options import ContentMask, ContentPhoto, Force, StyleMask, StylePhoto
from jphoto.errors import SettingsError
from jphoto.presets import PRESETS
from jphoto.settings import Settings

DEFAULTS = Settings()


def compare(
    content: ContentPhoto,
    style: StylePhoto,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write: .jpg, .png, .webp, .tif or .bmp.")
    ],
    content_mask: ContentMask = None,
    style_mask: StyleMask = None,
    presets: Annotated[
        str, typer.Option(help=f"Presets to compare, separated by commas: {', '.join(PRESETS)}.")
    ] = "neural,default",
    size: Annotated[
        int, typer.Option(help="Long side of every result, in pixels.")
    ] = DEFAULTS.long_side,
    backbone: Annotated[
        str, typer.Option(help="Neural network: auto, vgg16 or vgg19.")
    ] = DEFAULTS.backbone,
    device: Annotated[
        str, typer.Option(help="Where to compute: auto, cpu, gpu or tpu.")
    ] = DEFAULTS.device,
    force: Force = False,
) -> None:
    """Give CONTENT the look of STYLE with several presets, and show the results side by side.

    Ctrl-C stops the current preset after its current step, and skips the presets after it.
    """
    chosen = _chosen(presets, size=size, backbone=backbone, device=device)
    raise typer.Exit(_compare(content, style, out, (content_mask, style_mask), chosen, force))


def _chosen(presets: str, **common: int | str) -> dict[str, Settings]:
    """The settings of each preset named.

    Raises: SettingsError, for an unknown preset, one named twice, and wrong values.
    """
    names = [name.strip() for name in presets.split(",")]
    if len(set(names)) < len(names):
        raise SettingsError(f"a preset is named twice in {presets!r}")
    return {name: Settings.preset(name, **common) for name in names}


def _compare(
    content: Path,
    style: Path,
    out: Path,
    masks: tuple[Path | None, Path | None],
    chosen: dict[str, Settings],
    force: bool,
) -> int:
    """Transfer by each, write the sheet, and return the exit status."""
    from jphoto import images
    from jphoto.cli.run import INTERRUPTED, exit_status, run_transfer
    from jphoto.pipeline import report

    inputs = [path for path in (content, style, *masks) if path is not None]
    images.check_output(out, inputs=inputs, force=force)
    content_mask, style_mask = masks
    tiles = [
        (role, images.read_picture(path, role=role))
        for role, path in (("content", content), ("style", style))
    ]
    status = 0
    for name, settings in chosen.items():
        result = run_transfer(
            content, style, content_mask=content_mask, style_mask=style_mask, settings=settings
        )
        tiles.append((name, result.solved))
        typer.echo(f"{name}: {report.outcome_line(result)}")
        status = max(status, exit_status(result))
        if status == INTERRUPTED:
            break
    images.save_picture(images.side_by_side(tiles), out)
    typer.echo(f"wrote {out}")
    return status
