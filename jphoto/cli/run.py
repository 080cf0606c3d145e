"""A transfer with a person watching: progress bar, Ctrl-C, compilation cache, exit status."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import platformdirs
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    import jphoto

INTERRUPTED = 130
"""The shell's status for a program that Ctrl-C ended."""


def run_transfer(content: Any, style: Any, **arguments: Any) -> "jphoto.Result":
    """`jphoto.transfer` with a progress bar on standard error; Ctrl-C ends it after the step.

    Raises: JphotoError, as `jphoto.transfer` does.
    """
    import jphoto

    keep_compiled_programs()
    with _interruption() as interrupted, _bar() as bar:
        task = bar.add_task("compiling", total=arguments["settings"].steps, objective="")

        def show(progress: jphoto.Progress) -> bool:
            objective = f"objective {progress.terms.total:.3f}"
            bar.update(task, description="solving", completed=progress.step, objective=objective)
            return not interrupted

        return jphoto.transfer(content, style, progress=show, **arguments)


def keep_compiled_programs() -> None:
    """Keep what jax compiles in the user's cache folder: the next run of a size starts at once."""
    import jax

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = platformdirs.user_cache_path("jphoto") / "compiled"
        jax.config.update("jax_compilation_cache_dir", str(folder))


def exit_status(result: "jphoto.Result") -> int:
    """Zero for a whole result, else what a script should see; the picture is saved all the same."""
    import jphoto

    if result.status is jphoto.Status.NOT_FINITE:
        typer.echo(
            f"jphoto: the objective was not finite after step {len(result.steps)}; "
            "saved the best picture before that. Try smaller weights",
            err=True,
        )
        return 1
    return INTERRUPTED if result.status is jphoto.Status.STOPPED else 0


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[objective]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


@contextmanager
def _interruption() -> Iterator[list[int]]:
    """A list that fills at the first Ctrl-C; the second one ends the program at once."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        typer.echo("stopping after this step; Ctrl-C again gives up", err=True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)
