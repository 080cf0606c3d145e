"""The command line: one file for each command, and `main`, which prints an error as one line.

- `transfer`, `app`, `batch`, `video`, `compare`, `segment`, `look`, `demo`, `eval`,
  `eval_video`, `inspect`, `warm_up` and `weights`: the commands;
- `options`, `styles`: arguments that commands share, and an option for each field of Settings;
- `offers`: what a transfer says about networks that would improve it;
- `labels`: what a picture or a clip says of how it was made;
- `suggestions`: the answer to a command line without a command;
- `run`, `progress`, `video_progress`, `lines`: Ctrl-C, exit status, progress bars and lines.

The work of the commands is done in `jphoto.pipeline`, `jphoto.batches` and `jphoto.evaluation`.
These are imported only when a command runs, so that `--help` starts fast.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import jphoto
from jphoto.cli.app import app as open_app
from jphoto.cli.batch import batch
from jphoto.cli.compare import compare
from jphoto.cli.demo import demo
from jphoto.cli.eval import evaluate
from jphoto.cli.eval_video import evaluate_video
from jphoto.cli.inspect import inspect
from jphoto.cli.lines import message, say
from jphoto.cli.look import look
from jphoto.cli.options import FLAG, with_current_names
from jphoto.cli.progress import LINES
from jphoto.cli.segment import segment
from jphoto.cli.suggestions import Commands
from jphoto.cli.transfer import transfer
from jphoto.cli.video import video
from jphoto.cli.warm_up import warm_up
from jphoto.cli.weights import weights
from jphoto.errors import JphotoError
from jphoto.process.phases import phases_shown

app = typer.Typer(
    name="jphoto",
    help="Give one photo the colors and light of another; its objects and edges stay as they are.",
    epilog="Try it: jphoto demo. Help on a command: jphoto transfer --help",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(transfer)
app.command("app")(open_app)
app.command()(batch)
app.command()(video)
app.command()(compare)
app.command()(segment)
app.command()(demo)
app.command("eval")(evaluate)
app.command("eval-video")(evaluate_video)
app.command()(inspect)
app.command()(warm_up)
app.add_typer(look)
app.add_typer(weights)


def _show_version(given: bool) -> bool:
    if given:
        say(f"jphoto {jphoto.__version__}")
        raise typer.Exit
    return given


@app.callback()
def _global_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            metavar=FLAG,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
      arguments: after the program's name; by default those of the process.

    Raises: SystemExit, with status 0, 1 (an error, printed as one line), 2 (wrong usage) or 130
      (interrupted).
    """
    _log_by_lines()
    try:
        given = with_current_names(sys.argv[1:] if arguments is None else arguments)
        with phases_shown(LINES.phase):
            # The name is that of the completion scripts too, however the program was started.
            app(args=given, prog_name="jphoto")
    except JphotoError as error:
        message(error)
        raise SystemExit(1) from None


def _log_by_lines() -> None:
    """Show warnings of jphoto, one line each; those of libraries mean nothing to a user."""
    lines = _Lines(logging.WARNING)
    lines.addFilter(logging.Filter("jphoto"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])


class _Lines(logging.Handler):
    """Lines on what is standard error by then: that of a progress bar puts them above the bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        message(record.getMessage())
