"""Warnings of an attempt, as lines for the page."""

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def noted(notes: list[str]) -> Iterator[None]:
    """Keep the warnings of the work inside, as lines; not those of work inside with its own list.

    Args:
      notes: that the lines are added to, each once.
    """
    handler, logger = _Notes(notes), logging.getLogger("jphoto")
    outer = [one for one in logger.handlers if isinstance(one, _Notes)]
    for one in outer:
        logger.removeHandler(one)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        for one in outer:
            logger.addHandler(one)


class _Notes(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        line = record.getMessage()
        if line not in self._notes:
            self._notes.append(line)
