"""`jphoto eval`: measures of many results, in tables and side by side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jphoto.cli.lines import harmless, say
from jphoto.cli.options import Force
from jphoto.cli.progress import LINES, progress_bar, terminal
from jphoto.process.phases import phases_shown

Pairs = Annotated[
    Path,
    typer.Option(
        metavar="FOLDER",
        help="Photos: one folder for each pair, with content, style and, optionally, content_mask "
        "and style_mask; or input/in{i}, style/tar{i} and segmentation/ as published.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="FOLDER",
        help="Folder for the measures (eval.json, eval.md) and an overview (sheet.png).",
    ),
]  # fmt: skip


def _pictures(what: str) -> Any:
    places = "a folder with one picture for each pair, or a path with {i} for the pair's name."
    return typer.Option(metavar="PATH", help=f"{what}: {places}")


def evaluate(
    pairs: Pairs,
    results: Annotated[str, _pictures("Results to measure")],
    out: Out,
    baseline: Annotated[str | None, _pictures("Results to compare with")] = None,
    truth: Annotated[str | None, _pictures("Photos that the results should equal")] = None,
    force: Force = False,
) -> None:
    """Measure how good the results of many pairs are.

    Writes medians over all pairs, the measures of each pair, and a contact sheet. Pairs that cannot
    be measured are listed with the reason; the exit status is then 1.
    """
    from jphoto import evaluation
    from jphoto.cli.run import keep_compiled_programs

    evaluation.check_outputs(out, force=force)
    keep_compiled_programs()
    with _display() as show:
        measured = evaluation.evaluate(pairs, results, baseline, truth, show)
    written = evaluation.write(measured, out, force=force)
    say(*evaluation.median_table(measured).splitlines(), evaluation.count_line(measured))
    for pair in measured.not_measured:
        say(f"{pair.name} was not measured: {pair.reason}")
    say(f"wrote {', '.join(map(str, written))}")
    raise typer.Exit(1 if measured.not_measured else 0)


@contextmanager
def _display() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on a terminal; a line for each pair in a log."""
    console = terminal()
    if console is None:
        yield lambda done, total, name: LINES(f"pair {name}, {done}/{total}")
        return
    with progress_bar(console, "{task.completed}/{task.total}") as bar:
        task = bar.add_task("measuring", total=None)

        def show(done: int, total: int, name: str) -> None:
            bar.update(task, description=harmless(f"measured {name}"), completed=done, total=total)

        def describe(phase: str) -> None:
            bar.update(task, description=phase)

        with phases_shown(describe, patience=0):
            yield show
