"""The process that the shell started: it waits for the worker and answers signals at once.

The first Ctrl-C, SIGTERM or SIGHUP is passed on if the worker has something to save; otherwise, and
at a second Ctrl-C, the worker is killed and its drafts are deleted. The exit status is 128 and the
signal's number then. A signal that comes before this module is imported ends Python as it always
does, so that it imports little.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable

from jphoto.process import news
from jphoto.process.signals import ASKING, INTERRUPTED

TYPE_CHECKING = False  # `typing` itself takes a while to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

SAME_CTRL_C_SECONDS = 0.1
"""A second signal within this time is the first: a terminal sends it to all processes, and some
programs that start others pass it on as well."""
NOISE_BYTES = 10_000
"""Of what libraries wrote last, kept to tell why the worker died."""
LOST_PEER = "JAX distributed service detected fatal errors"
"""In what jax writes when it ends a process because another one of a batch has died."""
FRESH_SECONDS = 2.0
"""A compiled program that was written so shortly before a kill may be incomplete. It is deleted,
because jax would neither use nor replace it."""


def guarded(work: Callable[[], None], clean: Callable[[], None]) -> "NoReturn":
    """Run a command in a worker, and end this process with its status.

    Args:
      work: the command; it may raise SystemExit.
      clean: deletes drafts in the worker, if the watch is killed.

    Raises: SystemExit, where there is no fork.
    """
    _fill_standard_streams()
    if not hasattr(os, "fork"):
        from jphoto.process import worker

        raise SystemExit(worker.status_of(work))
    try:
        wake, told, noise, life = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        process = _forked(wake)
    except OSError as error:
        _say(f"jphoto: the system refuses another process or its pipes: {error.strerror}")
        os._exit(1)
    if process == 0:
        from jphoto.process import worker

        for end in (*wake, told[0], noise[0], life[1]):
            os.close(end)
        worker.run(work, clean, told[1], noise[1], life[0])
    for end in (told[1], noise[1], life[0]):
        os.close(end)
    # At once: the interpreter's own end takes its handlers away, and a late Ctrl-C would count.
    os._exit(_Watch(process, wake[0], told[0], noise[0], life[1]).status())


def _forked(wake: tuple[int, int]) -> int:
    """Fork; the number of the worker, or 0 in the worker. Signals are written to a pipe first."""
    for end in wake:
        os.set_blocking(end, False)
    for number in [signal.SIGCHLD, signal.SIGTSTP, *ASKING]:
        # nohup: a closed terminal is no reason to end.
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ignore)
    signal.set_wakeup_fd(wake[1], warn_on_full_buffer=False)
    return os.fork()


class _Watch:
    """Waits for a worker.

    Args:
      process: of the worker.
      wake: pipe to which signals are written, as bytes.
      told: pipe from which news are read.
      noise: pipe from which the worker's libraries are read.
      life: pipe whose end tells the worker of the watch's; a byte, that it was asked to stop.
    """

    def __init__(self, process: int, wake: int, told: int, noise: int, life: int) -> None:
        self.process, self.wake, self.told, self.noise = process, wake, told, noise
        self.life = life
        self.asked: int | None = None
        """The signal that asked first."""
        self.asked_at, self.killed = 0.0, False
        self.stoppable, self.ended = False, ""
        self.drafts: set[str] = set()
        self.caches: set[str] = set()
        self.unread, self.written = b"", b""

    def status(self) -> int:
        """Wait for the end; the exit status."""
        found = 0, 0
        while found[0] == 0:
            ready, _, _ = select.select([self.wake, self.told, self.noise], [], [])
            self._read(ready)
            found = os.waitpid(self.process, os.WNOHANG)
        self._read(select.select([self.told, self.noise], [], [], 0)[0])
        if self.ended:
            status = int(self.ended)
            # Another signal than that of Ctrl-C may have stopped it.
            return 128 + self.asked if self.asked and status == INTERRUPTED else status
        code = os.waitstatus_to_exitcode(found[1])
        self._clean()
        if self.killed and self.asked is not None:
            _say("jphoto: stopped")
            return 128 + self.asked
        if code >= 0:
            return code
        _say(f"jphoto: {self._cause(-code)}")
        return 1

    def _read(self, ready: list[int]) -> None:
        """Act on what is in the pipes."""
        if self.told in ready:
            self._note(os.read(self.told, 1 << 20))
        if self.noise in ready:
            self.written = (self.written + os.read(self.noise, 1 << 16))[-NOISE_BYTES:]
        if self.wake in ready:
            for number in os.read(self.wake, 1 << 10):
                if number == signal.SIGTSTP:  # Ctrl-Z, which the worker has got as well
                    _show_cursor()
                    os.kill(os.getpid(), signal.SIGSTOP)
                elif number in ASKING:
                    self._ask(number)

    def _note(self, received: bytes) -> None:
        events, self.unread = news.split(self.unread + received)
        for event, what in events:
            if event == news.STOPPABLE:
                self.stoppable = True
            elif event == news.ENDED:
                self.ended = what
            elif event == news.DRAFT:
                self.drafts.add(what)
            elif event == news.DRAFT_GONE:
                self.drafts.discard(what)
            elif event == news.CACHE:
                self.caches.add(what)

    def _ask(self, number: int) -> None:
        """Stop the worker: let it save what it has, or kill it."""
        now = time.monotonic()
        if self.asked is None:
            self.asked, self.asked_at = number, now
            if self.stoppable and not self.ended:
                with contextlib.suppress(OSError):  # it has just ended
                    os.write(self.life, b".")
                os.kill(self.process, number)
                return
        elif number != signal.SIGINT or now - self.asked_at < SAME_CTRL_C_SECONDS:
            return
        self.killed = True
        os.kill(self.process, signal.SIGKILL)

    def _clean(self) -> None:
        """Delete what a dead worker left half-written, and show the terminal's cursor again."""
        from pathlib import Path

        for draft in self.drafts:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
        for folder in self.caches:
            with contextlib.suppress(OSError):
                for path in Path(folder).iterdir():
                    if path.is_file() and time.time() - path.stat().st_mtime < FRESH_SECONDS:
                        path.unlink()
        _show_cursor("\r\x1b[K")

    def _cause(self, number: int) -> str:
        """Why the worker died, in words.

        Args:
          number: of the signal that ended it.
        """
        from jphoto.process import refusals

        noise = self.written.decode(errors="replace")
        if number in (signal.SIGKILL, signal.SIGXCPU) and refusals.is_time_over():
            return "the computing time that this shell grants a program is over (ulimit -t)"
        if refusals.is_refusal(noise):
            return refusals.refusal()
        if number == signal.SIGKILL:
            return f"killed from outside, probably because {refusals.refusal()}"
        if LOST_PEER in noise:
            return (
                "another process of the batch has ended, and this one with it; results are kept: "
                "run the same command again, which makes what is missing"
            )
        name = signal.Signals(number).name
        return f"unexpected end by {name}; please report it (JPHOTO_TRACEBACK=1 shows more)"


def _fill_standard_streams() -> None:
    """Occupy closed standard streams, else the next opened file would get their numbers.

    Writing to a closed standard output still fails, as it should; errors have nowhere to go.
    """
    for stream, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, mode)


def _ignore(number: int, frame: "FrameType | None") -> None:
    """The number comes through the pipe."""


def _show_cursor(before: str = "") -> None:
    """Show the terminal's cursor, which a progress bar hides."""
    if os.isatty(2) and os.environ.get("TERM", "dumb") != "dumb":
        _say(f"{before}\x1b[?25h", end="")


def _say(text: str, end: str = "\n") -> None:
    with contextlib.suppress(OSError):
        os.write(2, (text + end).encode())
