"""Arguments that commands share: photos, masks, and an option for each field of Settings.

`--preset` and `--settings-from` fill in the settings that the command line does not give.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jphoto.cli.labels import label_of
from jphoto.cli.lines import message
from jphoto.presets import PRESETS
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

FLAG = ""
"""Metavar of options without a value: help shows no type for them."""
RENAMED = {("transfer", "--like"): "--settings-from"}
"""The new names of options, by command and old name. Until 0.3 the old names work, too."""

PRESET_HELP = {
    "default": "the settings below.",
    "preview": "a first look in seconds: only colors change, region by region.",
    "fast": "a draft at 512 pixels.",
    "best": "about twice the steps of default at each size.",
    "paper": "Luan et al. 2017 as published, for comparison. Takes hours on a CPU.",
    "neural": "Gatys et al. 2016, for comparison. The result looks like a painting.",
}
"""What each preset is, for help."""

ContentPhoto = Annotated[
    Path, typer.Argument(metavar="CONTENT", help="Photo to change; its objects and edges stay.")
]
ContentMask = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Picture in which you painted each kind of thing in CONTENT in one flat color, such "
        "as sky in blue and houses in red. Needs --style-mask, unless STYLE is a look.",
    ),
]
StyleMask = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The same for STYLE. Parts in equal colors are matched."),
]
SettingsFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Start from the settings of this earlier result of jphoto; other options override "
        "them.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", metavar=FLAG, help="Print everything as JSON, for scripts.")
]
Force = Annotated[
    bool, typer.Option("--force", metavar=FLAG, help="Replace existing output files.")
]
Backbone = Annotated[
    str, typer.Option(metavar="NAME", help="Neural network: auto, vgg16 or vgg19.")
]
Device = Annotated[
    str, typer.Option(metavar="NAME", help="Where to compute: auto, cpu, gpu or tpu.")
]


def with_settings(
    *left_out: str, **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's `settings` parameter by one option for each field of Settings.

    A command with the option `--settings-from` has a parameter `earlier`, too: the label of that
    picture, or None. It is read once, because it may come from a pipe.

    Args:
      left_out: fields that get no option: they make no difference to this command, or one of its
        own options has their name.
      defaults: of this command, where they differ from those of Settings.

    Raises: SettingsError, when the command runs, for values out of range.
    """
    fields = [field for field in dataclasses.fields(Settings) if field.name not in left_out]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(context: Any, preset: str, **arguments: Any) -> None:
            values = {field.name: arguments.pop(field.name) for field in fields}
            given = {name: values[name] for name in values if _is_given(context, name)}
            first = {**defaults, **PRESETS.get(preset, {})}
            if "settings_from" in arguments:
                picture = arguments["settings_from"]
                earlier = None if picture is None else label_of(picture)
                arguments["earlier"] = earlier
                first |= dataclasses.asdict(earlier.settings) if earlier else {}
            command(**arguments, settings=Settings.preset(preset, **{**first, **given}))

        parameters = {"context": _CONTEXT, **inspect.signature(command).parameters}
        for filled in ("settings", "earlier"):
            parameters.pop(filled, None)
        parameters["preset"] = _PRESET
        for field in fields:
            parameters[field.name] = _parameter(field, defaults.get(field.name, field.default))
        wrapper.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters.values()}
        return wrapper

    return decorate


def with_current_names(arguments: Sequence[str]) -> list[str]:
    """Replace old names of options by the new ones, with a notice on standard error for each.

    Args:
      arguments: of the command line, after the program's name.
    """
    command, current = next(iter(arguments), ""), list(arguments)
    options = current[: current.index("--")] if "--" in current else current
    for place, argument in enumerate(options):
        old, equals, value = argument.partition("=")
        new = RENAMED.get((command, old))
        if new is not None:
            current[place] = new + equals + value
            message(f"{old} is now {new}; {old} will stop working in 0.3")
    return current


def _is_given(context: Any, name: str) -> bool:
    """Whether an option was given on the command line."""
    source = context.get_parameter_source(name)
    return bool(source is not None and source.name == "COMMANDLINE")


def with_meanings(text: str, meanings: Mapping[str, str]) -> str:
    """A help text with a line for each word that an option takes.

    Args:
      text: what the option does.
      meanings: of the words.
    """
    # Typer prints paragraphs as lines.
    return "\n\n".join([text, *(f"- {word}: {meaning}" for word, meaning in meanings.items())])


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
            metavar="NAME",
            help=with_meanings("Settings to start from; other options override them.", PRESET_HELP),
        ),
    ],
)


def _parameter(field: "dataclasses.Field[Any]", default: Any) -> inspect.Parameter:
    bounds, flag = field.metadata["bounds"], f"--{field.name.replace('_', '-')}"
    text = field.metadata["help"]
    if bounds:
        text += f" From {bounds[0]:,} to {bounds[1]:,}."
    types, words = allowed_values(field)
    annotation, metavar, parser = field.type, "NAME", None
    if types and words:
        # Typer has no options of such unions.
        annotation, metavar, parser = str, "NUMBER", _number_or(words)
    elif types == (bool,):
        metavar, flag = FLAG, f"{flag}/--no-{flag[2:]}"
    elif types:
        metavar = "NUMBER"
    option = typer.Option(
        flag,
        metavar=metavar,
        parser=parser,
        help=with_meanings(text, field.metadata["words"]),
        rich_help_panel=field.metadata["group"],
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
