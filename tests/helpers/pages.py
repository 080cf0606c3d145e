"""The pages of documentation, and the blocks of code in them."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
PAGES = [
    README,
    CONTRIBUTING,
    ROOT / "CHANGELOG.md",
    ROOT / "weights" / "README.md",
    ROOT / "jphoto" / "photos" / "README.md",
    *sorted((ROOT / "bench").glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of one language in a page, without the indentation of lists."""
    marked = re.compile(rf"^( *)```{language}\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in marked.findall(page.read_text(encoding="utf-8"))]
