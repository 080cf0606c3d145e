"""`jphoto weights`: which networks are here, fetching one, and checking them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

weights = typer.Typer(
    name="weights", help="List, install and verify the networks' weights.", no_args_is_help=True
)


@weights.command("list")
def list_weights() -> None:
    """List the networks, whether they are installed, and where."""
    from jphoto import weights as store

    table = Table("network", "state", "size", "license", "file", box=None, pad_edge=False)
    for row in store.status():
        size = f"{row.size / 1e6:.0f} MB" if row.size else ""
        table.add_row(row.name, row.state, size, row.license, str(row.path or ""))
    Console(soft_wrap=True).print(table)


@weights.command()
def install(
    name: Annotated[str, typer.Argument(help="vgg19, deeplab, vgg16 or alexnet.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE", help="Local copy of the file, or another http(s) address."
        ),
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="Accept a file with this SHA-256 hash instead of the known one."
        ),
    ] = None,
) -> None:
    """Download a network's weights, check them, and convert them.

    An interrupted download resumes where it stopped.
    """
    from jphoto import weights as store

    columns = (
        TextColumn(f"downloading {name}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        path = store.install(name, source, sha256, show)
    typer.echo(f"installed {name}: {path}")


@weights.command()
def verify() -> None:
    """Check every installed file completely."""
    from jphoto import weights as store

    verdicts = store.verify()
    for verdict in verdicts:
        typer.echo(f"{verdict.name}: {verdict.message}")
    if not verdicts:
        typer.echo("nothing is installed yet; VGG-16 is converted on first use")
    raise typer.Exit(0 if all(verdict.ok for verdict in verdicts) else 1)
