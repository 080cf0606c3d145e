"""What commands share while they run: progress bar, Ctrl-C, compilation cache, exit status."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import platformdirs

from jphoto.cli.lines import message, note
from jphoto.cli.progress import LINES, progress_bar, terminal
from jphoto.process import news
from jphoto.process.phases import phases_shown
from jphoto.process.signals import ASKING, INTERRUPTED
from jphoto.process.worker import STOPPING, stopping_told

if TYPE_CHECKING:
    import jphoto
    from jphoto.looks import Look

Shown = TypeVar("Shown")
"""What a display shows: the progress of a transfer, a batch or a clip."""

TELLING_SECONDS = 1.0
"""Longest wait for the line that says that a signal was heard: on a busy machine, the thread that
prints it may come after the signal and the end of the work."""


def run_transfer(content: Any, style: Any, **arguments: Any) -> "jphoto.Result":
    """`jphoto.transfer` with progress on standard error; Ctrl-C stops it after the current step.

    Raises: JphotoError, as `jphoto.transfer` does.
    """
    import jphoto

    with stoppable(_display()) as (watch, _):
        return jphoto.transfer(content, style, progress=watch, **arguments)


def learn_look(photos: Sequence[Path], settings: "jphoto.Settings", thumbnails: bool) -> "Look":
    """`jphoto.Look.from_photos` with progress on standard error; Ctrl-C stops it, without a look.

    Raises: JphotoError, as that does; StoppedError, after Ctrl-C.
    """
    import jphoto
    from jphoto.errors import StoppedError

    held = [*held_photos({f"style photo {n}": path for n, path in enumerate(photos, 1)}).values()]
    with interruption() as interrupted, _learning_display(len(photos)) as show:

        def watch(learned: int) -> None:
            news.tell(news.STOPPABLE)
            if interrupted:
                raise StoppedError(f"stopped after {learned} of {len(photos)} photos; no look made")
            show(learned)

        return jphoto.Look.from_photos(
            held, settings=settings, with_thumbnails=thumbnails, progress=watch
        )


def held_photos(paths: Mapping[str, Path | None]) -> dict[str, Any]:
    """Photos by role, without those that are None, to be read as often as need be.

    Pipes are read here, once; the path "-" stands for standard input.

    Raises: ImageError, if that fails, or if two photos are to come from standard input.
    """
    from jphoto import images
    from jphoto.errors import ImageError

    given = {role: path for role, path in paths.items() if path is not None}
    if sum(str(path) == "-" for path in given.values()) > 1:
        raise ImageError("only one picture can come from standard input; give the other as a file")
    held: dict[str, Any] = {}
    for role, path in given.items():
        if str(path) == "-":
            held[role] = images.HeldFile("standard input", sys.stdin.buffer.read())
        else:
            held[role] = images.held(path, role.replace("_", " "))
    return held


def read_ahead(held: Mapping[str, Any]) -> dict[str, Any]:
    """Begin to read the content photo and the style photo in threads.

    Args:
      held: photos and masks by role, from `held_photos`.

    Returns: the same, with the two photos as `images.ReadAhead` where they are files.
    """
    from jphoto import images

    return {
        role: images.ReadAhead(source, role)
        if role in ("content", "style") and isinstance(source, Path)
        else source
        for role, source in held.items()
    }


def save(write: Callable[[], None], path: Path, *, numbered: bool = False) -> tuple[Path, int]:
    """Save a finished result; if it has to have another name, say so on standard error.

    Args:
      write: saves it.
      path: of its file.
      numbered: whether a number in the name needs no message, for nobody chose the name.

    Returns: the path of its file, and the exit status.
    Raises: ImageError, if it was not saved.
    """
    from jphoto.errors import SavedElsewhereError

    try:
        write()
    except SavedElsewhereError as error:
        if not (numbered and isinstance(error.__cause__, FileExistsError)):
            message(error)
            return error.path, 1
        return error.path, 0
    return path, 0


def keep_compiled_programs() -> None:
    """Cache compiled programs in the user's cache folder, so that the next run starts faster."""
    import jax

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = platformdirs.user_cache_path("jphoto") / "compiled"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        # By default jax caches programs that took a second to compile; several of ours are faster.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    news.tell(news.CACHE, str(jax.config.values["jax_compilation_cache_dir"]))


def exit_status(result: "jphoto.Result") -> int:
    """Zero for a complete result, else the status for scripts; the picture is saved either way."""
    import jphoto
    from jphoto.pipeline import report

    if result.status is jphoto.Status.NOT_FINITE:
        message(report.not_finite_line(result))
        return 1
    return INTERRUPTED if result.status is jphoto.Status.STOPPED else 0


@contextmanager
def _display() -> Iterator["Callable[[jphoto.Progress], None]"]:
    """A progress bar on a terminal; ten plain lines in a log."""
    console = terminal()
    if console is None:
        yield _line_by_line()
        return
    with progress_bar(console, "{task.percentage:.0f} %", "{task.fields[objective]}") as bar:
        task = bar.add_task("preparing", total=1.0, objective="")

        def describe(phase: str) -> None:
            bar.update(task, description=phase)

        def show(progress: "jphoto.Progress") -> None:
            terms = progress.terms
            if terms is None:
                return
            bar.update(
                task,
                description=f"solving at {terms.size} pixels",
                completed=progress.share,
                objective=f"objective {terms.total:.3f}",
            )

        with phases_shown(describe, patience=0):
            yield show


@contextmanager
def _learning_display(photos: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; a line for each photo in a log."""
    console = terminal()
    if console is None:
        yield lambda learned: LINES(f"learned from {learned} of {photos} photos")
        return
    with progress_bar(console, "{task.completed}/{task.total}") as bar:
        task = bar.add_task("learning", total=photos)
        with phases_shown(lambda phase: bar.update(task, description=phase), patience=0):
            yield lambda learned: bar.update(task, completed=learned)


def _line_by_line() -> "Callable[[jphoto.Progress], None]":
    """A line for each tenth of the work."""
    printed = 0

    def show(progress: "jphoto.Progress") -> None:
        nonlocal printed
        terms, tenths = progress.terms, int(10 * progress.share)
        if terms is not None and tenths > printed:
            printed = tenths
            LINES(
                f"{10 * tenths} %, step {progress.step} at {terms.size} pixels, "
                f"objective {terms.total:.3f}, {progress.seconds:.0f} s"
            )

    return show


@contextmanager
def stoppable(
    display: AbstractContextManager[Callable[[Shown], None]],
) -> Iterator[tuple[Callable[[Shown], bool], list[int]]]:
    """Compiled programs are cached, progress is displayed, and Ctrl-C stops the work by itself.

    Args:
      display: yields the function that displays progress.

    Yields: a callback that displays progress and returns False after Ctrl-C, and the list of
      `interruption`.
    """
    keep_compiled_programs()
    with interruption() as interrupted, display as show:

        def watch(progress: Shown) -> bool:
            news.tell(news.STOPPABLE)
            show(progress)
            return not interrupted

        yield watch, interrupted


@contextmanager
def interruption() -> Iterator[list[int]]:
    """Yield a list that is empty until the first Ctrl-C; a second one ends the program at once.

    A watch, see `jphoto.process`, answers both, and passes on SIGTERM and SIGHUP.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if not news.is_watched():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            note(STOPPING)

    numbers = ASKING if news.is_watched() else [signal.SIGINT]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # Python gives signals to the main thread alone
    before = {number: signal.signal(number, receive) for number in numbers}
    try:
        yield received
    finally:
        if received and news.is_watched():
            stopping_told.wait(TELLING_SECONDS)
        for number, handler in before.items():
            signal.signal(number, handler)
