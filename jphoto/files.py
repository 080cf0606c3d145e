"""Output files: names are checked before any work, and files are written whole or not at all."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from jphoto.errors import ImageError

ABANDONED = 600.0
"""Seconds since the last byte, after which nobody writes to a draft any more."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside the given one to write to; it takes that one's place when all went well.

    Until then an older file stays as it is. Whatever goes wrong, nothing unfinished is left behind.
    Not from `tempfile`, whose files only their owner may read.
    """
    draft = path.with_name(f".jphoto-{secrets.token_hex(6)}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError, ValueError):
            draft.unlink()


def discard_abandoned(folder: Path) -> None:
    """Delete the drafts that killed processes have left in a folder, as far as that is allowed."""
    for draft in folder.glob(".jphoto-*.part"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > ABANDONED:
                draft.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder for files to come, if need be.

    Raises: ImageError, if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"output: cannot make the folder {folder}: {error.strerror}") from None


def check_text(path: Path, *, force: bool) -> None:
    """Refuse a text file that should not be written, before any work is done.

    Raises: ImageError, if there is a folder of that name, or (without `force`) a file.
    """
    if path.is_dir():
        raise ImageError(f"output: {path} is a folder; choose another one")
    if path.exists() and not force:
        raise ImageError(f"output: {path} exists; choose another folder or add --force")


def write_text(text: str, path: Path) -> None:
    """Write a text file, whole or not at all.

    Raises: ImageError, if it cannot be written.
    """
    try:
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ImageError(f"output: {path} cannot be written: {error.strerror}") from error
