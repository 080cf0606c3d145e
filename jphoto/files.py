"""Output files: checked before any work is done, and written completely or not at all."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from jphoto.errors import ImageError
from jphoto.guard import news

ABANDONED_SECONDS = 600.0
"""Time without a write after which a draft counts as abandoned."""
_live_drafts: set[Path] = set()
"""Drafts that this process is writing."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside the given path, which replaces it if the block ends without an error.

    Until then an older file stays as it is, and after an error no draft is left behind. It is not
    from `tempfile`, whose files only their owner may read.
    """
    draft = path.with_name(f".jphoto-{secrets.token_hex(6)}.part").absolute()
    _live_drafts.add(draft)
    news.tell(news.DRAFT, str(draft))
    try:
        yield draft
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError, ValueError):
            draft.unlink()
        _live_drafts.discard(draft)
        news.tell(news.DRAFT_GONE, str(draft))


def delete_live_drafts() -> None:
    """Delete the drafts that this process is writing, before it ends at once."""
    for draft in list(_live_drafts):
        with contextlib.suppress(OSError):
            draft.unlink()


def delete_abandoned_drafts(folder: Path) -> None:
    """Delete drafts that killed processes left in a folder, where permitted."""
    for draft in folder.glob(".jphoto-*.part"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > ABANDONED_SECONDS:
                draft.unlink()


def make_folder(folder: Path) -> None:
    """Create a folder for output files, if it does not exist.

    Raises: ImageError, if it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"output: cannot create the folder {folder}: {error.strerror}") from None


def check_text(path: Path, *, force: bool) -> None:
    """Check that a text file may be written, before any work is done.

    Raises: ImageError, if a folder has that name, or (without `force`) a file has it.
    """
    if path.is_dir():
        raise ImageError(f"output: {path} is a folder; choose another one")
    if path.exists() and not force:
        raise ImageError(f"output: {path} exists; choose another folder or add --force")


def write_text(text: str, path: Path) -> None:
    """Write a text file, completely or not at all.

    Raises: ImageError, if it cannot be written.
    """
    try:
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ImageError(f"output: {path} cannot be written: {error.strerror}") from error
