"""The worker: one thread that runs one job after the other, whatever happens to any of them.

Compiled programs stay in its process, so that only the first transfer of a size waits for them.
"""

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from jphoto.app.jobs.queue import FairQueue
from jphoto.errors import JphotoError
from jphoto.process import memory
from jphoto.process.worker import in_one_line

ENDING_SECONDS = 4.0
"""Longest wait for the running job when the server ends: a step, and keeping its picture."""
OPENING_SECONDS = 2.0
"""After the start and after each opening of the page, which takes a browser a moment, before idle
work goes on."""
QUIET_SECONDS = 10.0
"""After a job or an upload, before idle work goes on."""

_logger = logging.getLogger(__name__)


class Job(Protocol):
    """A piece of work."""

    client: str
    """Who has asked for it."""
    key: str
    """Id of the attempt or batch."""
    held: bool
    """Whether it ends when its client is gone."""

    @property
    def has_something(self) -> bool:
        """Whether there is something to keep if it ends now."""

    def run(self) -> None:
        """Do it."""

    def stop(self) -> None:
        """Ask the running job to end soon, with what there is by then; from any thread."""

    def fail(self, line: str) -> None:
        """Note that it has failed."""

    def drop(self) -> None:
        """Note that it will not run."""

    def wait(self, place: int) -> None:
        """Note how many jobs come before it, the running one among them.

        Without any, it waits for a piece of idle work: programs are being compiled.
        """


class Worker:
    """Runs jobs in a thread of its own.

    Args:
      idle: work in pieces for when there is nothing else to do.
    """

    def __init__(self, idle: Callable[[], Iterator[object]] | None = None) -> None:
        self._queue = FairQueue[Job]()
        self._idle, self._quiet_until = idle, 0.0
        self._running: Job | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def begin(self) -> None:
        """Begin to work; idle work comes when the browser has had time to open the page."""
        self.expect(OPENING_SECONDS)
        self._thread.start()

    def expect(self, seconds: float = QUIET_SECONDS) -> None:
        """Begin no idle work for so long, for a job may come any moment."""
        self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def add(self, job: Job) -> None:
        """Add a job to the queue."""
        self._queue.add(job)
        self._tell_places()

    def stop(self, wanted: Callable[[Job], bool]) -> None:
        """Stop the running job, and drop those that wait, as far as they are wanted so."""
        with self._lock:
            running = self._running
        if running is not None and wanted(running):
            running.stop()
        self.drop(wanted)

    def stop_running(self, wanted: Callable[[Job], bool]) -> None:
        """Stop the running job, if it is wanted so."""
        with self._lock:
            running = self._running
        if running is not None and wanted(running):
            running.stop()

    def drop(self, wanted: Callable[[Job], bool]) -> None:
        """Drop jobs that wait, as far as they are wanted so."""
        dropped = self._queue.remove(wanted)
        for job in dropped:
            job.drop()
        if dropped:
            self._tell_places()

    def run_waiting(self, wanted: Callable[[Job], bool]) -> None:
        """Run jobs that wait, as far as they are wanted, in the midst of the running one.

        The running job calls this, from its thread.
        """
        for job in self._queue.remove(wanted):
            with self._lock:
                outer, self._running = self._running, job
            self._tell_places()
            self._run(job)
            with self._lock:
                self._running = outer

    @property
    def has_waiting(self) -> bool:
        """Whether a job waits for the running one."""
        return len(self._queue) > 0

    def end(self) -> bool:
        """Stop the running job and end; whether what there is to keep was kept in time."""
        self._queue.close()
        self.stop_running(lambda job: True)
        with self._lock:
            working = self._running is not None and self._running.has_something
        if working:
            self._thread.join(ENDING_SECONDS)
        return not (working and self._thread.is_alive())

    def _work(self) -> None:
        idle = self._idle() if self._idle else iter(())
        resting = False
        while not self._queue.closed:
            quiet = max(0.0, self._quiet_until - time.monotonic())
            job = self._queue.take(None if resting else quiet)
            if job is None:
                if time.monotonic() >= self._quiet_until and not self._queue.closed:
                    resting = resting or not _go_on(idle)
                continue
            with self._lock:
                self._running = job
            self._tell_places()
            self._run(job)
            with self._lock:
                self._running = None
            self.expect()
            gc.collect()
            memory.give_back()

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except JphotoError as error:
            self._fail(job, str(error))
        except Exception as error:  # of any class: one job's failure must not end the others
            self._fail(job, in_one_line(error))

    def _fail(self, job: Job, line: str) -> None:
        try:
            job.fail(line)
        except Exception as error:
            _logger.warning("%s; nor could that be noted: %s", line, in_one_line(error))

    def _tell_places(self) -> None:
        before = int(self._running is not None)
        for place, job in enumerate(self._queue.in_order(), before):
            job.wait(place)


def _go_on(idle: Iterator[object]) -> bool:
    """Do a piece of idle work; False if there is no more."""
    with contextlib.suppress(JphotoError):  # a transfer will say what is wrong
        return next(idle, idle) is not idle
    return False
