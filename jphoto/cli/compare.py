"""`jphoto compare`: one pair with several presets, on one labelled sheet."""

from pathlib import Path
from typing import Annotated

import typer

from jphoto import formats
from jphoto.cli import offers
from jphoto.cli.lines import say
from jphoto.cli.options import (
    Backbone,
    ContentMask,
    ContentPhoto,
    Device,
    Force,
    StyleMask,
)
from jphoto.cli.styles import Style
from jphoto.errors import SettingsError
from jphoto.presets import PRESETS
from jphoto.settings import Settings

DEFAULTS = Settings()

Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help=f"Picture with all results side by side: {formats.written_suffixes()}.",
    ),
]
Presets = Annotated[
    str,
    typer.Option(
        metavar="NAMES", help=f"Presets to compare, separated by commas: {', '.join(PRESETS)}."
    ),
]
Size = Annotated[int, typer.Option(metavar="NUMBER", help="Long side of every result, in pixels.")]


def compare(
    content: ContentPhoto,
    style: Style,
    out: Out,
    content_mask: ContentMask = None,
    style_mask: StyleMask = None,
    presets: Presets = "neural,default",
    size: Size = DEFAULTS.long_side,
    backbone: Backbone = DEFAULTS.backbone,
    device: Device = DEFAULTS.device,
    force: Force = False,
) -> None:
    """Transfer with several presets, and show the results side by side.

    Ctrl-C stops the current preset after its current step, and skips the presets after it.
    """
    settings_by_name = _settings_by_name(presets, size=size, backbone=backbone, device=device)
    masks = content_mask, style_mask
    raise typer.Exit(_compare(content, style, out, masks, settings_by_name, force))


def _settings_by_name(presets: str, **common: int | str) -> dict[str, Settings]:
    """The settings of each preset in a list.

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
    settings_by_name: dict[str, Settings],
    force: bool,
) -> int:
    """Transfer with each preset, write the sheet, and return the exit status."""
    from jphoto import images
    from jphoto.cli.run import exit_status, held_photos, run_transfer, save
    from jphoto.looks.card import picture_of_style
    from jphoto.pipeline import report
    from jphoto.process.signals import INTERRUPTED

    inputs = [path for path in (content, style, *masks) if path is not None]
    images.check_output(out, inputs=inputs, force=force)
    roles = {"content_mask": masks[0], "style_mask": masks[1]}
    photos = held_photos(
        {"content": content, "style": None if formats.is_look(style) else style, **roles}
    )
    photos.setdefault("style", str(style))
    tiles = [("content", images.read_picture(photos["content"], role="content"))]
    tiles.append(("style", picture_of_style(photos["style"])))
    status, regions = 0, set[tuple[str, str]]()
    for name, settings in settings_by_name.items():
        result = run_transfer(**photos, settings=settings)
        tiles.append((name, result.solved))
        regions.add((settings.regions, result.settings.regions))
        say(f"{name}: {report.outcome_line(result)}")
        status = max(status, exit_status(result))
        if status == INTERRUPTED:
            break
    sheet = images.side_by_side(tiles)
    written, saved = save(lambda: images.save_picture(sheet, out, force=force), out)
    say(f"wrote {written}")
    offers.mention_segmenter_after(*regions)
    return max(status, saved)
