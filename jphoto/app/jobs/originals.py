"""The photo that was read last, kept for the next tile or file as long as memory is plentiful.

Reading 24 megapixels takes as long as making a result of them.
"""

import numpy as np

from jphoto import images
from jphoto.app.jobs.session import Session
from jphoto.pipeline.capacity import transfer_bytes
from jphoto.process.memory import free_bytes
from jphoto.settings import Settings
from jphoto.solver.pairs import working_photo


class LastOriginal:
    """Reads photos of a session, and keeps the last one.

    Memory is plentiful while a transfer of the photo with the default settings would still fit
    beside it, by the estimate that transfers use. One thread reads; any may call `make_room`.

    Args:
      session: that has the photos.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: tuple[str, images.Original] | None = None
        self._working: tuple[tuple[str, int], np.ndarray] | None = None

    def read(self, key: str) -> images.Original:
        """A photo at its own size, not to be changed.

        Args:
          key: id of the photo, which follows from its content.

        Raises: ImageError or MissingError, if it cannot be read.
        """
        path, last = self._session.original(key), self._last
        if last is not None and last[0] == key:
            return last[1]
        self._last = last = None  # two at once would not fit where one just does
        original = images.read_original(path, role="content")
        self._last = key, original
        self.make_room()
        return original

    def working(self, key: str, long_side: int) -> np.ndarray:
        """A photo at working size, as `working_photo`; arguments and errors as there and above."""
        if self._working is None or self._working[0] != (key, long_side):
            photo = images.srgb_on_white(self.read(key))
            self._working = (key, long_side), working_photo(photo, "content", long_side)
        return self._working[1]

    def make_room(self) -> None:
        """Let go of the photo unless memory is plentiful."""
        last = self._last
        if last is None:
            return
        height, width = last[1].picture.shape[:2]
        size = height, width
        if free_bytes() < transfer_bytes(Settings(), size, size, "cpu"):
            self._last = None
