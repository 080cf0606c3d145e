"""What a file must hash to before it is believed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Digest:
    """A hash that a file is pinned to: the algorithm's name in hashlib, and lowercase hex."""

    algorithm: str
    value: str

    def of(self, path: Path) -> str:
        """The hash of a file by this algorithm; equal to `value` for the pinned file."""
        return file_digest(path, self.algorithm)


def file_digest(path: Path, algorithm: str) -> str:
    """The hash of a whole file, in lowercase hex.

    Raises: OSError, if the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
