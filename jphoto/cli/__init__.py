"""The command line: one file a command, and the one place where an error becomes a line."""

import logging
from collections.abc import Sequence
from typing import Annotated

import typer

import jphoto
from jphoto.cli.batch import batch
from jphoto.cli.compare import compare
from jphoto.cli.demo import demo
from jphoto.cli.eval import evaluate
from jphoto.cli.inspect import inspect
from jphoto.cli.segment import segment
from jphoto.cli.transfer import transfer
from jphoto.cli.weights import weights
from jphoto.errors import JphotoError

app = typer.Typer(
    name="jphoto",
    help="Give one photo the look of another; every edge stays where it was.",
    epilog="Try it: jphoto demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(transfer)
app.command()(batch)
app.command()(compare)
app.command()(segment)
app.command()(demo)
app.command("eval")(evaluate)
app.command()(inspect)
app.add_typer(weights)


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"jphoto {jphoto.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _global_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
      arguments: after the program's name; those of the process when left out.

    Raises: SystemExit, with status 0, 1 (an error, told in one line), 2 (wrong usage) or 130
      (interrupted).
    """
    logging.basicConfig(format="jphoto: %(message)s", level=logging.WARNING)
    try:
        app(args=arguments)
    except JphotoError as error:
        typer.echo(f"jphoto: {error}", err=True)
        raise SystemExit(1) from None
