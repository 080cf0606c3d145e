"""A batch of the session, run by `jphoto.batches`: what is done stays done, whatever happens.

A batch lets others have their turn after each of its photos.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jphoto import files, formats, images
from jphoto.app.jobs import batches as names
from jphoto.app.jobs.batches import Batch
from jphoto.app.jobs.photos import THUMB_QUALITY, THUMB_SIDE
from jphoto.app.jobs.session import Session
from jphoto.batches.entries import Entry, Task
from jphoto.batches.names import Wish, distinct_names, suffix_of
from jphoto.batches.records import latest_records
from jphoto.batches.run import RunProgress, run
from jphoto.errors import ImageError, SettingsError
from jphoto.looks import Look
from jphoto.looks.styles import style_of
from jphoto.settings import Settings

LOOK = "style.look"
"""File of the look that several styles make."""


def check_folder(text: str | None, default: Path) -> Path:
    """The folder of the results.

    Args:
      text: a path on this machine; None for the default.
      default: folder.

    Raises: SettingsError or ImageError, if nothing can be written there.
    """
    if text is None or not text.strip():
        files.make_folder(default)
        return default
    folder = Path(text.strip()).expanduser()
    if not folder.is_absolute():
        raise SettingsError(f"folder: give the whole path, such as {Path.home() / 'at-dusk'}")
    files.make_folder(folder)
    images.check_output(folder / "photo.jpg", inputs=(), force=True)
    return folder


def rows_of(session: Session, batch: Batch) -> list[dict[str, Any]]:
    """The rows of a new batch: the names of the results, none of them done."""
    settings, photos = Settings(**batch.settings), [session.photo(key) for key in batch.contents]
    wishes = []
    for photo in photos:
        path = Path(photo.name)
        wishes.append(Wish(path.stem, suffix_of(path, None, settings), path))
    return [
        {"name": name, "status": names.QUEUED, "error": None, "content": photo.id}
        for name, photo in zip(distinct_names(wishes), photos, strict=True)
    ]


class BatchJob:
    """The job of a batch.

    Args:
      session: that has the batch.
      batch: to run.
      others_wait: whether another job waits for its turn.
      again: adds the job to the queue once more.
    """

    held = False
    has_something = True

    def __init__(
        self,
        session: Session,
        batch: Batch,
        others_wait: Callable[[], bool],
        again: Callable[["BatchJob"], None],
    ) -> None:
        self._session, self.batch = session, batch
        self.client, self.key = f"batch {batch.id}", batch.id
        self._others_wait, self._again = others_wait, again
        self._stopped, self._turn_over = threading.Event(), False
        self._began = self._before = 0.0

    def run(self) -> None:
        """Make what is missing, until it is stopped or others want their turn.

        Raises: JphotoError, if it cannot go on.
        """
        batch, folder = self.batch, Path(self.batch.folder)
        batch.status, batch.error, self._turn_over = names.RUNNING, None, False
        self._tell()
        before, began = batch.seconds, time.monotonic()
        files.make_folder(folder)
        with self._timed(before, began):
            run(self._entries(), folder, Settings(**batch.settings), watch=self._watch)
        self._read_rows(whole_run=not (self._stopped.is_set() or self._turn_over))
        waiting = any(row["status"] == names.QUEUED for row in batch.rows)
        if self._stopped.is_set():
            batch.status = names.STOPPED
        elif waiting and self._turn_over:
            batch.status = names.QUEUED
            self._again(self)
        else:
            batch.status = names.FINISHED
        self._tell()

    @contextlib.contextmanager
    def _timed(self, before: float, began: float) -> Iterator[None]:
        self._began, self._before = began, before
        try:
            yield
        finally:
            self.batch.seconds = before + time.monotonic() - began

    def stop(self) -> None:
        """Ask it to end after the current step."""
        self._stopped.set()

    def fail(self, line: str) -> None:
        """Note that it cannot go on; what is done is kept, and it can be resumed."""
        self.batch.status, self.batch.error = names.FAILED, self._session.in_words(line)
        self._tell()

    def drop(self) -> None:
        """Note that its turn does not come."""
        self.batch.status = names.STOPPED
        self._tell()

    def wait(self, place: int) -> None:
        """Its place in the queue is of no interest."""

    def _entries(self) -> list[Entry]:
        """The tasks of the rows that are not done."""
        settings, style = Settings(**self.batch.settings), self._style()
        return [
            Task(
                number, row["name"], Path(self._session.original(row["content"])), style, None,
                None, settings,
            )
            for number, row in enumerate(self.batch.rows)
            if row["status"] == names.QUEUED
        ]  # fmt: skip

    def _style(self) -> Path:
        """The file of the style, or the name of a look; a look is made of several styles."""
        session, styles = self._session, self.batch.styles
        if len(styles) == 1:
            return Path(session.original(styles[0]["id"]))
        path = session.folder.part("batches", self.batch.id) / LOOK
        if not path.is_file():
            sources = [session.original(one["id"]) for one in styles]
            shares = [one["weight"] for one in styles]
            settings = Settings(**self.batch.settings)
            made = style_of(sources, None, shares, None, settings, to_keep=True).source
            if not isinstance(made, Look):
                return Path(sources[shares.index(max(shares))])  # the only one with a weight
            made.save(path, force=True)
        return path

    def _watch(self, progress: RunProgress) -> bool:
        """Tell what is done; whether to go on."""
        if progress.last:
            self._read_rows()
            states = [row["status"] for row in self.batch.rows]
            self.batch.seconds = self._before + time.monotonic() - self._began
            each = (time.monotonic() - self._began) / max(1, progress.tally.done)
            self.batch.seconds_left = each * states.count(names.QUEUED)
            self._tell()
            self._turn_over = self._others_wait()
        return not (self._stopped.is_set() or self._turn_over)

    def _read_rows(self, whole_run: bool = False) -> None:
        """Take the outcomes from the journal.

        Args:
          whole_run: whether the run has gone through all rows. Then what an earlier batch in the
            same folder has made counts, too, for it was found to be the same.
        """
        since = 0.0 if whole_run else self.batch.since
        records = latest_records(Path(self.batch.folder))
        for row in self.batch.rows:
            record = records.get(row["name"])
            if row["status"] == names.QUEUED and record is not None and record.time >= since:
                row["status"] = names.FAILED if record.failed else names.FINISHED
                row["error"] = record.reason and self._session.in_words(record.reason)

    def _tell(self) -> None:
        session, batch = self._session, self.batch
        if session.batches.get(batch.id) is batch:
            if batch.ended:
                batch.seconds_left = None
            batch.write(session.folder)
            session.hub.send("batch", batch.id, batch.described())


def resume(batch: Batch) -> None:
    """Let everything of a batch that is not there have another try."""
    for row in batch.rows:
        if row["status"] == names.FAILED or not (Path(batch.folder) / row["name"]).is_file():
            row["status"], row["error"] = names.QUEUED, None
    batch.status, batch.error, batch.since = names.QUEUED, None, time.time()


def thumbnail(session: Session, batch: Batch, number: int) -> Path:
    """The path of a small picture of a result, made if need be.

    Raises: ImageError, if the result cannot be read.
    """
    path = session.folder.part("batches", batch.id) / f"thumb-{number}.jpg"
    result = result_path(batch, number)
    if not path.is_file() or path.stat().st_mtime < result.stat().st_mtime:
        shown = images.read_reduced(result, role="result", long_side=THUMB_SIDE).picture
        path.write_bytes(images.jpeg_bytes(shown, THUMB_QUALITY))
    return path


def result_path(batch: Batch, number: int) -> Path:
    """The path of a result.

    Raises: ImageError, if there is none.
    """
    rows = batch.rows
    if not 0 <= number < len(rows) or rows[number]["status"] != names.FINISHED:
        raise ImageError("there is no such result")
    path = Path(batch.folder) / str(rows[number]["name"])
    if not path.is_file() or not formats.is_written(path):
        raise ImageError(f"{path} is no longer there")
    return path
