"""Sections of this project's docstrings as fields: Args, Returns, Yields, Raises, Source and more.

The first line of a section may hold text; further lines are indented. Names between single
backticks are links if they are of this project, and code otherwise.
"""

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

from jphoto.images import PictureSource

SECTIONS = "Args", "Returns", "Yields", "Raises", "Source", "Departs", "Example"
_SECTION = re.compile(rf"({'|'.join(SECTIONS)}):(?: (.*))?")
_ARGUMENT = re.compile(r"  ([\w*, ]+): (.*)")
_ARRAY = re.compile(r"(?:jaxlib\._jax|numpy|jax)\.(Array|ndarray)")
_NUMBERED = re.compile(r"Alias for field number \d+")
_SOURCE = stringify_annotation(PictureSource, "smart")
_CODE = re.compile(r"(?<!`)`(?!jphoto\.)([^`]+)`(?!`)")


def _fields(lines: list[str]) -> Iterator[str]:
    """The lines of a docstring in reStructuredText."""
    section = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if found := _SECTION.fullmatch(line):
            if section == "":
                yield ""
            section, first = found[1], found[2] or ""
            if section == "Example":
                yield from ("Example::" if following.startswith(" ") else "Example:", "")
            elif section != "Args":
                yield f":{section}: {first}"
        elif section == "Args" and (found := _ARGUMENT.fullmatch(line)):
            yield f":param {found[1].lstrip('*')}: {found[2]}"
        elif section and line and not line.startswith(" "):
            section = ""
            yield from ("", line)
        else:
            yield line


def _process(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    if what == "module":  # the rest says where things are in the files
        lines[:] = lines[: lines.index("")] if "" in lines else lines
    if _NUMBERED.fullmatch(lines[0] if lines else ""):  # a named tuple's field without a docstring
        lines[:] = [""]
    lines[:] = _fields([_CODE.sub(r"``\1``", line).replace("|", r"\|") for line in lines])


def _short(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, arguments: str, returns: str
):
    """A signature with the names of types as the code writes them."""
    texts = (text and text.replace(_SOURCE, "PictureSource") for text in (arguments, returns))
    texts = (text and text.replace("<factory>", "...") for text in texts)
    return tuple(text and _ARRAY.sub(r"\1", text) for text in texts)


def _skips(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Names of array types have no page; signatures show what they stand for."""
    return True if getattr(type(thing), "__module__", "").startswith("jaxtyping") else None


def _plain(app: Sphinx, tree: nodes.document) -> None:
    """A dash in place of the two hyphens after an argument, and types of attributes as in code."""
    for text in list(tree.findall(nodes.Text)):
        plain = " \N{EN DASH} " if text == " -- " else text.replace("jaxlib._jax.", "")
        if plain != text:
            text.parent.replace(text, nodes.Text(plain))


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite docstrings as autodoc reads them."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-process-signature", _short)
    app.connect("autodoc-skip-member", _skips)
    app.connect("doctree-read", _plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
