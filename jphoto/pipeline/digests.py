"""SHA-256 digests of the photos and masks that a result is made from.

A digest depends on the bytes of a file or the pixels of an array, not on any name.
"""

import functools
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jphoto import images
from jphoto.errors import ImageError
from jphoto.images import HeldSource
from jphoto.images.source import reason
from jphoto.looks import Look
from jphoto.weights.digests import file_digest

_CACHED_DIGESTS = 4096
"""Number of files whose digests are kept: those used last."""


def digests_of(sources: Mapping[str, HeldSource | Look]) -> dict[str, str]:
    """The SHA-256 of each file, or of the pixels of a source that is not a file, by role.

    A file is read once while its size and modification time stay the same, however many pairs
    share it.

    Args:
      sources: photos and masks by role.

    Raises: ImageError, naming role and path, if a file cannot be read, or is a pipe.
    """
    return {role: _digest(source, role) for role, source in sources.items()}


def check_unchanged(sources: Mapping[str, HeldSource | Look], digests: Mapping[str, str]) -> None:
    """Check that files are still what they were when their digests were computed.

    Called after they were decoded, it makes sure that the digests are of what was decoded.

    Args:
      sources: photos and masks by role; those in memory are not looked at.
      digests: of the sources, by role.

    Raises: ImageError, naming the file that another program has changed.
    """
    for role, source in sources.items():
        if isinstance(source, str | os.PathLike) and _digest(source, role) != digests[role]:
            raise ImageError(f"{role}: {source} was changed while it was read; run this again")


def _digest(source: HeldSource | Look, role: str) -> str:
    if isinstance(source, Look):
        return source.digest
    if isinstance(source, images.HeldFile):
        return hashlib.sha256(source.content).hexdigest()
    if isinstance(source, str | os.PathLike):
        try:
            status = Path(source).stat()
            if stat.S_ISFIFO(status.st_mode):
                raise ImageError(
                    f"{role}: {source} is a pipe, and a batch reads photos more than "
                    "once; save it as a file first"
                )
            return _cached_digest(Path(source), status.st_size, status.st_mtime_ns)
        except (OSError, ValueError) as error:
            raise ImageError(f"{role}: {source} cannot be read: {reason(error)}") from error
    pixels = np.ascontiguousarray(source)
    shape = f"{pixels.dtype.str} {pixels.shape}".encode()
    return hashlib.sha256(shape + pixels.tobytes()).hexdigest()


@functools.lru_cache(_CACHED_DIGESTS)
def _cached_digest(path: Path, size: int, modified: int) -> str:
    return file_digest(path, "sha256")
