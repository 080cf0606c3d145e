"""Answers a command line without a command by the command that was meant, in one line.

Photos first mean `transfer`; a folder or a manifest first means `batch`; for a misspelled command
the nearest is found. What comes after is kept as it was typed. Shells that complete a command line
get short descriptions of the options.
"""

import difflib
import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from jphoto import formats
from jphoto.cli.lines import note
from jphoto.cli.options import FLAG

_QUESTIONS = {"help": "--help", "h": "--help", "?": "--help"}
_QUESTIONS |= {"version": "--version", "v": "--version"}
_COMPLETION_WIDTH = 72
"""Most characters of a description; Typer breaks longer ones, and fish offers each line."""


class Commands(TyperGroup):
    """The commands of the program, with a suggestion if none of them was called."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the program; help shows no type for those without a value."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = FLAG
        return parameters

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Check that options of a command do not come before it."""
        if ctx.resilient_parsing:  # a shell asks what can come next
            _shorten_descriptions(self)
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        if args and args[0].startswith("-") and args[0] not in own and not ctx.resilient_parsing:
            called = next((word for word in args if word in self.commands), None)
            if called is not None:
                rest = list(args)
                rest.remove(called)
                _suggest("the command comes first", [called, *rest])
            question = _QUESTIONS.get(args[0].strip("-").lower())
            if question is not None:
                _suggest(f"there is no option {args[0]}", [question])
            if any(Path(word).exists() or _is_photo(word) for word in args):
                batch = any(_is_batch(word) for word in args)
                _suggest("the command is missing", ["batch" if batch else "transfer", *args])
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of the first argument."""
        if args[0] not in self.commands and not ctx.resilient_parsing:
            meant = _meant(args, list(self.commands))
            path = Path(args[0])
            kind = "a folder, not" if path.is_dir() else "a file, not" if path.is_file() else "not"
            if meant:
                _suggest(f'"{args[0]}" is {kind} a command', meant)
        return super().resolve_command(ctx, args)


def _shorten_descriptions(command: Any) -> None:
    """Leave the first sentence of the help of each option, in this and in all commands below."""
    for parameter in command.params:
        sentence = (getattr(parameter, "help", None) or "").split("\n")[0].split(". ")[0]
        parameter.help = textwrap.shorten(sentence, _COMPLETION_WIDTH, placeholder=" ...")
    for below in getattr(command, "commands", {}).values():
        _shorten_descriptions(below)


def _suggest(problem: str, meant: Sequence[str]) -> None:
    """Print the problem and the command that was meant, and exit with the status of wrong usage."""
    line = f"jphoto: {problem}; did you mean: jphoto {shlex.join(meant)}"
    note(line)
    raise typer.Exit(2)


def _meant(arguments: Sequence[str], commands: Sequence[str]) -> list[str] | None:
    """The arguments that were meant, or None if they have no resemblance to any.

    Args:
      arguments: the first of which is neither a command nor an option.
      commands: of the program.
    """
    count = next((k for k, word in enumerate(arguments) if word[:1] == "-"), len(arguments))
    first, *others = arguments[:count]
    options = list(arguments[count:])
    if _is_batch(first):
        style = [word for word in others[:1] if not _given(options, "--style", "--content")]
        return [*_batch(first, "--style", style, options), *others[len(style) :], *options]
    if Path(first).exists() or _is_photo(first):
        if others and Path(others[0]).is_dir():
            return [*_batch(others[0], "--content", [first], options), *others[1:], *options]
        out = (
            ["--out", others[1]] if len(others) == 2 and not _given(options, "--out", "-o") else []
        )
        return ["transfer", first, *(others[:1] or ["STYLE"]), *(out or others[1:]), *options]
    if first.lower() in _QUESTIONS:
        return [*others, _QUESTIONS[first.lower()]]
    near = difflib.get_close_matches(first.lower(), commands, 1)
    return [*near, *others, *options] if near else None


def _batch(source: str, option: str, photo: list[str], options: Sequence[str]) -> list[str]:
    """The beginning of a batch's command line; words in capitals are to be filled in."""
    needs_style = Path(source).is_dir() and not (Path(source) / "style").is_dir()
    if not photo and needs_style and not _given(options, "--style", "--content"):
        photo = ["STYLE"]
    out = [] if _given(options, "--out", "-o") else ["--out", "FOLDER"]
    return ["batch", source, *([option, *photo] if photo else []), *out]


def _given(options: Sequence[str], *names: str) -> bool:
    return any(word.partition("=")[0] in names for word in options)


def _is_batch(word: str) -> bool:
    """Whether an argument is a folder or a manifest."""
    from jphoto.batches.manifest_lines import SUFFIXES

    return Path(word).is_dir() or Path(word).suffix.lower() in SUFFIXES


def _is_photo(word: str) -> bool:
    """Whether an argument is called like a photo, even if it is misspelled and does not exist."""
    return formats.format_of(Path(word)) is not None
