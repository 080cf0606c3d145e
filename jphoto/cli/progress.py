"""What a command shows while it runs, on standard error: a bar on a terminal, else lines.

Phases of the work, see `jphoto.process.phases`, are lines too, or words beside the bar.
"""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jphoto.cli.lines import note


def terminal() -> Console | None:
    """Standard error, if it is a terminal on which a bar can move; else None."""
    console = Console(stderr=True)
    return console if console.is_terminal and not console.is_dumb_terminal else None


def progress_bar(console: Console, *details: str) -> Progress:
    """A bar with the time elapsed and the time left; it disappears at the end.

    Args:
      console: a terminal.
      details: texts after the bar, as formats for rich's TextColumn.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *map(TextColumn, details),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return _Bars(console, *columns)


class _Bars(Progress):
    """Bars that leave room at the right for the terminal's ^C, after which a line would wrap, and
    could not be cleared.
    """

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        self._terminal = console
        super().__init__(*columns, console=console, transient=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        """A table, with a line for each bar."""
        yield Constrain(self.make_tasks_table(self.tasks), max(1, self._terminal.width - 3))


class _Lines:
    """Lines on standard error."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, line: str) -> None:
        """Print a line."""
        self._last = line
        note(line)

    def phase(self, words: str) -> None:
        """Print what is being done, unless the line before says the same."""
        if words != self._last:
            self(words)


LINES = _Lines()
