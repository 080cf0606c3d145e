"""Everything that a session has, by id: read from its folder on start, and cleaned by age and size.

Routes and the worker share it; what changes it holds its lock.
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any

from jphoto.app.jobs import attempts as attempt_files
from jphoto.app.jobs.attempts import CUT_OFF, FAILED, STOPPED, Attempt
from jphoto.app.jobs.batches import Batch
from jphoto.app.jobs.folder import Folder, delete, read_all
from jphoto.app.jobs.hub import Event, Hub
from jphoto.app.jobs.photos import LOOK_PREFIX, Photo, bundled_photos
from jphoto.errors import ImageError, JphotoError

MOST_DAYS = 30
"""Days after which an attempt, and what nothing else needs, is deleted."""
MOST_BYTES = 4_000_000_000
"""Of the session folder; above it, the oldest attempts are deleted."""
SAVING_PREFIX = "save-"
"""Begins the names of files that are made to be sent, and deleted then."""

_logger = logging.getLogger(__name__)


class MissingError(JphotoError):
    """Something is not, or no longer, in the session."""


class UsedError(JphotoError):
    """Something cannot be deleted, because something else needs it."""


class Session:
    """Photos, attempts, masks and batches.

    Args:
      folder: that they are kept in.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder, self.hub = folder, Hub()
        self.lock = threading.RLock()
        self.looks = {look.id: look for look in bundled_photos()}
        parts = folder.part
        self.photos = read_all(parts("photos"), "photo.json", Photo.from_values)
        self.attempts = read_all(parts("attempts"), attempt_files.RECORD, Attempt.from_values)
        self.batches = read_all(parts("batches"), "batch.json", Batch.from_values)
        for attempt in self.attempts.values():
            self._end_interrupted(attempt)
        self._delete_leftovers()

    def photo(self, key: object) -> Photo:
        """A photo, or a look.

        Raises: MissingError, if there is none.
        """
        found = self.photos.get(str(key)) or self.looks.get(str(key))
        if found is None:
            raise MissingError(f"photo {str(key)[:40]} is not there; it may have been deleted")
        return found

    def attempt(self, key: str) -> Attempt:
        """An attempt.

        Raises: MissingError, if there is none.
        """
        if key not in self.attempts:
            raise MissingError("this attempt is not there; it may have been deleted")
        return self.attempts[key]

    def batch(self, key: str) -> Batch:
        """A batch.

        Raises: MissingError, if there is none.
        """
        if key not in self.batches:
            raise MissingError("this batch is not there; it may have been deleted")
        return self.batches[key]

    def original(self, key: str) -> str:
        """The path of the file of a photo or look, or the name of a bundled look."""
        photo = self.photo(key)
        if key.startswith(LOOK_PREFIX):
            return key.removeprefix(LOOK_PREFIX)
        return str(self.folder.part("photos", key) / photo.file)

    def reduced(self, key: str) -> str:
        """The path of a photo's reduced copy; of a look as `original`."""
        photo = self.photo(key)
        return self.original(key) if photo.is_look else str(self.view(key))

    def view(self, key: str) -> Path:
        """The path of what the page shows of a photo or look that was uploaded."""
        return self.folder.part("photos", key) / "view.jpg"

    def in_words(self, line: str) -> str:
        """A line about photos, which have their names in it in place of their paths."""
        for photo in self.photos.values():
            folder = self.folder.part("photos", photo.id)
            for name in (photo.file, "view.jpg"):
                line = line.replace(str(folder / name), photo.name)
        return line

    def mask(self, key: str) -> Path:
        """The path of a mask.

        Raises: MissingError, if there is none.
        """
        path = self.folder.part("masks") / f"{key}.png"
        if not key.isalnum() or not path.is_file():
            raise MissingError("this mask is not there; it may have been deleted")
        return path

    def of_attempt(self, attempt: Attempt, name: str = "") -> Path:
        """The path of a file of an attempt, or of its folder."""
        return self.folder.part("attempts", attempt.id) / name

    def tell(self, attempt: Attempt, keep: bool = True) -> None:
        """Send the state of an attempt to all windows.

        Args:
          attempt: that has changed.
          keep: whether its file changes too; the work goes on where that fails.
        """
        if self.attempts.get(attempt.id) is not attempt:
            return
        if keep:
            try:
                attempt.write(self.folder)
            except ImageError as error:
                _logger.warning("%s", error)
        self.hub.send("attempt", attempt.id, attempt.described())

    def unfinished(self) -> list[tuple[object, Event]]:
        """The events that a new window begins with."""
        with self.lock:
            events: list[tuple[object, Event]] = [
                (one.id, ("attempt", one.described()))
                for one in self.attempts.values()
                if not one.ended
            ]
            return events + [
                (one.id, ("batch", one.described())) for one in self.batches.values()
                if not one.ended
            ]  # fmt: skip

    def delete_photo(self, key: str) -> None:
        """Delete a photo with its file.

        Raises: MissingError, if there is none; UsedError, while attempts or batches need it.
        """
        with self.lock:
            if key not in self.photos:
                raise MissingError("this photo is not there; it may have been deleted")
            if key in self._needed():
                raise UsedError(
                    f"{self.photos[key].name} belongs to attempts or batches; delete these first"
                )
            del self.photos[key]
        delete(self.folder.part("photos", key))
        self.hub.send("removed", key, {"id": key})

    def delete_attempt(self, attempt: Attempt) -> None:
        """Delete an attempt that is not running."""
        with self.lock:
            self.attempts.pop(attempt.id, None)
        delete(self.of_attempt(attempt))
        self.hub.send("removed", attempt.id, {"id": attempt.id})

    def delete_batch(self, batch: Batch) -> None:
        """Delete a batch that is not running; results in a folder of the user's choice stay."""
        with self.lock:
            self.batches.pop(batch.id, None)
        delete(self.folder.part("batches", batch.id))
        self.hub.send("removed", batch.id, {"id": batch.id})

    def clean(self) -> None:
        """Delete what is old, and the oldest attempts while the folder is too large."""
        oldest = time.time() - MOST_DAYS * 86400
        with self.lock:
            ended = sorted(
                (one for one in self.attempts.values() if one.ended), key=lambda one: one.created
            )
            batches = [one for one in self.batches.values() if one.ended]
        for batch in batches:
            if batch.created < oldest:
                self.delete_batch(batch)
        size = self.folder.size()
        for attempt in ended:
            if attempt.created < oldest or size > MOST_BYTES:
                size -= _size(self.of_attempt(attempt))
                self.delete_attempt(attempt)
        with self.lock:
            needed = self._needed()
            photos = [one for key, one in self.photos.items() if key not in needed]
        for photo in sorted(photos, key=lambda one: one.created):
            if photo.created < oldest or (size > MOST_BYTES and _idle(photo.created)):
                size -= photo.bytes
                self.delete_photo(photo.id)
        self._delete_old_masks(oldest)

    def _delete_old_masks(self, oldest: float) -> None:
        with self.lock:
            used = {key for one in self.attempts.values() for key in one.mask_ids}
        for path in self.folder.part("masks").glob("*.png"):
            if path.stem not in used and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _needed(self) -> set[str]:
        """Ids of photos that an attempt or a batch is made from."""
        found = {key for one in self.attempts.values() for key in one.photos}
        return found | {key for one in self.batches.values() for key in one.photos}

    def _end_interrupted(self, attempt: Attempt) -> None:
        """End an attempt that was not done when the server ended."""
        if attempt.ended:
            return
        shown = self.of_attempt(attempt, attempt_files.FRAME).is_file()
        attempt.status, attempt.stopping = (STOPPED if shown else FAILED), False
        then = "its last picture was kept" if shown else "start it again"
        attempt.error, attempt.place, attempt.phase = f"{CUT_OFF}; {then}", None, ""
        attempt.frame, attempt.seconds_left = int(shown), None
        self.tell(attempt)

    def _delete_leftovers(self) -> None:
        """Delete what a server that was killed has left half-made."""
        for folder in self.folder.part("photos").glob(".new-*"):
            delete(folder)
        drafts = (".jphoto-*.part", f"{SAVING_PREFIX}*")
        for draft in (path for name in drafts for path in self.folder.root.glob(f"*/*/{name}")):
            draft.unlink(missing_ok=True)

    def state(self) -> dict[str, Any]:
        """Photos, looks, attempts and batches, as the page learns them."""
        with self.lock:
            return {
                "folder": str(self.folder.root),
                "folder_limit": MOST_BYTES,
                "photos": [one.described() for one in _by_age(self.photos)],
                "looks": [one.described() for one in self.looks.values()],
                "attempts": [one.described() for one in _by_age(self.attempts)],
                "batches": [one.described() for one in _by_age(self.batches)],
            }


def _by_age(things: dict[str, Any]) -> list[Any]:
    return sorted(things.values(), key=lambda one: one.created)


def _idle(created: float) -> bool:
    """Whether a photo is not one that was just uploaded and is about to be used."""
    return time.time() - created > 3600


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("**/*") if path.is_file())
