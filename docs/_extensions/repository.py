"""Links that work both in the files of the repository and in the built pages.

A page of the repository outside docs/, such as CONTRIBUTING.md, is included in a page here. Links
to it, and its own links, lead to where the pages are.
"""

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
INCLUDED = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "bench/README.md": "explanation/measuring.md",
    "weights/README.md": "reference/weights.md",
    "jphoto/photos/README.md": "reference/photos.md",
}
"""Files of the repository, and the pages that include them. The start page stands for README.md."""
_LINK = re.compile(r"(\]\()(?!https?:|mailto:|#|/)([^)#\s]+)([^)\s]*\))")


def _rewritten(text: str, file: Path) -> str:
    """The text of a file with links for the built pages."""

    def target(found: re.Match[str]) -> str:
        path = os.path.relpath(os.path.normpath(file.parent / found[2]), ROOT)
        if path == "README.md":
            return f"{found[1]}/index.md)"
        if path in INCLUDED:
            return f"{found[1]}/{INCLUDED[path]}{found[3]}"
        if path.startswith("docs" + os.sep):
            return f"{found[1]}/{path.removeprefix('docs' + os.sep)}{found[3]}"
        return found[0]

    return _LINK.sub(target, text)


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(page))
    if path.suffix == ".md":
        source[0] = _rewritten(source[0], path)


def _include(app: Sphinx, path: Path, page: str, source: list[str]) -> None:
    source[0] = _rewritten(source[0], Path(app.srcdir, path).resolve())


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite links as pages are read."""
    app.connect("source-read", _read)
    app.connect("include-read", _include)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
