"""`jphoto batch`: a manifest or folders of photos in, a folder of results out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jphoto.cli.options import with_settings
from jphoto.cli.progress import progress_bar
from jphoto.errors import DeviceError
from jphoto.settings import Settings

if TYPE_CHECKING:
    from jphoto.batches.entries import Entry
    from jphoto.batches.run import RunProgress


Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="A manifest, .csv or .jsonl, with columns content, style, content_mask, style_mask, "
        "out and any setting. Or a folder: with content/ and style/, one folder for each pair, "
        "the published data set, or photos that go with --style or --content.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="DIR",
        help="Folder for results, results.jsonl and sheet.jpg; created if missing.",
    ),
]  # fmt: skip


StyleOption = Annotated[
    Path | None,
    typer.Option(help="One style photo for all photos in SOURCE, or a folder with equal names."),
]
ContentOption = Annotated[
    Path | None, typer.Option(help="One content photo for all style photos in SOURCE.")
]
SuffixOption = Annotated[
    str, typer.Option(help="Format of the results: .png, .jpg, .webp, .tif or .bmp.")
]
AtOnceOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Pairs computed at once; by default as many as fit into memory, and 1 on a CPU.",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace files that are not results of this batch.")
]
DistributedOption = Annotated[
    bool,
    typer.Option("--distributed", help="Share the pairs with the other processes of a cluster."),
]
CoordinatorOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT", help="Address of process 0, for clusters that jax does not know."
    ),
]
ProcessesOption = Annotated[
    int | None, typer.Option(help="Number of processes, with --coordinator.")
]
ProcessOption = Annotated[
    int | None, typer.Option(help="Number of this process, from 0, with --coordinator.")
]


@with_settings()
def batch(
    source: Source,
    out: Out,
    style: StyleOption = None,
    content: ContentOption = None,
    suffix: SuffixOption = ".png",
    at_once: AtOnceOption = None,
    force: ForceOption = False,
    distributed: DistributedOption = False,
    coordinator: CoordinatorOption = None,
    processes: ProcessesOption = None,
    process: ProcessOption = None,
    *,
    settings: Settings,
) -> None:
    """Give many photos the look of others.

    Each result is recorded at once. Run the same command again, after Ctrl-C, a crash or new lines
    in the manifest, and it does only what is missing. A pair that fails is listed, and the others
    continue; the exit status is then 1.
    """
    from jphoto.batches.tasks import find_tasks

    if distributed:
        _join(coordinator, processes, process)
    entries = find_tasks(source, settings, content=content, style=style, suffix=suffix)
    raise typer.Exit(_run(entries, out, settings, at_once, force))


def _join(coordinator: str | None, processes: int | None, process: int | None) -> None:
    """Connect to the other processes.

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


def _run(
    entries: "list[Entry]", out: Path, settings: Settings, at_once: int | None, force: bool
) -> int:
    """Run the batch, write its sheet, and return the exit status."""
    import jax

    from jphoto.batches import summary
    from jphoto.batches.entries import Task
    from jphoto.batches.run import run
    from jphoto.cli.run import INTERRUPTED, interruption, keep_compiled_programs

    keep_compiled_programs()
    with interruption() as interrupted, _display() as show:

        def watch(standing: "RunProgress") -> bool:
            show(standing)
            return not interrupted

        tally = run(entries, out, settings, force=force, at_once=at_once, watch=watch)
    first = jax.process_index() == 0  # of the processes; it tells of all
    if first:
        typer.echo(summary.table(tally))
    if interrupted:
        typer.echo("stopped; run the same command again to continue")
        return INTERRUPTED
    if not first:
        return 1 if tally.failed else 0
    tasks = [entry for entry in entries if isinstance(entry, Task)]
    rows = [(task.name, task.content, task.style, out / task.name) for task in tasks]
    sheet = summary.write_sheet(out, [row for row in rows if row[-1].is_file()])
    typer.echo(f"wrote {out}" if sheet is None else f"wrote {out}, {sheet}")
    return 1 if tally.failed else 0


@contextmanager
def _display() -> Iterator[Callable[["RunProgress"], None]]:
    """Progress bars on a terminal, one for all pairs and one for each size; lines in a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_by_line
        return
    with progress_bar(console, "{task.completed}/{task.total}", "{task.fields[failed]}") as bar:
        whole = bar.add_task("pairs", total=None, failed="")
        parts = {}

        def show(standing: "RunProgress") -> None:
            tally = standing.tally
            failed = f"{tally.failed} failed" if tally.failed else ""
            bar.update(whole, completed=tally.done, total=standing.pairs, failed=failed)
            for label, (solved, ready) in standing.buckets.items():
                if label not in parts:
                    parts[label] = bar.add_task(f"  {label}", total=None, failed="")
                bar.update(parts[label], completed=solved, total=solved + ready)

        yield show


def _line_by_line(standing: "RunProgress") -> None:
    if standing.last:
        typer.echo(f"{standing.tally.done}/{standing.pairs} {standing.last}", err=True)
