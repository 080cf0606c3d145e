"""Lines and cells of Markdown tables."""

from collections.abc import Mapping
from typing import Any


def head_of(*titles: str) -> list[str]:
    """The two lines that a table begins with."""
    return [line_of(*titles), line_of(*("---" for _ in titles))]


def line_of(*cells: object) -> str:
    """A line of a table."""
    return "|" + "".join(f" {cell} |" if str(cell) else " |" for cell in cells)


def size_of(row: Mapping[str, Any]) -> str:
    """Width x height of the content photo."""
    return f"{row['size']['width']} x {row['size']['height']}"


def milliseconds(seconds: float) -> str:
    """A time in milliseconds, with about three digits."""
    return f"{1e3 * seconds:.1f} ms" if seconds < 0.02 else f"{1e3 * seconds:.0f} ms"
