"""`jphoto look`: learns looks from photos, shows, mixes and lists them."""

import functools
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from jphoto import formats
from jphoto.cli import offers
from jphoto.cli.lines import message, say
from jphoto.cli.options import FLAG, AsJson, Backbone, Device, Force
from jphoto.cli.styles import weights_of
from jphoto.settings import Settings

if TYPE_CHECKING:
    from jphoto.looks import Look

DEFAULTS = Settings()
SWATCH_WIDTH = 6
"""Characters of a color on the terminal."""
EXAMPLE = "meadow"
"""Bundled photo that a card shows with the look."""

look = typer.Typer(
    name="look",
    help="Learn looks from photos; show, mix and list them. A look takes the place of a style "
    "photo in all commands.",
    no_args_is_help=True,
)

Photos = Annotated[
    list[Path],
    typer.Argument(metavar="PHOTOS...", help="Photos that have the look, or folders of photos."),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The look, a .look file.")]
Size = Annotated[
    int,
    typer.Option(
        metavar="NUMBER", help="Long side of the copies that the look is learned from, in pixels."
    ),
]
WithThumbnails = Annotated[
    bool,
    typer.Option(
        "--with-thumbnails",
        metavar=FLAG,
        help="Put small copies of the photos into the file, which holds no photos otherwise.",
    ),
]
LookName = Annotated[
    Path,
    typer.Argument(
        metavar="LOOK", help="A .look file, or the name of a look that comes with jphoto."
    ),
]
Looks = Annotated[list[Path], typer.Argument(metavar="LOOKS...", help="Looks to mix.")]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBERS",
        help="Weights of the looks, such as 0.7,0.3. Without it, all count the same.",
    ),
]
Card = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE",
        help=f"Also draw a card of the look: {formats.written_suffixes()}.",
    ),
]  # fmt: skip


@look.command()
def make(
    photos: Photos,
    out: Out,
    size: Size = DEFAULTS.long_side,
    backbone: Backbone = DEFAULTS.backbone,
    device: Device = DEFAULTS.device,
    with_thumbnails: WithThumbnails = False,
    force: Force = False,
) -> None:
    """Learn a look from photos, from one to many hundreds.

    With the segmenter installed, the look knows kinds of things, such as sky, water and people.
    Photos whose colors do not fit the others are named.
    """
    from jphoto.cli.run import keep_compiled_programs, learn_look
    from jphoto.looks.look import check_output

    settings = Settings(size=size, backbone=backbone, device=device)  # type: ignore[arg-type]
    photos = [photo for path in photos for photo in _photos_of(path)]
    target = check_output(out, inputs=photos, force=force)
    keep_compiled_programs()
    made = learn_look(photos, settings, with_thumbnails)
    made.save(target, force=force)
    say(*_lines(made), f"wrote {target}")
    usual = sum(photo.distance for photo in made.photos) / len(made.photos)
    for photo in made.photos:
        if not photo.fits:
            message(
                f"{photo.name} does not fit the others: its colors are {photo.distance:.1f} "
                f"standard deviations from theirs, {usual:.1f} on average; it counts all the same. "
                "To leave it out, make the look without it"
            )
    if not made.kinds[:-1]:
        offers.mention_segmenter()


@look.command()
def show(name: LookName, out: Card = None, as_json: AsJson = False, force: Force = False) -> None:
    """Show what is in a look: its kinds of things, its photos, and the network that made it."""
    from jphoto import images

    if out is not None:
        images.check_output(out, inputs=[name], force=force)
    shown = _opened(name)
    if as_json:
        say(json.dumps(_record(shown)))
    else:
        say(*_lines(shown))
        _draw_palettes(shown)
    if out is not None:
        say(f"wrote {_write_card(shown, out, force)}")


@look.command()
def mix(looks: Looks, out: Out, weights: Weights = None, force: Force = False) -> None:
    """Mix looks into one: colors in between, kind by kind.

    A kind of thing that only one of the looks has is taken from that one.
    """
    from jphoto.looks import mixed
    from jphoto.looks.look import check_output

    target = check_output(out, inputs=looks, force=force)
    made = mixed([_opened(one) for one in looks], weights_of(weights))
    made.save(target, force=force)
    say(*_lines(made), f"wrote {target}")


@look.command("list")
def list_looks() -> None:
    """List the looks that come with jphoto."""
    from jphoto.looks.bundled import bundled_looks

    looks = bundled_looks()
    width = max(map(len, looks), default=0)
    say(*(f"{name:<{width}}  {one.text}" for name, one in looks.items()))


def _photos_of(path: Path) -> list[Path]:
    """A photo, or the photos of a folder.

    Raises: LookError, for a folder without photos.
    """
    from jphoto.errors import LookError
    from jphoto.images.listing import list_folder

    if not path.is_dir():
        return [path]
    photos = list_folder(path).photos
    if not photos:
        raise LookError(f"look: the folder {path} holds no photos")
    return photos


def _opened(name: Path) -> "Look":
    """A look by the path of its file or its name.

    Raises: LookError, for anything else.
    """
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.errors import LookError
    from jphoto.looks import Look
    from jphoto.looks.styles import opened

    keep_compiled_programs()
    found = opened(name, DEFAULTS)
    if not isinstance(found, Look):
        raise LookError(f"{name} is not a look; jphoto look make {name} --out NAME.look makes one")
    return found


def _lines(shown: "Look") -> list[str]:
    """What is in a look, for people."""
    width = max(map(len, shown.kinds))
    kinds = [
        f"{kind:<{width}}  fills {share:.0%} of the photos that show it"
        for kind, share in zip(shown.kinds[:-1], shown.statistics.shares, strict=False)
    ]
    count = len(shown.photos)
    photos = f"{count} photos" if count > 1 else "1 photo"
    made = f"{photos} at {shown.size} pixels, {shown.network}"
    return [*kinds, f"{shown.kinds[-1]:<{width}}  {made}: {shown.title}"]


def _draw_palettes(shown: "Look") -> None:
    """The palette of each kind, on a terminal that shows colors."""
    from jphoto.looks.card import palette

    console = Console()
    if not console.is_terminal or console.color_system not in ("256", "truecolor"):
        return
    width = max(map(len, shown.kinds))
    for kind in shown.kinds:
        line = Text(f"{kind:<{width}}  ")
        for color in palette(shown, kind):
            red, green, blue = (round(255 * float(value)) for value in color)
            line.append(" " * SWATCH_WIDTH, style=f"on rgb({red},{green},{blue})")
        console.print(line)


def _record(shown: "Look") -> dict[str, object]:
    """What is in a look, for JSON."""
    import dataclasses

    from jphoto.looks.card import palette

    shares = map(float, shown.statistics.shares)
    return {
        "digest": shown.digest,
        "network": shown.network,
        "network_digest": shown.network_digest,
        "size": shown.size,
        "kinds": {
            kind: {"share": share, "palette": palette(shown, kind).round(4).tolist()}
            for kind, share in zip(shown.kinds, shares, strict=True)
        },
        "photos": [dataclasses.asdict(photo) for photo in shown.photos],
    }


def _write_card(shown: "Look", out: Path, force: bool) -> Path:
    """Draw the card with a bundled photo as the example; the path that was written."""
    import jphoto
    from jphoto import images
    from jphoto.cli.run import save
    from jphoto.looks.card import card

    settings = Settings.preset("preview", regions="none", backbone=shown.network)
    with resources.as_file(resources.files("jphoto") / "photos" / EXAMPLE) as folder:
        example = jphoto.transfer(folder / "content.jpg", shown, settings=settings)
    pictures = [("example", example.content), ("with the look", example.solved)]
    write = functools.partial(images.save_picture, card(shown, pictures), out, force=force)
    written, _ = save(write, out)
    return written
