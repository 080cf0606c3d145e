"""Frames: pictures of an attempt while it improves, cheap enough to be shown all the time."""

import time
from pathlib import Path

from jphoto import images
from jphoto.app.jobs.folder import write_bytes
from jphoto.solver.progress import Progress

QUALITY = 85
"""Of JPEG."""
MOST_SHARE = 0.03
"""Of the time of a solve that frames may take."""
FIRST_FRAMES = 3
"""That are made whatever they take."""


class Frames:
    """Writes frames as long as they take little of a solve's time.

    Args:
      path: of the file that has the newest.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._spent = path, 0.0
        self.count = 0
        """Of the frames so far."""

    def add(self, progress: Progress) -> bool:
        """Write a frame, unless the last ones took too long; whether there is a new one.

        Raises: ImageError, if it cannot be written.
        """
        if self.count >= FIRST_FRAMES and self._spent > MOST_SHARE * progress.seconds:
            return False
        began = time.perf_counter()
        write_bytes(self._path, images.jpeg_bytes(progress.picture(quick=True), QUALITY))
        self._spent += time.perf_counter() - began
        self.count += 1
        return True
