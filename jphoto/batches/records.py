"""What became of each pair of a batch, written down at once, so that a kill loses only the last.

A folder's journal is `results.jsonl`, or a file for each of several processes until they are
merged: one JSON object a line. A line is appended by a single write, so all that a kill can leave
behind is half a line at the end, which is skipped from then on.
"""

import dataclasses
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import time as now
from types import TracebackType
from typing import Any, TypeVar

import jphoto
from jphoto.errors import ImageError
from jphoto.files import replacing
from jphoto.images.source import reason
from jphoto.settings import Settings

FAILED = "failed"
JOURNAL = "results.jsonl"
_JOURNALS = re.compile(r"results(-\d+)?\.jsonl")

Kept = TypeVar("Kept")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """What became of one pair; every value is as JSON has it."""

    name: str
    """Of the output, relative to the folder."""
    number: int
    """Place in the source."""
    status: str
    """A `progress.Status`, or `FAILED`."""
    content: str
    style: str
    key: str | None = None
    """From `key_of`; None if it failed before its inputs could be read."""
    reason: str | None = None
    """Why it failed."""
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    """By phase, and in total."""
    terms: dict[str, float | None] = dataclasses.field(default_factory=dict)
    """Of the objective, after the last step."""
    steps: int = 0
    size: list[int] | None = None
    """Of the output: [height, width]."""
    inputs: dict[str, str] = dataclasses.field(default_factory=dict)
    """SHA-256 by role."""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    time: float = dataclasses.field(default_factory=now)
    """Of this record, in seconds since 1970."""

    @property
    def failed(self) -> bool:
        """Whether there is no output."""
        return self.status == FAILED

    def to_line(self) -> bytes:
        """The record as a line of ASCII, which can hold any path."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Record | None":
        """The record that `to_line` wrote, less unknown keys; None for anything else."""
        try:
            values = json.loads(line)
            names = [field.name for field in dataclasses.fields(cls) if field.name in values]
            record = cls(**{name: values[name] for name in names})
        except (ValueError, TypeError, RecursionError):
            return None
        kinds = ((record.name, str), (record.number, int), (record.time, float))
        return record if all(isinstance(value, kind) for value, kind in kinds) else None


def key_of(inputs: Mapping[str, str], settings: Settings, network: str) -> str:
    """A digest of all that an output follows from; where it is computed is no part of that.

    Args:
      inputs: digests by role, from `digests_of`.
      settings: of the transfer.
      network: digest of its weights.

    Returns: SHA-256 in lowercase hex, the same for equal arguments and the same jphoto.
    """
    chosen = dataclasses.asdict(settings)
    del chosen["device"]
    content = {
        "inputs": dict(inputs),
        # Equal settings are one text: 1 and 1.0 are not, in JSON.
        "settings": {k: v if isinstance(v, str) else float(v) for k, v in chosen.items()},
        "network": network,
        "jphoto": jphoto.__version__,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


class Records:
    """The journal of a folder: what its earlier runs have done, and what this one adds.

    Of an output's records the latest counts. What is held in memory is a key for each output.
    """

    def __init__(self, folder: Path, file: io.FileIO, keys: dict[str, str | None]) -> None:
        self._folder = folder
        self._file = file
        self._keys = keys

    @classmethod
    def open(cls, folder: Path, part: int | None = None) -> "Records":
        """Read all that a folder has of a journal, and begin or go on with a file of one's own.

        Args:
          folder: where the outputs go; it must exist.
          part: number of this process, if it is one of several.

        Raises: ImageError, if a file cannot be read, or one's own cannot be written.
        """
        path = folder / (JOURNAL if part is None else f"results-{part}.jsonl")
        with _errors_named(path):
            keys = _latest(_journals(folder), _key_if_done)
            file = path.open("a+b", buffering=0)
        return cls(folder, file, keys)

    def is_done(self, key: str, name: str) -> bool:
        """Whether an output is there already, made from the inputs and settings of this key."""
        return self._keys.get(name) == key and (self._folder / name).is_file()

    def append(self, record: Record) -> None:
        """Write a record down; on return it is on the disk.

        Raises: ImageError, if it cannot be written whole.
        """
        with _errors_named(Path(self._file.name)):
            line = record.to_line() if self._ends_whole() else b"\n" + record.to_line()
            if self._file.write(line) != len(line):
                raise OSError("only a part of the line was written; is the disk full?")
            os.fsync(self._file.fileno())
        self._keys[record.name] = _key_if_done(record)

    def merge(self) -> None:
        """End the journal as one file: the latest record of each output, in the source's order.

        Only for when no process writes any more, this one included. The other files are deleted
        after that one is whole, and to merge twice changes nothing: a kill in between does no harm.

        Raises: ImageError, if a file cannot be read, written or deleted.
        """
        self.close()
        path = self._folder / JOURNAL
        with _errors_named(path):
            journals = _journals(self._folder)
            lines = _latest(journals, lambda record: (record.number, record.to_line()))
            with replacing(path) as draft, draft.open("xb") as file:
                file.writelines(line for _, line in sorted(lines.values()))
                file.flush()
                os.fsync(file.fileno())
            for part in set(journals) - {path}:
                part.unlink()

    def close(self) -> None:
        """End appending; a second time changes nothing."""
        self._file.close()

    def __enter__(self) -> "Records":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ends_whole(self) -> bool:
        """Whether the next line begins where no other is broken off, by a kill or a full disk."""
        if self._file.seek(0, os.SEEK_END) == 0:
            return True
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) == b"\n"


def has_journal(folder: Path) -> bool:
    """Whether there has been a batch in a folder, which must exist.

    Raises: ImageError, if it cannot be read.
    """
    with _errors_named(folder):
        return bool(_journals(folder))


def _key_if_done(record: Record) -> str | None:
    return None if record.failed else record.key


def _journals(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _JOURNALS.fullmatch(path.name))


def _latest(journals: Iterable[Path], keep: Callable[[Record], Kept]) -> dict[str, Kept]:
    """What is to be kept of the latest record of each output, by name.

    Within a file that is the last one, whatever the clock did; between files the clock decides.
    """
    found: dict[str, tuple[float, Kept]] = {}
    for path in journals:
        last = {record.name: (record.time, keep(record)) for record in _read(path)}
        for name, dated in last.items():
            if name not in found or dated[0] >= found[name][0]:
                found[name] = dated
    return {name: kept for name, (_, kept) in found.items()}


def _read(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            record = Record.from_line(line)
            if record is not None:
                yield record


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImageError(f"output: {path} cannot be read or written: {reason(error)}") from error
