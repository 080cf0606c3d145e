"""Hashes of files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Digest:
    """The hash that a file must have."""

    algorithm: str
    """Its name in hashlib."""
    value: str
    """Lowercase hex."""

    def of(self, path: Path) -> str:
        """Compute the hash of a file by this algorithm; the right file has `value`."""
        return file_digest(path, self.algorithm)


def file_digest(path: Path, algorithm: str) -> str:
    """Compute the hash of a whole file, in lowercase hex.

    Raises: OSError, if the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
