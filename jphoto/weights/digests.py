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
    is_beginning: bool = False
    """Whether `value` is only the beginning of the hash. torchvision's files have it in their
    names."""

    def __str__(self) -> str:
        """The hash as messages show it."""
        return f"{self.value}..." if self.is_beginning else self.value

    def of(self, path: Path) -> str:
        """Compute the hash of a file by this algorithm."""
        return file_digest(path, self.algorithm)

    def matches(self, found: str) -> bool:
        """Whether a hash that was computed is that of the right file."""
        return found.startswith(self.value) if self.is_beginning else found == self.value


def file_digest(path: Path, algorithm: str) -> str:
    """Compute the hash of a whole file, in lowercase hex.

    Raises: OSError, if the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
