"""Folders of photos or of pairs as tasks; photos are paired by their names alone.

No file is opened. Of several files that differ only in their suffix, the first in the order of
`SUFFIXES` is used.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from jphoto.batches.entries import Entry, Task, Unusable, check_names
from jphoto.errors import ImageError
from jphoto.evaluation.layouts import SUFFIXES, find_pairs, natural_key, pictures
from jphoto.settings import Settings

MASK = "_mask"
"""End of the stem of a mask that is in the folder of its photo."""

# A name, content, style, content mask and style mask, as in `PairFiles`.
_Pair: TypeAlias = tuple[str, Path, Path | None, Path | None, Path | None]


class _Photos(NamedTuple):
    """Photos and masks, each by the stem of the photo."""

    photos: Mapping[str, Path]
    masks: Mapping[str, Path]


def find_in_folder(
    source: Path, settings: Settings, content: Path | None, style: Path | None, suffix: str
) -> list[Entry]:
    """The tasks in a folder, in natural order: 2 before 10.

    Args:
      source: with a content, a folder of styles; with a style, a folder of contents; with neither,
        a folder with subfolders content and style (and content_mask and style_mask), in which the
        files of a pair have equal stems, or a folder for `find_pairs`. In folders of photos, masks
        may be beside the photos as {stem}_mask.*; they are used if both photos have one.
      settings: of every task.
      content: one content for all styles.
      style: one style for all contents, or a folder with a style of equal stem for each content.
      suffix: of the outputs.

    Returns: tasks with the names of the pairs; a pair without style, or with only one mask, is
      unusable.
    Raises: ImageError, if there are no photos or pairs; OSError, if a folder cannot be read.
    """
    entries = [
        (pair[0], _entry(number, pair, settings, suffix))
        for number, pair in enumerate(_pairs(source, content, style))
    ]
    return check_names(entries)


def _pairs(source: Path, content: Path | None, style: Path | None) -> Iterable[_Pair]:
    """The pairs in a folder of any layout."""
    if style is not None:
        contents = _photos(source)
        styles = _photos(style) if style.is_dir() else _repeated(style, contents)
        return _matched(*_with_both_masks(contents, styles))
    if content is not None:
        styles = _photos(source)
        return _matched(*_with_both_masks(_repeated(content, styles), styles))
    folders = source / "content", source / "style"
    if all(folder.is_dir() for folder in folders):
        contents, styles = (_photos(folder) for folder in folders)
        masks = [_pictures(source / role) for role in ("content_mask", "style_mask")]
        if not any(masks):
            return _matched(*_with_both_masks(contents, styles))
        return _matched(_Photos(contents.photos, masks[0]), _Photos(styles.photos, masks[1]))
    try:
        return find_pairs(source)
    except ImageError as error:
        raise ImageError(f"{error}; or folders content and style; or give one --style") from error


def _photos(folder: Path) -> _Photos:
    """The photos of a folder, and the masks beside them."""
    files = _pictures(folder)
    photos = {stem: path for stem, path in files.items() if not stem.endswith(MASK)}
    if not photos:
        raise ImageError(f"batch: {folder} holds no photos ({', '.join(SUFFIXES)})")
    masks = {stem.removesuffix(MASK): files[stem] for stem in files.keys() - photos.keys()}
    return _Photos(photos, masks)


def _pictures(folder: Path) -> dict[str, Path]:
    """The picture files of a folder by their stems; none if the folder is missing."""
    # Hidden files such as "._a.jpg" are not photos; macOS writes them beside photos.
    return {stem: path for stem, path in pictures(folder).items() if not stem.startswith(".")}


def _repeated(photo: Path, others: _Photos) -> _Photos:
    """One photo, with its mask if there is one, for each of the other photos."""
    if not photo.is_file():
        raise ImageError(f"batch: there is no photo {photo}")
    mask = _pictures(photo.parent).get(photo.stem + MASK)
    return _Photos(
        dict.fromkeys(others.photos, photo), dict.fromkeys(others.photos, mask) if mask else {}
    )


def _with_both_masks(contents: _Photos, styles: _Photos) -> tuple[_Photos, _Photos]:
    """The photos, with masks only where both photos of a pair have one."""
    both = contents.masks.keys() & styles.masks.keys()
    return (
        _Photos(contents.photos, {stem: contents.masks[stem] for stem in both}),
        _Photos(styles.photos, {stem: styles.masks[stem] for stem in both}),
    )


def _matched(contents: _Photos, styles: _Photos) -> Iterable[_Pair]:
    """Each content with the style and the masks of equal stem."""
    for stem in sorted(contents.photos, key=natural_key):
        masks = contents.masks.get(stem), styles.masks.get(stem)
        yield stem, contents.photos[stem], styles.photos.get(stem), *masks


def _entry(number: int, pair: _Pair, settings: Settings, suffix: str) -> Entry:
    name, content, style, *masks = pair
    content_mask, style_mask = masks
    if style is None:
        reason = f"{content} has no style: there is no style photo called {name}"
        return Unusable(number, name + suffix, reason)
    if (content_mask is None) != (style_mask is None):
        role = "content" if style_mask is None else "style"
        reason = f"{content} has only the {role} mask; give both masks or none"
        return Unusable(number, name + suffix, reason)
    return Task(number, name + suffix, content, style, content_mask, style_mask, settings)
