"""Progress of a clip: the record that callers' callbacks receive."""

import time
from collections.abc import Callable
from typing import NamedTuple

from jphoto.errors import StoppedError

READING, SOLVING, WRITING = "reading the clip", "solving key frames", "writing frames"
"""Parts of the work, in order."""
SMALLEST_SHARE = 0.02
"""Of a part, after which its time left is estimated."""


class VideoProgress(NamedTuple):
    """Progress of a clip, for the callback."""

    part: str
    """`READING`, `SOLVING` or `WRITING`."""
    done: float | int
    """Of the part: frames, or key frames and the share of the next ones."""
    total: float | int
    """Of the part; while reading an estimate, and 0 if there is none."""
    seconds_left: float | None
    """Of the part, as far as its pace tells."""


class Watch:
    """Reports progress to a caller, who may stop the work."""

    def __init__(self, progress: Callable[[VideoProgress], bool | None] | None) -> None:
        self._progress = progress
        self._part, self._began, self._first = "", 0.0, 0.0

    def __call__(self, part: str, done: float | int, total: float | int) -> bool:
        """Report; whether to continue."""
        now = time.perf_counter()
        if part != self._part:
            self._part, self._began, self._first = part, now, done
        left = None
        if total and done - self._first > SMALLEST_SHARE * total:
            left = (now - self._began) * max(total - done, 0) / (done - self._first)
        report = VideoProgress(part, done, total, left)
        return self._progress is None or self._progress(report) is not False

    def check(self, part: str, done: float | int, total: float | int) -> None:
        """Report.

        Raises: StoppedError, if the caller stops the work.
        """
        if not self(part, done, total):
            raise StoppedError(f"stopped while {part}; nothing was written")
