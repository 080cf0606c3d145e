"""The progress bar of commands whose amount of work is known."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def progress_bar(console: Console, *details: str) -> Progress:
    """A bar with the time elapsed and the time left; it disappears at the end.

    Args:
      console: a terminal.
      details: texts after the bar, as formats for rich's TextColumn.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        *map(TextColumn, details),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)
