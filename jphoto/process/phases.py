"""What a long piece of work is doing, for those who wait: lines of the log at level INFO.

Python programs see them if they turn on this module's logger; the command line and the app show
them.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

_logger = logging.getLogger(__name__)

END = ""
"""The message at the end of a phase."""
PATIENCE_SECONDS = 2.0
"""A phase is shown when it has taken so long, unless it is known to be a long one."""


@contextlib.contextmanager
def phase(words: str, *, long: bool = False) -> Iterator[None]:
    """Log the beginning and the end of a phase.

    Args:
      words: what is done, as "reading the photos".
      long: whether it is known to take seconds; else it may be over before anyone wonders.
    """
    _logger.info(words, extra={"long": long})
    try:
        yield
    finally:
        _logger.info(END)


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
    before, handler = (_logger.handlers, _logger.level, _logger.propagate), _Phases(show, patience)
    _logger.handlers, _logger.propagate = [handler], False
    _logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        handler.emit(logging.makeLogRecord({"msg": END}))
        _logger.handlers, _logger.propagate = before[0], before[2]
        _logger.setLevel(before[1])
