"""The pages of documentation, and the blocks of code in them."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "weights" / "README.md",
    ROOT / "jphoto" / "photos" / "README.md",
    *sorted((ROOT / "bench").glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of one language in a page, without the indentation of lists."""
    marked = re.compile(rf"^( *)```{language}\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in marked.findall(page.read_text(encoding="utf-8"))]
