"""Arguments for the style of a transfer: photos, looks, several of them, their weights."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from jphoto.formats import is_look

STYLE_HELP = (
    "Photo that gives the colors, light and textures; or a look: a .look file, or the name of one "
    "that comes with jphoto (see jphoto look list)."
)

Styles = Annotated[
    list[Path], typer.Argument(metavar="STYLE...", help=f"{STYLE_HELP} Several are mixed.")
]
Style = Annotated[Path, typer.Argument(metavar="STYLE", help=STYLE_HELP)]
StyleMasks = Annotated[
    list[Path] | None,
    typer.Option(
        "--style-mask",
        metavar="FILE",
        help="The same for STYLE. Parts in equal colors are matched. Of several styles, one for "
        "each, in their order.",
    ),
]
StyleWeights = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBERS",
        help="Weights of several styles, such as 0.7,0.3. Without it, all count the same.",
    ),
]
StyleFor = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=STYLE",
        help="Style of one kind of thing, such as sky=dusk.jpg. Kinds are those that jphoto "
        "segment names. Can be given several times.",
    ),
]


class StyleArguments(NamedTuple):
    """The style of a transfer as it was typed."""

    styles: list[Path]
    masks: list[Path]
    weights: list[float] | None
    for_kinds: dict[str, Path]

    @property
    def paths(self) -> list[Path]:
        """Of all that may be a file."""
        return [*self.styles, *self.masks, *self.for_kinds.values()]

    @property
    def photo(self) -> Path | None:
        """The style, if it is one photo."""
        alone = len(self.styles) == 1 and not self.for_kinds
        return self.styles[0] if alone and not is_look(self.styles[0]) else None

    @property
    def roles(self) -> dict[str, Path]:
        """What is read before the work begins, by role: the photo, if it is one, and masks."""
        photo = {} if self.photo is None else {"style": self.photo}
        if len(self.masks) == 1:
            return {**photo, "style_mask": self.masks[0]}
        return {**photo, **{f"style_mask {n}": mask for n, mask in enumerate(self.masks, 1)}}

    def arguments(self, held: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `jphoto.transfer`.

        Args:
          held: pictures by role, those of `roles` among them, which are taken out.
        """
        masks = [held.pop(role) for role in [*held] if role.startswith("style_mask")]
        style = held.pop("style", [str(style) for style in self.styles])
        masked = {"style_mask": masks[0] if len(masks) == 1 else masks} if masks else {}
        return {
            **held,
            **masked,
            "style": style,
            "style_weights": self.weights,
            "style_for": {kind: str(style) for kind, style in self.for_kinds.items()},
        }


def style_arguments(
    styles: list[Path], masks: list[Path] | None, weights: str | None, for_kinds: list[str] | None
) -> StyleArguments:
    """The style arguments of a command, checked as far as words go."""
    return StyleArguments(
        styles, masks or [], weights_of(weights), dict(map(_kind_and_style, for_kinds or []))
    )


def weights_of(text: str | None) -> list[float] | None:
    """Numbers separated by commas; None without text."""
    if text is None:
        return None
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"weights are numbers separated by commas, such as 0.7,0.3, not {text!r}"
        ) from None


def _kind_and_style(text: str) -> tuple[str, Path]:
    kind, equals, style = text.partition("=")
    if not (kind and equals and style):
        raise typer.BadParameter(
            f"--style-for takes KIND=STYLE, such as sky=dusk.jpg, not {text!r}"
        )
    return kind.strip(), Path(style)
