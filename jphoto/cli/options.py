"""The options that Settings gives to every command that transfers: one a field, nothing by hand."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from jphoto.settings import Settings


def with_settings(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's `settings` parameter by one option for each field of Settings.

    Args:
      defaults: of this command, where they differ from those of Settings.

    Raises: SettingsError, when the command runs, for values out of range.
    """
    fields = dataclasses.fields(Settings)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**arguments: Any) -> None:
            chosen = {field.name: arguments.pop(field.name) for field in fields}
            command(**arguments, settings=Settings(**chosen))

        parameters = dict(inspect.signature(command).parameters)
        del parameters["settings"]
        for field in fields:
            parameters[field.name] = _parameter(field, defaults.get(field.name, field.default))
        wrapper.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters.values()}
        return wrapper

    return decorate


def _parameter(field: "dataclasses.Field[Any]", default: Any) -> inspect.Parameter:
    bounds = field.metadata["bounds"]
    limits = f" From {bounds[0]} to {bounds[1]}." if bounds else ""
    option = typer.Option(
        f"--{field.name.replace('_', '-')}",
        help=field.metadata["help"] + limits,
        rich_help_panel=field.metadata["group"],
    )
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[field.type, option],
    )
