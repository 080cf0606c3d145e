"""The files of a study: folders of pairs, and one result for each pair.

Nothing is opened here. A missing file gets the path that it should have, so that the error from
reading it says which one is missing. Of several files that differ only in their suffix, the first
in the order of `formats.FORMATS` is used, and a line in the log names the others.
"""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from jphoto.errors import ImageError
from jphoto.images.listing import by_precedence, list_folder, natural_key, tell_skipped

PLACEHOLDER = "{i}"
"""For the name of a pair in a pattern."""
RESULT_STEMS = ("{i}", "in{i}", "best{i}_t_1000")
"""Names of a result in a folder: of its pair, of its content photo, or as in the published set."""
PAIR_STEMS = ("content", "style", "content_mask", "style_mask")
"""Names of the files in the folder of a pair."""

_logger = logging.getLogger(__name__)


class PairFiles(NamedTuple):
    """The name, photos and masks of one pair; a missing mask is None."""

    name: str
    content: Path
    style: Path
    content_mask: Path | None
    style_mask: Path | None


def find_pairs(folder: Path) -> list[PairFiles]:
    """Find the pairs in a folder, in natural order: 2 before 10.

    Args:
      folder: with a subfolder for each pair, named like the pair, that has content, style,
        content_mask and style_mask; or with input/in{i}, style/tar{i}, segmentation/in{i} and
        segmentation/tar{i}, as in the data set of Luan et al. Masks are optional; files may be in
        any format that can be read.

    Raises: ImageError, if the folder has neither layout.
    """
    with _io_errors_named("pairs", folder):
        if not folder.is_dir():
            raise ImageError(f"pairs: {folder} is not a folder")
        pairs = _published(folder) or _folders(folder)
    if not pairs:
        raise ImageError(
            f"pairs: {folder} holds no pairs; it must have a folder for each pair with content.* "
            "and style.*, or input/in{i}.* and style/tar{i}.*"
        )
    return sorted(pairs, key=lambda pair: natural_key(pair.name))


def find_pictures(
    source: str | os.PathLike[str], role: str, names: Sequence[str]
) -> dict[str, Path]:
    """Find the picture of each pair in one role.

    Args:
      source: a path with {i} in place of the pair's name; or a folder with one file for each pair,
        named like any of `RESULT_STEMS`.
      role: "result", "baseline" or "truth", for messages.
      names: of the pairs.

    Raises: ImageError, if no pair has one.
    """
    pattern = os.fspath(source)
    with _io_errors_named(role, pattern):
        if PLACEHOLDER in pattern:
            expected = pattern
            paths = {name: Path(pattern.replace(PLACEHOLDER, name)) for name in names}
        elif Path(pattern).is_dir():
            expected = f"{' or '.join(RESULT_STEMS)} in {pattern}"
            files = pictures(Path(pattern))
            paths = {name: _named_for(name, Path(pattern), files) for name in names}
        else:
            raise ImageError(
                f"{role}: {pattern} is not a folder, nor a pattern with {PLACEHOLDER} in it"
            )
        if any(path.is_file() for path in paths.values()):
            return paths
    raise ImageError(
        f"{role}: no pair has a picture; expected {expected}, {PLACEHOLDER} as {names[0]}"
    )


@contextmanager
def _io_errors_named(role: str, place: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImageError(f"{role}: cannot look into {place}: {error.strerror}") from error


def _folders(folder: Path) -> list[PairFiles]:
    """Pairs in the layout with a folder for each."""
    pairs, others = [], []
    for subfolder in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = pictures(subfolder)
        if "content" in files or "style" in files:
            content, style, *masks = (_first(files.get(stem, [])) for stem in PAIR_STEMS)
            photos = content or subfolder / "content.png", style or subfolder / "style.png"
            pairs.append(PairFiles(subfolder.name, *photos, *masks))
        elif not subfolder.name.startswith("."):
            others.append(subfolder.name)
    if pairs and others:
        tell_skipped(folder, {"subfolder{s} without a pair": others})
    return pairs


def _published(folder: Path) -> list[PairFiles]:
    """Pairs in the layout of the published data set; none if its folders do not exist."""
    parts = "input", "style", "segmentation"
    contents, styles, masks = (pictures(folder / part) for part in parts)
    names = {stem[2:] for stem in contents if re.match(r"in.", stem)}
    names |= {stem[3:] for stem in styles if re.match(r"tar.", stem)}
    return [
        PairFiles(
            name,
            _first(contents.get(f"in{name}", [])) or folder / "input" / f"in{name}.png",
            _first(styles.get(f"tar{name}", [])) or folder / "style" / f"tar{name}.png",
            _first(masks.get(f"in{name}", [])),
            _first(masks.get(f"tar{name}", [])),
        )
        for name in sorted(names)
    ]


def pictures(folder: Path) -> dict[str, list[Path]]:
    """The picture files of a folder by their names without suffix, in order of precedence.

    Args:
      folder: to list; there are no files if it does not exist.
    """
    files: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in by_precedence(list_folder(folder, raw=True).photos):
            files.setdefault(path.stem, []).append(path)
    return files


def _first(files: Sequence[Path]) -> Path | None:
    """The first of several files of equal stem, or None without any; the log names the others."""
    if len(files) > 1:
        others = ", ".join(path.name for path in files[1:])
        _logger.warning("%s is used, not %s beside it", files[0], others)
    return files[0] if files else None


def _named_for(name: str, folder: Path, files: dict[str, list[Path]]) -> Path:
    stems = [stem.replace(PLACEHOLDER, name) for stem in RESULT_STEMS]
    found = next((files[stem] for stem in stems if stem in files), [])
    return _first(found) or folder / f"{name}.png"
