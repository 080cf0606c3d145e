"""`jphoto batch`: a manifest or folders of photos in, a folder of results out."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jphoto import formats
from jphoto.cli import offers
from jphoto.cli.lines import say
from jphoto.cli.options import FLAG, with_settings
from jphoto.cli.progress import LINES, progress_bar, terminal
from jphoto.errors import DeviceError
from jphoto.process.phases import phases_shown
from jphoto.settings import Settings

if TYPE_CHECKING:
    from jphoto.batches.entries import Entry
    from jphoto.batches.run import RunProgress

SEVERAL_MACHINES = "Several machines"
"""Heading of the options for them."""

Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="A manifest (.csv, .tsv or .jsonl) with columns content, style, content_mask, "
        "style_mask, out and any setting. Or a folder: with photos, beside --style or --content; "
        "with content/ and style/; with one folder for each pair; or the published data set.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="FOLDER",
        help="Folder for the results, a record of each (results.jsonl) and an overview "
        "(sheet.jpg).",
    ),
]  # fmt: skip
StylePhotos = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Style photo or look for all photos in SOURCE, or a folder with a style photo of the "
        "same name for each.",
    ),
]
ContentPhoto = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Content photo for all style photos in SOURCE."),
]
Suffix = Annotated[
    str | None,
    typer.Option(
        metavar="SUFFIX",
        help=f"Format of all results: {formats.written_suffixes()}. By default each result has the "
        "format of its content photo; HEIC and AVIF become .jpg, raw photos .tif, and others that "
        "are not written .png or .tif.",
    ),
]
AtOnce = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="NUMBER",
        help="Pairs that are computed at the same time. By default as many as fit into the "
        "memory of the GPU or TPU, and 1 on a CPU.",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        metavar=FLAG,
        help="Replace existing files even if no earlier batch wrote into this folder.",
    ),
]
Distributed = Annotated[
    bool,
    typer.Option(
        "--distributed",
        metavar=FLAG,
        help="Share the pairs with the same command on other machines or in other processes.",
        rich_help_panel=SEVERAL_MACHINES,
    ),
]
Coordinator = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Address of process 0. Not needed on a TPU pod or under Slurm or Open MPI.",
        rich_help_panel=SEVERAL_MACHINES,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="Number of processes; goes with --coordinator.",
        rich_help_panel=SEVERAL_MACHINES,
    ),
]
Process = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="Which process this is, counted from 0; goes with --coordinator.",
        rich_help_panel=SEVERAL_MACHINES,
    ),
]


@with_settings()
def batch(
    source: Source,
    out: Out,
    style: StylePhotos = None,
    content: ContentPhoto = None,
    suffix: Suffix = None,
    at_once: AtOnce = None,
    force: Force = False,
    distributed: Distributed = False,
    coordinator: Coordinator = None,
    processes: Processes = None,
    process: Process = None,
    *,
    settings: Settings,
) -> None:
    """Give many photos the colors and light of others.

    Each result is saved as soon as it is ready. After Ctrl-C, a crash or a change of the manifest,
    run the same command again: it computes only what is missing. If a pair fails, the others
    continue; failures are listed at the end, and the exit status is 1.
    """
    from jphoto.batches.tasks import find_tasks

    if distributed:
        first = _join(coordinator, processes, process) == 0
        # What is skipped in the source is the same for all processes.
        logging.disable(logging.NOTSET if first else logging.WARNING)
    entries = find_tasks(source, settings, content=content, style=style, suffix=suffix, out=out)
    logging.disable(logging.NOTSET)
    raise typer.Exit(_run(entries, out, settings, at_once, force))


def _join(coordinator: str | None, processes: int | None, process: int | None) -> int:
    """Connect to the other processes.

    Returns: which process this is.
    Raises: DeviceError, if they cannot be found.
    """
    import jax

    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (ValueError, RuntimeError) as error:
        raise DeviceError(
            f"the other processes cannot be reached: {error}; on a cluster that jax does not know, "
            "give --coordinator, --processes and --process"
        ) from error
    return jax.process_index()


def _run(
    entries: "list[Entry]", out: Path, settings: Settings, at_once: int | None, force: bool
) -> int:
    """Run the batch, write its sheet, and return the exit status."""
    import jax

    from jphoto.batches import summary
    from jphoto.batches.entries import Task
    from jphoto.batches.run import run
    from jphoto.cli.run import stoppable
    from jphoto.process.signals import INTERRUPTED

    with stoppable(_display()) as (watch, interrupted):
        tally = run(entries, out, settings, force=force, at_once=at_once, watch=watch)
    first = jax.process_index() == 0  # only process 0 prints and writes for all
    if first:
        say(*summary.table(tally).splitlines())
    if interrupted:
        say("stopped; run the same command again to continue")
        return INTERRUPTED
    if not first:
        return 1 if tally.failed else 0
    tasks = [entry for entry in entries if isinstance(entry, Task)]
    rows = [(task.name, task.content, task.style, out / task.name) for task in tasks]
    sheet = summary.write_sheet(out, [row for row in rows if row[-1].is_file()])
    say(f"wrote {out}" if sheet is None else f"wrote {out}, {sheet}")
    if any(task.settings.regions == "auto" and not task.content_mask for task in tasks):
        offers.mention_segmenter()
    return 1 if tally.failed else 0


@contextmanager
def _display() -> Iterator[Callable[["RunProgress"], None]]:
    """Progress bars on a terminal, one for all pairs and one for each size; lines in a log."""
    console = terminal()
    if console is None:
        yield _line_by_line
        return
    with progress_bar(console, "{task.completed}/{task.total}", "{task.fields[failed]}") as bar:
        whole = bar.add_task("pairs", total=None, failed="")
        parts = {}

        def describe(phase: str) -> None:
            bar.update(whole, description=f"pairs: {phase}")

        def show(progress: "RunProgress") -> None:
            tally = progress.tally
            failed = f"{tally.failed} failed" if tally.failed else ""
            bar.update(
                whole,
                description="pairs",
                completed=tally.done,
                total=progress.pairs,
                failed=failed,
            )
            for label, (solved, waiting) in progress.buckets.items():
                if label not in parts:
                    parts[label] = bar.add_task(f"  {label}", total=None, failed="")
                bar.update(parts[label], completed=solved, total=solved + waiting)

        with phases_shown(describe, patience=0):
            yield show


def _line_by_line(progress: "RunProgress") -> None:
    if progress.last:
        LINES(f"{progress.tally.done}/{progress.pairs} {progress.last}")
