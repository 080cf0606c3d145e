"""Files that appear whole or not at all."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path


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
