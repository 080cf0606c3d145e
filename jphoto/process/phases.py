"""What a long piece of work is doing, for those who wait: lines of the log at level INFO.

Python programs see them if they turn on this module's logger; the command line shows them.
"""

import contextlib
import logging
from collections.abc import Iterator

_logger = logging.getLogger(__name__)

END = ""
"""The message at the end of a phase."""


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
