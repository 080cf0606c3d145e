"""Folders of photos or of pairs as tasks; photos are paired by their names alone.

No file is opened. What is in a folder of photos and is not used is named in the log.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jphoto import formats
from jphoto.batches.entries import Entry, Task, Unusable, check_names
from jphoto.batches.names import Wish, distinct_names, suffix_of
from jphoto.errors import ImageError
from jphoto.evaluation.layouts import find_pairs, pictures
from jphoto.images.listing import by_precedence, described, list_folder, tell_skipped
from jphoto.settings import Settings

MASK = "_mask"
"""End of the stem of a mask that is in the folder of its photo; in capitals, too."""

_SECOND_MASK = "mask{s} beside another of the same photo"


class _Pair(NamedTuple):
    """The files of one result; a pair without style has the reason instead."""

    name: str
    """Of the result, without suffix."""
    named_for: Path
    """The photo that the name is from."""
    content: Path
    style: Path | str
    content_mask: Path | None = None
    style_mask: Path | None = None


class _Photos(NamedTuple):
    """The photos of a folder in natural order, and masks by the stem of their photo."""

    folder: Path
    photos: list[Path]
    masks: Mapping[str, Path]


def find_in_folder(
    source: Path,
    settings: Settings,
    content: Path | None,
    style: Path | None,
    suffix: str | None,
    out: Path | None = None,
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
      suffix: of the outputs, or None for the format of each content.
      out: folder of the outputs. It may not be a folder of photos, because the next run would take
        the outputs for photos.

    Returns: tasks with the names of the pairs; a pair without style, or with only one mask, is
      unusable.
    Raises: ImageError, if there are no photos or pairs, or the outputs would be among the photos;
      OSError, if a folder cannot be read.
    """
    alone = content is None and style is None
    listed = [source / "content", source / "style"] if alone else [source, style or source]
    if out is not None and any(_is_same(out, folder) for folder in listed):
        raise ImageError(
            f"output: {out} has the photos in it, and the next run would take the results for "
            "photos; choose another folder"
        )
    pairs = _pairs(source, content, style)
    wishes = [
        Wish(pair.name, suffix_of(pair.content, suffix, settings), pair.named_for) for pair in pairs
    ]
    entries = [
        _entry(number, name, pair, settings)
        for number, (name, pair) in enumerate(zip(distinct_names(wishes), pairs, strict=True))
    ]
    return check_names((entry.name, entry) for entry in entries)


def _is_same(path: Path, other: Path) -> bool:
    """Whether two paths lead to one existing file or folder."""
    return path.exists() and other.exists() and path.samefile(other)


def _pairs(source: Path, content: Path | None, style: Path | None) -> list[_Pair]:
    """The pairs in a folder of any layout."""
    if style is not None:
        contents = _photos(source)
        return _matched(contents, _photos(style)) if style.is_dir() else _styled(contents, style)
    if content is not None:
        return _restyled(content, _photos(source))
    folders = source / "content", source / "style"
    if all(folder.is_dir() for folder in folders):
        contents, styles = map(_photos, folders)
        masks = [_masks_in(source / role) for role in ("content_mask", "style_mask")]
        if not any(masks):
            return _matched(contents, styles)
        contents, styles = contents._replace(masks=masks[0]), styles._replace(masks=masks[1])
        return _matched(contents, styles, beside=False)
    try:
        found = find_pairs(source)
    except ImageError as error:
        if source.is_dir() and any(not _is_mask(p.stem) for p in list_folder(source).photos):
            raise ImageError(
                f"batch: {source} is a folder of photos; add --style with the photo whose look "
                f"they get, or with a folder of such photos{_contents_of(source)}"
            ) from error
        hint = "; or folders content and style; or give one --style"
        raise ImageError(f"{error}{hint}{_contents_of(source)}") from error
    return [_Pair(pair.name, pair.content, *pair[1:]) for pair in found]


def _photos(folder: Path) -> _Photos:
    """The photos of a folder, and the masks beside them; the log names what else is there."""
    listing = list_folder(folder)
    photos = [path for path in listing.photos if not _is_mask(path.stem)]
    if not photos:
        raise ImageError(f"batch: {folder} holds no photos{_contents_of(folder)}")
    stems = {path.stem for path in photos}
    masks: dict[str, list[Path]] = {}
    for path in by_precedence(set(listing.photos) - set(photos)):
        masks.setdefault(path.stem[: -len(MASK)], []).append(path)
    lonely = [path.name for stem, paths in masks.items() if stem not in stems for path in paths]
    second = [path.name for stem, paths in masks.items() if stem in stems for path in paths[1:]]
    masks_without_use = {"mask{s} without a photo": lonely, _SECOND_MASK: second}
    tell_skipped(folder, listing.others | masks_without_use)
    return _Photos(folder, photos, {stem: masks[stem][0] for stem in stems & masks.keys()})


def _is_mask(stem: str) -> bool:
    return stem.lower().endswith(MASK)


def _masks_in(folder: Path) -> dict[str, Path]:
    """The masks of a folder of masks by their stems; none if there is no such folder."""
    masks = pictures(folder)
    second = [path.name for paths in masks.values() for path in paths[1:]]
    tell_skipped(folder, {_SECOND_MASK: second})
    return {stem: paths[0] for stem, paths in masks.items()}


def _contents_of(folder: Path) -> str:
    """What is in a folder in which something is missing, as the end of a message."""
    listing = list_folder(folder)
    photos, masks = (
        [path.name for path in listing.photos if _is_mask(path.stem) is is_mask]
        for is_mask in (False, True)
    )
    found = described({"photo{s}": photos, "mask{s}": masks} | listing.others)
    return f"; it has {found}" if found else "; it is empty"


def _styled(contents: _Photos, style: Path) -> list[_Pair]:
    """Each content with one style."""
    mask = _mask_beside(style)
    pairs = []
    for photo in contents.photos:
        own = contents.masks.get(photo.stem)
        masks = (own, None) if formats.is_look(style) else _both_or_none(own, mask)
        pairs.append(_Pair(photo.stem, photo, photo, style, *masks))
    _tell_unused(contents, pairs)
    return pairs


def _restyled(content: Path, styles: _Photos) -> list[_Pair]:
    """One content with each style; the results have the names of the styles."""
    mask = _mask_beside(content)
    pairs = []
    for photo in styles.photos:
        masks = _both_or_none(mask, styles.masks.get(photo.stem))
        pairs.append(_Pair(photo.stem, photo, content, photo, *masks))
    _tell_unused(styles, pairs)
    return pairs


def _mask_beside(photo: Path) -> Path | None:
    """The mask in the folder of one photo for all; a look has none."""
    if formats.is_look(photo):
        return None
    if photo.is_fifo() or str(photo) == "-":
        raise ImageError(
            f"batch: {photo} is a pipe, and a batch reads photos more than once; save it as a file "
            "first"
        )
    if not photo.is_file():
        raise ImageError(f"batch: there is no photo {photo}")
    masks = (
        paths[0]
        for stem, paths in pictures(photo.parent).items()
        if _is_mask(stem) and stem[: -len(MASK)] == photo.stem
    )
    return next(masks, None)


def _matched(contents: _Photos, styles: _Photos, *, beside: bool = True) -> list[_Pair]:
    """Each content with the style and the masks of equal stem.

    Args:
      contents: of all pairs.
      styles: of all pairs.
      beside: whether masks are beside the photos, where one for both photos or none is used.
    """
    styles_of: dict[str, list[Path]] = {}
    for photo in styles.photos:
        styles_of.setdefault(photo.stem, []).append(photo)
    pairs = []
    for photo in contents.photos:
        style = _style_for(photo, styles_of.get(photo.stem, []))
        masks = contents.masks.get(photo.stem), styles.masks.get(photo.stem)
        masks = _both_or_none(*masks) if beside else masks
        pairs.append(_Pair(photo.stem, photo, photo, style, *masks))
    for photos in (contents, styles):
        _tell_unused(photos, pairs)
    return pairs


def _both_or_none(
    content_mask: Path | None, style_mask: Path | None
) -> tuple[Path | None, Path | None]:
    return (content_mask, style_mask) if content_mask and style_mask else (None, None)


def _tell_unused(photos: _Photos, pairs: Sequence[_Pair]) -> None:
    """Name in the log the photos and masks of a folder that are in no pair."""
    used = {path for pair in pairs for path in pair[2:]}
    unused = [path.name for path in photos.photos if path not in used]
    masks = [path.name for path in photos.masks.values() if path not in used]
    tell_skipped(
        photos.folder,
        {"style{s} without content": unused, "mask{s} without one for the other photo": masks},
    )


def _style_for(content: Path, styles: Sequence[Path]) -> Path | str:
    """The style of a content among those of equal stem, or why there is none."""
    if not styles:
        return f"{content} has no style: there is no style photo called {content.stem}"
    if len(styles) == 1:
        return styles[0]
    for style in styles:
        if style.name == content.name:
            return style
    names = " and ".join(style.name for style in styles)
    return f"{content} has several styles, {names}; rename or remove all but one"


def _entry(number: int, name: str, pair: _Pair, settings: Settings) -> Entry:
    if isinstance(pair.style, str):
        return Unusable(number, name, pair.style)
    needs_both = not formats.is_look(pair.style)
    if needs_both and (pair.content_mask is None) != (pair.style_mask is None):
        role = "content" if pair.style_mask is None else "style"
        reason = f"{pair.content} has only the {role} mask; give both masks or none"
        return Unusable(number, name, reason)
    return Task(
        number, name, pair.content, pair.style, pair.content_mask, pair.style_mask, settings
    )
