"""Fails a build whose pages would load anything from the network: they are read without one."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_IN_PAGES = re.compile(
    r"<(?:script|link|img|source|video|audio|iframe)\b[^>]*?\s"
    r"""(?:src|srcset|href|data)=["'](?:https?:)?//[^"']*"""
)
_IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//[^"')]*""")


def loaded_from_network(text: str) -> list[str]:
    """What the text of a page or a style sheet would load; links that readers click do not."""
    return _IN_PAGES.findall(text) + _IN_STYLES.findall(text)


def _check(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None:
        return
    files = [file for suffix in ("html", "css") for file in Path(app.outdir).rglob(f"*.{suffix}")]
    found = [
        f"{file.relative_to(app.outdir)}: {what}"
        for file in files
        for what in loaded_from_network(file.read_text(encoding="utf-8"))
    ]
    if found:
        raise ExtensionError("pages load from the network:\n" + "\n".join(found))


def setup(app: Sphinx) -> dict[str, bool]:
    """Check all files when they are written."""
    app.connect("build-finished", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
