"""Files that appear whole or not at all."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

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
