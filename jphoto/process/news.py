"""What a worker tells its watch, through a pipe: a line for each event.

Without a watch, as in Python programs and in tests, nobody is told and nothing happens.
"""

import contextlib
import os

STOPPABLE, ENDED, DRAFT, DRAFT_GONE, CACHE = "stoppable", "ended", "draft", "draft gone", "cache"
"""The worker stops by itself when asked, since there is something to save; it ended, with this
status; it is about to write a draft at this path; that draft has its final name, or was deleted;
compiled programs are written to this folder."""

_pipes: list[int] = []
"""Holds the pipe's end for writing, if there is a watch."""


def begin(pipe: int) -> None:
    """Tell everything from now on through a pipe."""
    _pipes[:] = [pipe]


def is_watched() -> bool:
    """Whether a watch answers signals."""
    return bool(_pipes)


def tell(event: str, what: str = "") -> None:
    """Tell the watch of an event.

    Args:
      event: one of the words above.
      what: a path or a number.
    """
    for pipe in _pipes:
        with contextlib.suppress(OSError):  # the watch was killed, and this process is ending
            os.write(pipe, os.fsencode(f"{event}\t{what}") + b"\0")


def split(received: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The events in what was received, and the rest, which is the beginning of another event."""
    *whole, rest = received.split(b"\0")
    events = [os.fsdecode(event).partition("\t") for event in whole]
    return [(event, what) for event, _, what in events], rest
