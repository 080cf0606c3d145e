"""The progress bar of commands that know how much work there is."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def progress_bar(console: Console, *details: str) -> Progress:
    """A bar with how long it takes, gone when all is done.

    Args:
      console: a terminal.
      details: texts after the bar, as rich's TextColumn takes them.
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
