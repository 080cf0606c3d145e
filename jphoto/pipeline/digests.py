"""What a result is made from, as digests: a photo is known by what is in it, not by its name."""

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jphoto.errors import ImageError
from jphoto.images import PictureSource
from jphoto.images.source import reason
from jphoto.weights.digests import file_digest

_MOST_DIGESTS = 4096
"""Remembered at a time; what many pairs share is among the latest used."""


def digests_of(sources: Mapping[str, PictureSource]) -> dict[str, str]:
    """The SHA-256 of each file, or of the pixels of what is no file, by role.

    A file that many pairs share is read once, while its size and time of change stay the same.

    Raises: ImageError, naming role and path, if one cannot be read.
    """
    return {role: _digest(source, role) for role, source in sources.items()}


def _digest(source: PictureSource, role: str) -> str:
    if isinstance(source, str | os.PathLike):
        try:
            status = Path(source).stat()
            return _digest_as_of(Path(source), status.st_size, status.st_mtime_ns)
        except (OSError, ValueError) as error:
            raise ImageError(f"{role}: {source} cannot be read: {reason(error)}") from error
    pixels = np.ascontiguousarray(source)
    shape = f"{pixels.dtype.str} {pixels.shape}".encode()
    return hashlib.sha256(shape + pixels.tobytes()).hexdigest()


@functools.lru_cache(_MOST_DIGESTS)
def _digest_as_of(path: Path, size: int, changed: int) -> str:
    return file_digest(path, "sha256")
