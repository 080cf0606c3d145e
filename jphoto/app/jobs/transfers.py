"""An attempt, transferred: the job that solves it, shows it while it improves, and keeps it."""

import contextlib
import dataclasses
import io
import json
import shutil
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import jphoto
from jphoto import images, weights
from jphoto.app.jobs import attempts as names
from jphoto.app.jobs.attempts import Attempt
from jphoto.app.jobs.folder import delete, write_bytes
from jphoto.app.jobs.frames import Frames
from jphoto.app.jobs.notes import noted
from jphoto.app.jobs.photos import THUMB_QUALITY, THUMB_SIDE, VIEW_QUALITY, VIEW_SIDE
from jphoto.app.jobs.session import Session
from jphoto.compilation.programs import COMPILING
from jphoto.pipeline import report
from jphoto.pipeline.capacity import free_bytes, transfer_bytes, with_fitting_size
from jphoto.pipeline.transfer import LIFTING, Result
from jphoto.process.phases import phases_shown
from jphoto.settings import Settings
from jphoto.solver.devices import devices_for
from jphoto.solver.progress import Progress, Status

OTHER_THREADS = "full-size"
"""Beginning of the names of threads whose phases are not those of the running attempt."""


class _Shown(Exception):
    """A first look was shown, and needs no result."""


class _StoppedEarly(Exception):
    """The attempt was stopped before it had a picture."""


class AttemptJob:
    """The job of an attempt.

    Args:
      session: that has the attempt.
      attempt: to transfer.
      run_waiting: runs the jobs that wait and are wanted, in the midst of this one.
    """

    held = True

    def __init__(
        self,
        session: Session,
        attempt: Attempt,
        run_waiting: Callable[[Callable[[Any], bool]], None] = lambda wanted: None,
    ) -> None:
        self._session, self.attempt = session, attempt
        self.client, self.key = attempt.client, attempt.id
        self._run_waiting, self._stopped = run_waiting, threading.Event()
        self._began = self._solving_since = 0.0
        self._thread, self._may_end_early = threading.current_thread(), False
        self._frames = Frames(session.of_attempt(attempt, names.FRAME))

    def run(self) -> None:
        """Solve the attempt and keep the result; nothing of one that was deleted meanwhile.

        Raises: JphotoError, if it fails.
        """
        try:
            self._solve()
        finally:
            if self.attempt.id not in self._session.attempts:
                delete(self._session.of_attempt(self.attempt))

    def _solve(self) -> None:
        self._began, self.attempt.place = time.monotonic(), None
        self._thread = threading.current_thread()
        self._set(names.READING, "reading the photos")
        settings = self._checked(self.attempt.to_settings())
        with phases_shown(self._phase, patience=0), noted(self.attempt.notes):
            if self._wants_first_look():
                with contextlib.suppress(_Shown):
                    self._transfer(dataclasses.replace(settings, regions="none"), self._show_only)
            result = self._result(settings)
        self._set(names.SAVING, "saving the result")
        self._keep(result, settings)
        self._end(result)

    def _result(self, settings: Settings) -> Result:
        self._may_end_early = self.attempt.kind == names.TRANSFER and settings.steps > 0
        with contextlib.suppress(_StoppedEarly):
            return self._transfer(settings, self._watch)
        self._run_waiting(self._is_preview_of_same_window)
        # The first picture of a descent, without what the descent needs.
        return self._transfer(dataclasses.replace(settings, steps=0), self._watch)

    @property
    def has_something(self) -> bool:
        """Whether it is being solved, so that it ends after a step."""
        return self.attempt.status in (names.SOLVING, names.SAVING)

    def stop(self) -> None:
        """Ask it to end after the current step or program; a preview ends by itself."""
        self._stopped.set()
        self.attempt.stopping = True
        self._session.tell(self.attempt, keep=False)

    def fail(self, line: str) -> None:
        """Note that it has failed."""
        attempt = self.attempt
        attempt.status, attempt.phase = names.FAILED, ""
        attempt.error = self._session.in_words(line)
        attempt.stopping, attempt.place = False, None
        self._session.tell(attempt)

    def drop(self) -> None:
        """Delete the attempt, whose turn does not come."""
        self._session.delete_attempt(self.attempt)

    def wait(self, place: int) -> None:
        """Tell how many jobs come before it."""
        if self.attempt.place != place:
            self.attempt.place = place
            self._session.tell(self.attempt, keep=False)

    def _wants_first_look(self) -> bool:
        """Whether the whole photo is recolored first, because finding regions takes a while."""
        attempt = self.attempt
        alone = len(attempt.styles) == 1 and not attempt.style_for
        return (
            attempt.kind == names.PREVIEW
            and alone
            and not self._session.photo(attempt.styles[0]["id"]).is_look
            and not attempt.mask_ids
            and attempt.settings.get("regions", "auto") in ("auto", "features")
            and weights.find("deeplab") is None
        )

    def _checked(self, settings: Settings) -> Settings:
        """The settings with a size that fits into memory, before anything is read.

        Raises: DeviceError, if none does.
        """
        attempt, (device, *_) = self.attempt, devices_for(settings, False)
        content = self._size(attempt.content)
        style = self._size(attempt.styles[0]["id"])
        free = free_bytes(device)
        fitting = with_fitting_size(settings, content, style, device.platform, free)
        attempt.memory = transfer_bytes(fitting, content, style, device.platform)
        attempt.height, attempt.width = images.working_size(content, fitting.long_side)
        full = content
        if settings.out_size != "full":
            full = images.working_size(self._session.photo(attempt.content).size, settings.out_size)
        elif attempt.kind == names.PREVIEW:
            full = self._session.photo(attempt.content).size
        attempt.result_height, attempt.result_width = full
        return settings

    def _size(self, key: str) -> tuple[int, int]:
        """Height and width of what is read of a photo; a look counts as the content photo."""
        photo = self._session.photo(key)
        if photo.is_look:
            return self._size(self.attempt.content)
        if self.attempt.kind == names.PREVIEW:
            return images.working_size(photo.size, VIEW_SIDE)
        return photo.size

    def _transfer(self, settings: Settings, watch: Callable[[Progress], bool]) -> Result:
        """Transfer at the size that the page shows; the full size is made when it is asked for."""
        side = VIEW_SIDE if settings.out_size == "full" else min(settings.out_size, VIEW_SIDE)
        reduced = self.attempt.kind == names.PREVIEW
        arguments = transfer_arguments(self._session, self.attempt, reduced=reduced)
        settings = dataclasses.replace(settings, out_size=side)
        return jphoto.transfer(**arguments, settings=settings, progress=watch)

    def _phase(self, words: str) -> None:
        """Show a phase of the work."""
        if threading.current_thread().name.startswith(OTHER_THREADS):
            return
        status = {COMPILING: names.COMPILING, LIFTING: names.SAVING}.get(words, names.READING)
        self._set(status, words)
        own = threading.current_thread() is self._thread
        if own and self._may_end_early and self._stopped.is_set():
            self._may_end_early = False
            raise _StoppedEarly

    def _set(self, status: str, phase: str) -> None:
        attempt = self.attempt
        attempt.status, attempt.phase = status, phase
        attempt.seconds = time.monotonic() - self._began
        self._session.tell(attempt)

    def _show_only(self, progress: Progress) -> bool:
        self._frame(progress)
        raise _Shown

    def _watch(self, progress: Progress) -> bool:
        """Show how far it is; whether to go on."""
        attempt = self.attempt
        self._may_end_early = False
        attempt.status, attempt.phase = names.SOLVING, f"solving, step {progress.step}"
        attempt.share, attempt.step, attempt.steps = progress.share, progress.step, progress.steps
        attempt.seconds = time.monotonic() - self._began
        if not progress.step:
            self._solving_since = progress.seconds
        elif progress.share:
            spent = progress.seconds - self._solving_since
            attempt.seconds_left = spent * (1 - progress.share) / progress.share
        self._frame(progress)
        self._session.tell(attempt, keep=False)
        if self._stopped.is_set():
            # The next one is seen before this one is finished and kept.
            self._run_waiting(self._is_preview_of_same_window)
        return not self._stopped.is_set()

    def _is_preview_of_same_window(self, job: object) -> bool:
        return isinstance(job, AttemptJob) and (job.client, job.attempt.kind) == (
            self.client,
            names.PREVIEW,
        )

    def _frame(self, progress: Progress) -> None:
        if not self._frames.add(progress):
            return
        attempt, count = self.attempt, self._frames.count
        attempt.frame = count
        url = f"/api/attempts/{attempt.id}/frame/{count}.jpg"
        self._session.hub.send("frame", attempt.id, {"attempt": attempt.id, "n": count, "url": url})

    def _keep(self, result: Result, settings: Settings) -> None:
        """Write what the page shows, and what the file of any size and strength is made from."""
        folder, attempt = self._session.of_attempt(self.attempt), self.attempt
        picture = images.on_white(result.picture, result.original)
        write_bytes(folder / names.RESULT, images.jpeg_bytes(picture, VIEW_QUALITY))
        size = picture.shape[:2]
        small = images.resize(picture.clip(0, 1), images.working_size(size, THUMB_SIDE))
        write_bytes(folder / names.THUMB, images.jpeg_bytes(small, THUMB_QUALITY))
        view = images.read_picture(self._session.view(attempt.content), role="content")
        if view.shape[:2] == size:
            shutil.copyfile(self._session.view(attempt.content), folder / names.CONTENT)
        else:
            shown = images.jpeg_bytes(images.resize(view, size), VIEW_QUALITY)
            write_bytes(folder / names.CONTENT, shown)
        used = dataclasses.replace(result.settings, out_size=settings.out_size)
        label = dataclasses.replace(result.label, settings=used)
        write_bytes(folder / names.LABEL, label.to_json().encode())
        solved = io.BytesIO()
        np.save(solved, result.unclipped)
        write_bytes(folder / names.SOLVED, solved.getvalue())

    def _end(self, result: Result) -> None:
        attempt = self.attempt
        attempt.regions = json.loads(json.dumps([row._asdict() for row in result.regions]))
        attempt.outcome, attempt.phase = report.outcome_line(result), ""
        attempt.height, attempt.width = result.solved.shape[:2]
        attempt.seconds, attempt.seconds_left = time.monotonic() - self._began, None
        attempt.stopping, attempt.share = False, 1.0
        stopped = result.status in (Status.STOPPED, Status.NOT_FINITE)
        if result.status is Status.NOT_FINITE:
            attempt.error = report.not_finite_line(result)
        attempt.status = names.STOPPED if stopped else names.FINISHED
        if attempt.kind == names.PREVIEW and result.status is Status.STOPPED:
            attempt.status = names.FINISHED  # it was complete
        self._session.tell(attempt)
        self._session.clean()


def transfer_arguments(
    session: Session, attempt: Attempt, *, reduced: bool = False
) -> dict[str, Any]:
    """The arguments of `jphoto.transfer` for an attempt, but for its settings.

    Args:
      session: that has the photos.
      attempt: that is made from them.
      reduced: whether reduced copies are read in place of the photos.

    Raises: MissingError, if a photo or mask was deleted.
    """
    path = session.reduced if reduced else session.original
    masks, keys = attempt.masks, [one["id"] for one in attempt.styles]
    style_masks = [session.mask(key) if key else None for key in masks.get("styles") or ()]
    arguments: dict[str, Any] = {
        "content": path(attempt.content),
        "style": [path(key) for key in keys],
        "style_weights": attempt.weights,
        "style_for": {kind: path(key) for kind, key in attempt.style_for.items()},
    }
    if masks.get("content"):
        arguments["content_mask"] = session.mask(masks["content"])
    if any(style_masks):
        arguments["style_mask"] = style_masks
    return arguments
