"""The process that does the work: its standard streams, and its end.

What is printed never raises an error: names that the encoding lacks are escaped, and a full disk or
a closed pipe is noted and told at the end. What libraries write to the standard error stream past
Python goes to the watch, which keeps it in case the worker dies. JPHOTO_TRACEBACK=1 shows it, and
Python's warnings and tracebacks, as they come.
"""

import atexit
import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from jphoto.process import news, refusals
from jphoto.process.signals import ASKING, INTERRUPTED

WRITING = ("transfer", "batch", "compare", "segment", "demo", "eval")
"""Commands whose purpose is the files they write. They have not failed if only the words about it
cannot be printed."""

STOPPING = "stopping after this step; press Ctrl-C again to quit at once"

stopping_told = threading.Event()
"""Set once that line is printed, without which the process must not end."""


def run(
    work: Callable[[], None], clean: Callable[[], None], told: int, noise: int, life: int
) -> NoReturn:
    """Run a command as the worker of a watch, and end the process.

    Args:
      work: the command; it may raise SystemExit.
      clean: deletes drafts, if the watch is killed.
      told: pipe for news.
      noise: pipe for what libraries write to standard error.
      life: pipe that ends when the watch ends; each byte says that it was asked to stop.
    """
    signal.set_wakeup_fd(-1)
    for number in ASKING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave_to_the_watch)
    for number in (signal.SIGCHLD, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)
    news.begin(told)
    threading.Thread(target=_hear_the_watch, args=(life, clean), daemon=True).start()
    status = status_of(work, noise)
    news.tell(news.ENDED, str(status))
    # Not by the interpreter's own end, in which threads of XLA may crash.
    with contextlib.suppress(Exception):
        atexit._run_exitfuncs()
    os._exit(status)


def status_of(work: Callable[[], None], noise: int | None = None) -> int:
    """Run a command; its exit status.

    Args:
      work: the command; it may raise SystemExit.
      noise: where to send what libraries write to standard error past Python; None to show it.
    """
    printed = _with_lasting_streams(noise)
    status: Any = 0
    try:
        _refuse_tight_limits()
        work()
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        _say("stopped")
        status = INTERRUPTED
    except BaseException as error:
        status = 1
        _say(in_one_line(error))
    if not isinstance(status, int):
        status = 0 if status is None else 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    if printed.failure not in (None, errno.EPIPE):
        _say(f"standard output cannot be written: {os.strerror(printed.failure or 0)}")
        status = status or int(not _writes_files(sys.argv[1:]))
    return int(status)


class _Lasting(io.FileIO):
    """A stream that goes on when writing fails."""

    failure: int | None = None
    """Number of the first error."""

    def write(self, data: Any) -> int:
        """Write what can be written; the length of the data."""
        rest = memoryview(data).cast("B")
        length: int = rest.nbytes
        try:
            while self.failure is None and rest:
                rest = rest[super().write(rest) or 0 :]
        except OSError as error:
            self.failure = error.errno
        return length


def _with_lasting_streams(noise: int | None) -> _Lasting:
    """Replace Python's standard streams; the new output."""
    shown = "JPHOTO_TRACEBACK" in os.environ
    if not shown and not sys.warnoptions:
        warnings.simplefilter("ignore")
    errors = _Lasting(os.dup(2), "w")
    output = _Lasting(1, "w", closefd=False)
    sys.stdout = _text(output, sys.stdout)
    sys.stderr = _text(errors, sys.stderr)
    if noise is not None and not shown:
        os.dup2(noise, 2)
    return output


def _text(stream: _Lasting, before: Any) -> io.TextIOWrapper:
    encoding = getattr(before, "encoding", None) or "utf-8"
    buffered = io.BufferedWriter(stream)
    return io.TextIOWrapper(buffered, encoding, "backslashreplace", line_buffering=True)


def _refuse_tight_limits() -> None:
    """End before libraries are imported that would wait forever for memory.

    Raises: MemoryError.
    """
    granted, arguments = refusals.granted_bytes(), sys.argv[1:]
    light = not arguments or {"--help", "--version"} & {*arguments}
    if granted is not None and granted < refusals.LEAST_BYTES and not light:
        raise MemoryError


def in_one_line(error: BaseException) -> str:
    """A line for an error that nothing expected."""
    if "JPHOTO_TRACEBACK" in os.environ:
        traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    if refusals.is_refusal(text):
        return refusals.refusal()
    return f"unexpected error: {text}; please report it (JPHOTO_TRACEBACK=1 shows where)"


def _writes_files(arguments: list[str]) -> bool:
    """Whether a command line is not meant to print, but to write files."""
    writes = (arguments[:1] and arguments[0] in WRITING) or arguments[:2] == ["weights", "install"]
    return bool(writes) and not {"--json", "--help"} & set(arguments)


def _say(text: str) -> None:
    sys.stderr.write(f"jphoto: {text}\n")


def _leave_to_the_watch(number: int, frame: FrameType | None) -> None:
    """Ctrl-C reaches both processes; the watch kills this one or asks it to stop."""


def _hear_the_watch(life: int, clean: Callable[[], None]) -> None:
    """In a thread: print that a signal was heard, above a progress bar if there is one, while the
    main thread is in compiled code. End when the watch was killed, rather than work on unseen.
    """
    while os.read(life, 1):
        sys.stderr.write(STOPPING + "\n")
        stopping_told.set()
    clean()
    os._exit(1)
