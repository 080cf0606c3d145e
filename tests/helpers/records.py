"""The fields of JSON records, as docs/reference/records.md lists them."""

import re

from helpers.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "records.md"


def documented(heading: str) -> set[str]:
    """The fields in the table below a heading."""
    _, found, rest = PAGE.read_text(encoding="utf-8").partition(f"# {heading}\n")
    assert found, heading
    table = re.search(r"^\| field \|.*?(?=\n\n|\Z)", rest, re.DOTALL | re.MULTILINE)
    firsts = [line.split("|")[1] for line in table[0].splitlines()[2:]]
    return set(re.findall(r"`(\w+)`", " ".join(firsts)))
