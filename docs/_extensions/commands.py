"""The directive `commands`: every command with its help, arguments and options, from the code."""

from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from jphoto.cli import app as command_line


class Commands(SphinxDirective):
    """All commands, one section each."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        text = "\n".join(_pages("jphoto", typer.main.get_command(command_line)))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _pages(name: str, command: Any) -> Iterator[str]:
    """The Markdown of a command, or of all commands of a group."""
    if subcommands := getattr(command, "commands", None):
        for short, one in subcommands.items():
            yield from _pages(f"{name} {short}", one)
        return
    context = typer.Context(command, info_name=name)
    yield from (f"## {name}", "", "```text", f"{name} {_usage(command, context)}", "```", "")
    yield from (*_paragraphs(command.help or ""), "")
    panels: dict[str, list[Any]] = {}
    for parameter in command.params:
        if not parameter.hidden:
            kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panels.setdefault(parameter.rich_help_panel or kind, []).append(parameter)
    for title, parameters in panels.items():
        yield from (f"**{title}**", "")
        for parameter in parameters:
            yield from _described(parameter, context)


def _usage(command: Any, context: typer.Context) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    return pieces.replace("{", "").replace("}...", "").replace("}", "")


def _described(parameter: Any, context: typer.Context) -> Iterator[str]:
    record = parameter.get_help_record(context)
    named = record is None or parameter.param_type_name == "argument"
    title = parameter.metavar if named else record[0]
    first, *rest = _paragraphs(parameter.help or "")
    yield from (f"`{title}`", f": {first}")
    yield from (f"  {line}" for line in rest)
    yield ""


def _paragraphs(text: str) -> list[str]:
    """The lines of a help text, whose lists are Markdown already."""
    lines = [line.strip() for line in text.splitlines()]
    spaced = list[str]()
    for line in lines:
        if line.startswith("- ") and spaced and not spaced[-1].startswith("- "):
            spaced.append("")
        spaced.append(line)
    return spaced


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
