"""What a command shows while it runs, on standard error: a bar on a terminal, else lines.

Phases of the work, see `jphoto.process.phases`, are lines too, or words beside the bar.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

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
from jphoto.process.phases import END

PATIENCE_SECONDS = 2.0
"""A phase is shown when it has taken so long, unless it is known to be a long one."""
_phases = logging.getLogger("jphoto.process.phases")


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


class _Phases(logging.Handler):
    """Shows a phase at once, if it is known to be long, or after a while, if it still lasts."""

    def __init__(self, show: Callable[[str], None], patience: float) -> None:
        super().__init__()
        self._show, self._patience = show, patience
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Begin or end a phase."""
        if self._timer is not None:
            self._timer.cancel()
        words = record.getMessage()
        if words == END:
            return
        if not self._patience or getattr(record, "long", False):
            self._show(words)
            return
        self._timer = threading.Timer(self._patience, self._show, [words])
        self._timer.daemon = True
        self._timer.start()


@contextlib.contextmanager
def phases_shown(show: Callable[[str], None], patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Show the phases of the work inside, and nowhere else.

    Args:
      show: is called with the words for a phase, in any thread.
      patience: seconds before a phase is shown.
    """
    before, handler = (_phases.handlers, _phases.level, _phases.propagate), _Phases(show, patience)
    _phases.handlers, _phases.propagate = [handler], False
    _phases.setLevel(logging.INFO)
    try:
        yield
    finally:
        handler.emit(logging.makeLogRecord({"msg": END}))
        _phases.handlers, _phases.propagate = before[0], before[2]
        _phases.setLevel(before[1])
