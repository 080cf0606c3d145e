"""Arguments that commands share: photos, masks, and an option for each field of Settings.

`--preset` and `--like` fill in the settings that the command line does not give.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jphoto.presets import PRESETS
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

ContentPhoto = Annotated[
    Path, typer.Argument(metavar="CONTENT", help="Photo to change; its objects and edges stay.")
]
StylePhoto = Annotated[
    Path, typer.Argument(metavar="STYLE", help="Photo whose colors, light and textures to use.")
]
ContentMask = Annotated[
    Path | None,
    typer.Option(
        help="Picture with the regions of CONTENT, each painted in one flat color, such as sky "
        "blue and house red. Needs --style-mask."
    ),
]
StyleMask = Annotated[
    Path | None,
    typer.Option(help="Picture with the regions of STYLE, painted in the same colors."),
]
Like = Annotated[
    Path | None,
    typer.Option(
        help="Use the settings that this result of jphoto was made with.", metavar="PICTURE"
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace existing output files.")]


def with_settings(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's `settings` parameter by one option for each field of Settings.

    Args:
      defaults: of this command, where they differ from those of Settings.

    Raises: SettingsError, when the command runs, for values out of range.
    """
    fields = dataclasses.fields(Settings)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(context: Any, preset: str, **arguments: Any) -> None:
            chosen = {field.name: arguments.pop(field.name) for field in fields}
            given = {name: chosen[name] for name in chosen if _is_given(context, name)}
            first = {**defaults, **PRESETS.get(preset, {})}
            if arguments.get("like") is not None:
                first |= _settings_of(arguments["like"])
            command(**arguments, settings=Settings.preset(preset, **{**first, **given}))

        parameters = {"context": _CONTEXT, **inspect.signature(command).parameters}
        del parameters["settings"]
        parameters["preset"] = _PRESET
        for field in fields:
            parameters[field.name] = _parameter(field, defaults.get(field.name, field.default))
        wrapper.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters.values()}
        return wrapper

    return decorate


def _settings_of(picture: Path) -> dict[str, Any]:
    """The settings in the label of a picture.

    Raises: ImageError, if it has no label.
    """
    from jphoto.pipeline import finish

    return dataclasses.asdict(finish.read_label(picture).settings)


def _is_given(context: Any, name: str) -> bool:
    """Whether an option was given on the command line."""
    source = context.get_parameter_source(name)
    return bool(source is not None and source.name == "COMMANDLINE")


_CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)
_PRESET = inspect.Parameter(
    "preset",
    inspect.Parameter.KEYWORD_ONLY,
    default="default",
    annotation=Annotated[
        str,
        typer.Option(
            help=f"Set of values to start from: {', '.join(PRESETS)}. Options that you give "
            "override it."
        ),
    ],
)


def _parameter(field: "dataclasses.Field[Any]", default: Any) -> inspect.Parameter:
    bounds, flag = field.metadata["bounds"], f"--{field.name.replace('_', '-')}"
    limits = f" From {bounds[0]} to {bounds[1]}." if bounds else ""
    meanings = "".join(f" {word}: {text}" for word, text in field.metadata["words"].items())
    types, words = allowed_values(field)
    annotation, more = field.type, {}
    if types and words:
        # Typer has no options of such unions.
        annotation = str
        more = {"parser": _number_or(words), "metavar": f"INTEGER|{'|'.join(words)}"}
    elif types == (bool,):
        flag += f"/--no-{flag[2:]}"
    option = typer.Option(
        flag,
        help=field.metadata["help"] + meanings + limits,
        rich_help_panel=field.metadata["group"],
        **more,  # type: ignore[arg-type]
    )
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[annotation, option],
    )


def _number_or(words: Sequence[str]) -> Callable[[str | int], str | int]:
    """A parser for fields that take whole numbers and words."""

    def read(text: str | int) -> str | int:
        if text in words:
            return text
        try:
            return int(text)
        except ValueError:
            raise typer.BadParameter(
                f"{text!r} is not a valid integer or {' or '.join(words)}"
            ) from None

    return read
