"""Lists a folder: its photos, and what else is in it, in words for people.

No file is opened; the suffix decides. Hidden files and those that systems leave in every folder,
such as Thumbs.db, are passed over without a word.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jphoto import formats

_NAMED = 5
"""Names of a kind that are given; more are only counted."""
_SYSTEM_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir", "__macosx"}

# What else a folder may hold, as in messages; {s} becomes an s for several.
_SUBFOLDER = "subfolder{s}"
_RAW = "raw photo{s} readable with the extra jphoto[raw]"
_DEVICE = "device{s} or pipe{s}"
_BACKUP = "backup{s} of another file"
_WITHOUT_SUFFIX = "file{s} without a suffix"
_OTHER = "file{s} in no photo format"
_KINDS = {
    "video{s}": (
        ".mov", ".mp4", ".m4v", ".avi", ".mkv", ".mts", ".m2ts", ".3gp", ".wmv", ".webm", ".insv",
    ),
    "sidecar file{s}": (
        ".xmp", ".aae", ".pp3", ".dop", ".cos", ".on1", ".thm", ".icc", ".icm", ".wav",
    ),
    "icon{s}": (".ico", ".icns", ".cur", ".xbm", ".xpm"),
    "drawing{s} or document{s}": (".svg", ".svgz", ".eps", ".ps", ".ai", ".pdf"),
    _BACKUP: (".bak", ".orig", ".tmp"),
}  # fmt: skip
_BACKUP_ENDS = "~", "_original"  # of editors, and of exiftool


_logger = logging.getLogger(__name__)


class Listing(NamedTuple):
    """What is in a folder."""

    photos: list[Path]
    """Files that can be read, in natural order: 2 before 10."""
    others: dict[str, list[str]]
    """Names of everything else, by what it is, such as "video{s}"."""


def list_folder(folder: Path, *, raw: bool = False) -> Listing:
    """List a folder, without its subfolders.

    Args:
      folder: to list.
      raw: whether raw photos count as photos even without the package that reads them, so that
        reading them says what is missing.

    Raises: OSError, if it cannot be read.
    """
    photos: list[Path] = []
    others: dict[str, list[str]] = {}
    raw = raw or formats.raw_is_readable()
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        if path.name.startswith(".") or path.name.lower() in _SYSTEM_FILES:
            continue
        kind = _kind(path, raw)
        if kind is None:
            photos.append(path)
        else:
            others.setdefault(kind, []).append(path.name)
    return Listing(photos, others)


def described(others: Mapping[str, Sequence[str]]) -> str:
    """What else is in a folder, in one line: counts, kinds and the first names of each.

    Args:
      others: names by what they are, such as those of a `Listing`; empty kinds are left out.
    """
    return "; ".join(_counted(kind, names) for kind, names in others.items() if names)


def tell_skipped(folder: Path, others: Mapping[str, Sequence[str]]) -> None:
    """Name in the log what is in a folder and not used, if anything; see `described`."""
    if found := described(others):
        _logger.warning("%s: skipped %s", folder, found)


def natural_key(name: str) -> tuple[list[int | str], str]:
    """A sort key by which the numbers in names are ordered by value."""
    parts = re.split(r"(\d+)", name)  # text and digits alternate
    return [int(part) if k % 2 else part for k, part in enumerate(parts)], name


def by_precedence(paths: Iterable[Path]) -> list[Path]:
    """Sort files that differ only in their suffix: the one to use first."""
    return sorted(paths, key=lambda path: (formats.precedence(path), path.name))


def _kind(path: Path, raw: bool) -> str | None:
    """What a file or folder is; None for a photo that can be read."""
    if path.is_dir():
        return _SUBFOLDER
    if path.exists() and not path.is_file():
        return _DEVICE
    photo_format = formats.format_of(path)
    if photo_format is formats.RAW and not raw:
        return _RAW
    if photo_format is not None:
        return None
    suffix = path.suffix.lower()
    if suffix.endswith(_BACKUP_ENDS):
        return _BACKUP
    kinds = (kind for kind, suffixes in _KINDS.items() if suffix in suffixes)
    return next(kinds, _OTHER if suffix else _WITHOUT_SUFFIX)


def _counted(kind: str, names: Sequence[str]) -> str:
    noun = kind.replace("{s}", "s" if len(names) > 1 else "")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} {noun} ({', '.join(names[:_NAMED])}{more})"
