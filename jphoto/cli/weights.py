"""`jphoto weights`: lists, installs and verifies the weights of the networks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from jphoto.cli.lines import harmless, say
from jphoto.cli.options import with_meanings
from jphoto.cli.progress import LINES, terminal

weights = typer.Typer(
    name="weights",
    help="List, install and check the neural networks that jphoto uses.",
    no_args_is_help=True,
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=with_meanings(
            "Network.",
            {
                "vgg19": "for transfers, as published; 80 MB.",
                "deeplab": "for regions by what they show; 3 MB.",
                "vgg16": "for transfers; comes with jphoto.",
                "alexnet": "for jphoto eval and inspect; comes with jphoto.",
            },
        ),
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Local copy of the published file, or another http(s) address of it. For vgg16 and "
        "vgg19, also torchvision's file (.pth).",
    ),
]
Sha256 = Annotated[
    str | None,
    typer.Option(
        metavar="HASH",
        help="Accept a file with this SHA-256 hash instead of the published file.",
    ),
]


@weights.command("list")
def list_weights() -> None:
    """List the networks: whether each is installed, its size, its license and its file."""
    from jphoto import weights as store

    file = Column("file", overflow="fold")
    table = Table("network", "state", "size", "license", file, box=None, pad_edge=False)
    for row in store.status():
        size = f"{row.size / 1e6:.0f} MB" if row.size else ""
        table.add_row(row.name, row.state, size, row.license, harmless(str(row.path or "")))
    Console(soft_wrap=True, markup=False).print(table)


@weights.command()
def install(
    name: Name,
    source: Source = None,
    sha256: Sha256 = None,
) -> None:
    """Download a network, check it, and convert it.

    If a download was interrupted, run the same command again to resume it.
    """
    from jphoto import weights as store

    with downloading(name) as show:
        path = store.install(name, source, sha256, show)
    say(f"installed {name}: {path}")


@contextmanager
def downloading(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on a terminal; a line for each tenth in a log.

    Args:
      name: of the network.
    """
    what, console = f"downloading {name}", terminal()
    if console is None:
        yield _line_by_line(what)
        return
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield show


def _line_by_line(what: str) -> Callable[[int, int | None], None]:
    printed = 0

    def show(done: int, total: int | None) -> None:
        nonlocal printed
        if total and (tenths := 10 * done // total) > printed:
            printed = tenths
            LINES(f"{what}: {10 * tenths} % of {total / 1e6:.0f} MB")

    return show


@weights.command()
def verify() -> None:
    """Check that every installed file is intact."""
    from jphoto import weights as store

    verdicts = store.verify()
    for verdict in verdicts:
        say(f"{verdict.name}: {verdict.message}")
    if not verdicts:
        say("nothing is installed yet; VGG-16 is converted on first use")
    raise typer.Exit(0 if all(verdict.ok for verdict in verdicts) else 1)
