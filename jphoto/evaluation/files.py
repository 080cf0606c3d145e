"""A study on disk: eval.json, eval.md and sheet.png in one folder.

Each file is written completely or not at all.
"""

import os
from pathlib import Path

from jphoto import files, images
from jphoto.evaluation.study import Evaluation
from jphoto.evaluation.tables import to_json, to_markdown

TEXTS = {"eval.json": to_json, "eval.md": to_markdown}
SHEET = "sheet.png"


def check_outputs(folder: str | os.PathLike[str], *, force: bool) -> None:
    """Refuse a folder that cannot or should not be written to, before any work is done.

    Args:
      folder: is created if necessary.
      force: whether files of an earlier study may be replaced.

    Raises: ImageError, if the folder cannot be created or written to, or has such files (without
      `force`).
    """
    place = Path(folder)
    files.make_folder(place)
    images.check_output(place / SHEET, inputs=(), force=force)
    for name in TEXTS:
        files.check_free(place / name, force=force)


def write(
    evaluation: Evaluation, folder: str | os.PathLike[str], *, force: bool = True
) -> list[Path]:
    """Write a study into a folder that `check_outputs` accepted.

    Args:
      evaluation: the study.
      folder: as it was checked.
      force: whether files of an earlier study may be replaced.

    Returns: the paths of eval.json, eval.md and sheet.png.
    Raises: SavedElsewhereError, after all are written, if one has another name, because another
      program wrote a file of that name in the meantime; ImageError, if one cannot be written.
    """
    place = Path(folder)
    paths = [place / name for name in (*TEXTS, SHEET)]
    with files.all_saved() as saving:
        for name, text in TEXTS.items():
            with saving():
                files.write_text(text(evaluation), place / name, force=force)
        with saving():
            images.save_picture(images.stack(evaluation.rows), place / SHEET, force=force)
    return paths
