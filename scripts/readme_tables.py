"""Writes the README's tables from the code and from the results of the benchmarks.

    python scripts/readme_tables.py

A test holds the README to what this writes.
"""

import dataclasses
import json
import re
from pathlib import Path
from typing import get_args

from jphoto import Settings

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def settings_table() -> str:
    """One row a field of Settings."""
    rows = ["| setting | default | from, to | what it does |", "| --- | --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        bounds = field.metadata["bounds"]
        limits = ", ".join(map(str, bounds)) if bounds else " ".join(get_args(field.type))
        rows.append(f"| `{field.name}` | {field.default} | {limits} | {field.metadata['help']} |")
    return "\n".join(rows)


def laplacian_table() -> str:
    """The product and its set-up, medians in milliseconds."""
    result = json.loads((ROOT / "bench/results/laplacian-cpu.json").read_text())
    rows = [
        f"{result['size']['width']} x {result['size']['height']} pixels, 3 planes, "
        f"{result['machine']['processor']}, {result['machine']['cores']} cores:",
        "",
        "| | jphoto | sparse matrix | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for name, key in (("product", "product_seconds"), ("set-up", "setup_seconds")):
        own, theirs = (1e3 * result[key][who]["median"] for who in ("jphoto", "matrix"))
        rows.append(f"| {name} | {own:.1f} ms | {theirs:.0f} ms | {theirs / own:.1f} |")
    return "\n".join(rows)


TABLES = {"settings": settings_table, "laplacian": laplacian_table}


def updated(text: str) -> str:
    """The README's text with every table written anew between its two comments."""
    for name, table in TABLES.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marked.sub(lambda match, table=table: match[1] + table() + "\n" + match[2], text)
    return text


if __name__ == "__main__":
    README.write_text(updated(README.read_text()))
