"""What `jphoto video` shows while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jphoto.cli.progress import LINES, progress_bar, terminal

if TYPE_CHECKING:
    from jphoto.video.progress import VideoProgress


@contextmanager
def display() -> "Iterator[Callable[[VideoProgress], None]]":
    """A progress bar on a terminal; lines in a log."""
    console = terminal()
    if console is None:
        yield _line_by_line()
        return
    with progress_bar(console, "{task.percentage:.0f} %") as bar:
        task = bar.add_task("reading the clip", total=None)
        part = ""

        def show(progress: "VideoProgress") -> None:
            nonlocal part
            if progress.part != part:
                part = progress.part
                bar.reset(task, description=part, total=progress.total or None)
            bar.update(task, completed=progress.done, total=progress.total or None)

        yield show


def _line_by_line() -> "Callable[[VideoProgress], None]":
    """A line for each fifth of a part of the work."""
    last = "", -1

    def show(progress: "VideoProgress") -> None:
        nonlocal last
        fifths = int(5 * progress.done / progress.total) if progress.total else 0
        if (progress.part, fifths) != last:
            last = progress.part, fifths
            left = progress.seconds_left
            rest = "" if left is None else f", {left:.0f} s left"
            LINES(f"{progress.part}, {20 * fifths} %{rest}")

    return show
