"""The sources of photos and masks: paths, pipes, files in memory, Pillow images and arrays.

What can be read only once is read into memory, so that a label's digest is of the bytes decoded.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from jphoto.errors import ImageError, JphotoError


@dataclass(frozen=True)
class HeldFile:
    """A file in memory: what was read from a pipe, say, which can be read only once."""

    name: str
    """For messages."""
    content: bytes = field(repr=False)


PictureSource = (
    str | os.PathLike[str] | bytes | bytearray | BinaryIO | HeldFile | Image.Image | np.ndarray
)
"""A photo or mask: a path, the bytes of a file, a file open for reading bytes, a Pillow image or an
array."""
FileSource = str | os.PathLike[str] | HeldFile
HeldSource = FileSource | Image.Image | np.ndarray
"""A source that can be read several times."""

_MOST_STREAM_BYTES = 2**32
"""A pipe may have no end."""


def source_name(source: PictureSource, role: str) -> str:
    """Name a source for messages: its role, then its path as the user typed it or its type."""
    if isinstance(source, np.ndarray):
        return f"{role}: the array"
    if isinstance(source, Image.Image):
        return f"{role}: the Pillow image"
    if isinstance(source, bytes | bytearray):
        return f"{role}: the file in memory"
    if isinstance(source, str | os.PathLike):
        return f"{role}: {os.fspath(source)}"
    return f"{role}: {getattr(source, 'name', 'the open file')}"


def held(source: PictureSource, role: str) -> HeldSource:
    """Read what can be read only once, so that it can be hashed and decoded.

    Args:
      source: any.
      role: for messages.

    Returns: a `HeldFile` for bytes, open files, pipes and standard input; other sources unchanged.
    Raises: ImageError, if it cannot be read, or is a device.
    """
    name = source_name(source, role)
    if isinstance(source, bytes | bytearray):
        return HeldFile("the file in memory", bytes(source))
    if isinstance(source, HeldFile | Image.Image | np.ndarray):
        return source
    with opening_errors(name, ImageError):
        if not isinstance(source, str | os.PathLike):
            return HeldFile(name.removeprefix(f"{role}: "), _read(source, name))
        return _held_if_pipe(source, name)


def _held_if_pipe(source: str | os.PathLike[str], name: str) -> HeldSource:
    path = Path(source)
    mode = path.stat().st_mode
    if stat.S_ISFIFO(mode):
        with path.open("rb") as file:
            return HeldFile(str(path), _read(file, name))
    if stat.S_ISDIR(mode):
        raise ImageError(f"{name} is a folder; give an image file")
    if not stat.S_ISREG(mode):
        raise ImageError(f"{name} is a device; give an image file")
    return path if isinstance(source, str) else source


def _read(file: BinaryIO, name: str) -> bytes:
    content = bytearray()
    while piece := file.read(2**20):
        content += piece
        if len(content) > _MOST_STREAM_BYTES:
            raise ImageError(f"{name} is longer than 4 GB; save it as a file first")
    return bytes(content)


def open_file(source: FileSource, name: str) -> BufferedReader:
    """Open an image file.

    Args:
      source: a path, or a file in memory.
      name: of the source in messages.

    Raises: ImageError, if the file does not exist, may not be read, or is empty.
    """
    with opening_errors(name, ImageError):
        file = _open(source, name)
    if not file.peek(1):
        file.close()
        raise ImageError(f"{name} is damaged or cut short: the file is empty")
    return file


@contextmanager
def opening_errors(name: str, error: type[JphotoError]) -> Iterator[None]:
    """Say in one line why the block cannot open or read a file.

    Args:
      name: of the file in messages.
      error: the class to raise.

    Raises: `error`, in place of an OSError or a ValueError (a path with a null character).
    """
    try:
        yield
    except FileNotFoundError:
        raise error(f"{name} does not exist; check the path") from None
    except PermissionError:
        raise error(f"{name} may not be read: permission denied") from None
    except (OSError, ValueError) as cause:
        raise error(f"{name} cannot be opened: {reason(cause)}") from cause


class _Memory(BytesIO):
    """A file in memory that has, as those on disks have, a mode and a name."""

    mode = "rb"
    name = "the file in memory"


def _open(source: FileSource, name: str) -> BufferedReader:
    if isinstance(source, HeldFile):
        return BufferedReader(_Memory(source.content))
    path = Path(source)
    if path.is_dir():
        raise ImageError(f"{name} is a folder; give an image file")
    return path.open("rb")


def reason(cause: Exception) -> str:
    """Describe an exception in one line; a system error without its number and file name."""
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return " ".join(text.split()) or type(cause).__name__
