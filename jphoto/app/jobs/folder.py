"""The session folder: photos, attempts, masks and batches of the app, in the user's data folder.

Files are written as a whole or not at all. What cannot be read is skipped, with a line in the log.
"""

import errno
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from jphoto import files
from jphoto.errors import ImageError
from jphoto.files import lock_file

PARTS = ("photos", "attempts", "masks", "batches")
FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk, or of a user's share of it, that has no room left."""

Kept = TypeVar("Kept")

_logger = logging.getLogger(__name__)


def default_folder() -> Path:
    """The session folder of this user."""
    return platformdirs.user_data_path("jphoto") / "app"


class Folder:
    """A session folder, which one server at a time has for itself.

    Args:
      root: of the folder; made if need be.

    Raises: ImageError, if it cannot be made or written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with writing(root):
            for part in PARTS:
                (root / part).mkdir(parents=True, exist_ok=True)
            root.chmod(0o700)
            self._lock = (root / "lock").open("a+b", buffering=0)

    def lock(self) -> bool:
        """Take the folder until the process ends; False if another server has it."""
        return lock_file(self._lock)

    def tell_address(self, address: str) -> None:
        """Leave the address of this server for a second one."""
        write_private(self.root / "address", address)

    def other_address(self) -> str | None:
        """The address of the server that has the folder, if it has left one."""
        with suppress(OSError, UnicodeDecodeError):
            return (self.root / "address").read_text(encoding="ascii") or None
        return None

    def token(self) -> str:
        """The secret of the opened address. It stays the same, so that a page that is open works
        again after the server has been restarted.
        """
        path = self.root / "token"
        with suppress(OSError, UnicodeDecodeError):
            if len(found := path.read_text(encoding="ascii")) >= 32 and found.isalnum():
                return found
        token = secrets.token_hex(24)
        write_private(path, token)
        return token

    def part(self, name: str, key: str = "") -> Path:
        """The folder of all photos, attempts, masks or batches, or of one of them."""
        return self.root / name / key

    def size(self) -> int:
        """Bytes of all files."""
        total = 0
        for folder, _, names in os.walk(self.root):
            for name in names:
                with suppress(OSError):
                    total += (Path(folder) / name).stat().st_size
        return total


def read_all(folder: Path, name: str, make: Callable[[dict[str, Any]], Kept]) -> dict[str, Kept]:
    """What is kept in the subfolders of a folder, by their names.

    Args:
      folder: whose subfolders have a file of JSON each.
      name: of that file.
      make: what is kept, of the values in it.
    """
    found = {}
    for path in sorted(folder.glob(f"*/{name}")):
        try:
            found[path.parent.name] = make(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            _logger.warning("%s is damaged and was skipped: %s", path, error)
    return found


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON.

    Raises: ImageError, if it cannot be written.
    """
    write_bytes(path, json.dumps(value).encode("ascii"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file.

    Raises: ImageError, if it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        with files.replacing(path) as draft:
            draft.write_bytes(content)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read.

    Raises: ImageError, if it cannot be written.
    """
    with writing(path), files.replacing(path) as draft:
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="ascii")


def delete(folder: Path) -> None:
    """Delete a folder with everything in it, as far as that is possible."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the system into one line.

    Raises: ImageError, that names the path.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            line = "the disk is full; free some room on it and try again"
            raise ImageError(line) from error
        raise ImageError(f"app: {path} {files.unwritable(error)}") from error
