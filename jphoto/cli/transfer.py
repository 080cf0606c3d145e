"""`jphoto transfer`: two photos in, one photo out."""

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jphoto import formats
from jphoto.cli import offers
from jphoto.cli.lines import say
from jphoto.cli.options import (
    FLAG,
    ContentMask,
    ContentPhoto,
    Force,
    SettingsFrom,
    with_settings,
)
from jphoto.cli.styles import (
    StyleArguments,
    StyleFor,
    StyleMasks,
    Styles,
    StyleWeights,
    style_arguments,
)
from jphoto.errors import ImageError
from jphoto.settings import Settings

if TYPE_CHECKING:
    import jphoto
    from jphoto.label import Label

Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE",
        help=f"Result: {formats.written_suffixes()}. Without it, CONTENT-in-STYLE in the current "
        "folder, in the format of CONTENT.",
    ),
]  # fmt: skip
ExportLut = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Also write the color change as a 3D LUT (.cube) for photo and video editors.",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", metavar=FLAG, help="Print a record of the run as JSON, for scripts."),
]
ShardPicture = Annotated[
    bool,
    typer.Option(
        "--shard-picture",
        metavar=FLAG,
        help="Split one very large picture over all GPUs or TPUs of this machine.",
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        metavar=FLAG,
        help="Download nothing and offer no download. JPHOTO_OFFLINE=1 in the environment does the "
        "same for all commands.",
    ),
]


@with_settings()
def transfer(
    content: ContentPhoto,
    style: Styles,
    out: Out = None,
    content_mask: ContentMask = None,
    style_mask: StyleMasks = None,
    style_weights: StyleWeights = None,
    style_for: StyleFor = None,
    settings_from: SettingsFrom = None,
    export_lut: ExportLut = None,
    force: Force = False,
    as_json: AsJson = False,
    shard_picture: ShardPicture = False,
    offline: Offline = False,
    *,
    settings: Settings,
    earlier: "Label | None",
) -> None:
    """Give the photo CONTENT the colors and light of the photo STYLE, or of a look.

    Ctrl-C stops after the current step and saves the best picture so far.
    """
    from jphoto.cli.run import exit_status, held_photos, read_ahead, run_transfer, save

    styles = style_arguments(style, style_mask, style_weights, style_for)
    paths = {"content": content, "content_mask": content_mask, **styles.roles}
    photos = read_ahead(held_photos(paths))  # while what follows imports jax
    inputs = [path for path in (*paths.values(), *styles.paths) if path is not None]
    target, replaces = out or _default_out(content, styles, settings), force and out is not None
    _check_outputs(target, export_lut, settings, inputs, replaces, force)
    if settings.regions == "auto" and not (offline or as_json or content_mask or styles.masks):
        offers.offer_segmenter(photos.values())
    photos = {**styles.arguments(photos), "shard_picture": shard_picture}
    result = run_transfer(**photos, settings=settings, save_as=target)
    write = functools.partial(_write, result, target, replaces)
    written, status = save(write, target, numbered=out is None)
    note, lut_status = _export(result, export_lut, force)
    notes = [*_notes(result, settings_from, earlier), *note]
    say(*_lines(result, notes, written, as_json))
    if not offline:
        offers.mention_networks(settings, result.settings, as_json=as_json)
    raise typer.Exit(max(status, lut_status, exit_status(result)))


def _check_outputs(
    target: Path,
    lut: Path | None,
    settings: Settings,
    inputs: list[Path],
    replaces: bool,
    replaces_lut: bool,
) -> None:
    """Check the paths of the result and of the LUT, if there is one, before the work."""
    from jphoto.lut.cube import check_cube
    from jphoto.pipeline import finish

    finish.check_output(target, settings, inputs=inputs, force=replaces)
    if lut is not None:
        check_cube(lut, inputs=inputs, force=replaces_lut)


def _write(result: "jphoto.Result", target: Path, force: bool) -> None:
    """Write a result to a path that was checked before the work."""
    from jphoto.pipeline import finish

    finish.write_result(
        result.picture, result.original, target, result.settings, result.label, force=force
    )


def _default_out(content: Path, styles: StyleArguments, settings: Settings) -> Path:
    """The name of a result, in the current folder, that no file has."""
    from jphoto.files import first_free
    from jphoto.images import check_depth

    suffix = formats.result_suffix(content)
    if settings.depth == "16":
        try:
            check_depth(f"out{suffix}", 16)
        except ImageError:
            suffix = ".png"
    stem = formats.result_stem(_name(content), map(_name, styles.styles))
    return first_free(Path(stem + suffix))


def _name(path: Path) -> str:
    return path.stem if path.is_file() or formats.is_look(path) else "stream"


def _lines(result: "jphoto.Result", notes: list[str], out: Path, as_json: bool) -> list[str]:
    """The regions, the outcome and the notes, for people; or a record of the run, for scripts."""
    from jphoto.pipeline import report

    if as_json:
        return [json.dumps({"out": str(out), **report.summary(result)})]
    table = report.region_lines(result.regions)
    return [*table, report.outcome_line(result), *notes, f"wrote {out}"]


def _notes(
    result: "jphoto.Result", settings_from: Path | None, earlier: "Label | None"
) -> list[str]:
    """Notes on a missing label, and on differences from the earlier result with equal settings."""
    notes = []
    if not result.settings.label:
        notes.append("no label: the file does not say how the picture was made")
    if earlier is not None:
        label = result.label
        if roles := earlier.differing_inputs(label.inputs):
            notes.append(f"unlike {settings_from}: other {', '.join(roles)}")
        if (earlier.jphoto, earlier.network) != (label.jphoto, label.network):
            notes.append(f"unlike {settings_from}: other weights, or not by jphoto {label.jphoto}")
    return notes


def _export(result: "jphoto.Result", path: Path | None, force: bool) -> tuple[list[str], int]:
    """Write the color change as a LUT, if there is a path; a line on how well it fits the result,
    and the exit status.
    """
    if path is None:
        return [], 0
    from jphoto.cli.run import save
    from jphoto.lut import fit_lut, lut_error
    from jphoto.lut.cube import write_cube

    lut = fit_lut(result.content, result.solved)
    written, status = save(lambda: write_cube(lut, path, force=force), path)
    error = lut_error(lut, result.content, result.solved)
    note = (
        f"wrote {written}: Delta E to the result {error.mean:.1f} on average, "
        f"{error.high:.1f} at the 95th percentile"
    )
    return [note], status
