"""The journal of a batch: a record of each pair, written as soon as its outcome is known.

The journal is `results.jsonl` in the output folder, or one file for each of several processes until
these are merged. Each line is a JSON object, appended by a single write. If the process is killed,
at most the last line is incomplete; incomplete lines are ignored.
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
from jphoto.files import lock_file, replacing
from jphoto.images.source import reason
from jphoto.settings import Settings

FAILED = "failed"
"""Status of a pair without output."""
JOURNAL = "results.jsonl"
"""File name of the journal."""
_JOURNAL_NAMES = re.compile(r"results(-\d+)?\.jsonl")

Kept = TypeVar("Kept")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """The outcome of one pair, in values that JSON has."""

    name: str
    """Path of the output, relative to the output folder."""
    number: int
    """Position in the manifest or folder, from 0."""
    status: str
    """A `progress.Status`, or `FAILED`."""
    content: str
    style: str
    key: str | None = None
    """From `key_of`; None if it failed before its inputs were read."""
    reason: str | None = None
    """Reason of a failure."""
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    """Time spent by phase, and in total."""
    terms: dict[str, float | None] = dataclasses.field(default_factory=dict)
    """Loss terms after the last step."""
    steps: int = 0
    """Steps taken."""
    size: list[int] | None = None
    """[height, width] of the output."""
    inputs: dict[str, str] = dataclasses.field(default_factory=dict)
    """SHA-256 of each photo and mask, by role."""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    """With the size and regions that were used."""
    time: float = dataclasses.field(default_factory=now)
    """When this record was made, in seconds since 1970."""

    @property
    def failed(self) -> bool:
        """Whether there is no output."""
        return self.status == FAILED

    def to_line(self) -> bytes:
        """The record as a line of ASCII, which can represent any path."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Record | None":
        """The record in a line from `to_line`; unknown keys are ignored. None for other lines."""
        try:
            values = json.loads(line)
            names = [field.name for field in dataclasses.fields(cls) if field.name in values]
            record = cls(**{name: values[name] for name in names})
        except (ValueError, TypeError, RecursionError):
            return None
        types = ((record.name, str), (record.number, int), (record.time, float))
        return record if all(isinstance(value, type_) for value, type_ in types) else None


def key_of(inputs: Mapping[str, str], settings: Settings, network: str) -> str:
    """Compute a digest of everything that determines an output, except for the device.

    Args:
      inputs: digests by role, from `digests_of`.
      settings: of the transfer.
      network: digest of its weights.

    Returns: SHA-256 in lowercase hex, the same for equal arguments and the same version of jphoto.
    """
    values = dataclasses.asdict(settings)
    del values["device"]
    content = {
        "inputs": dict(inputs),
        # As floats, so that 1 and 1.0, which are equal settings, are equal text in JSON.
        "settings": {k: v if isinstance(v, str) else float(v) for k, v in values.items()},
        "network": network,
        "jphoto": jphoto.__version__,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


class Records:
    """The journal of a folder, with the records of earlier runs and of this one.

    If an output has several records, the latest is valid. Only the key of each output is held in
    memory.
    """

    def __init__(self, folder: Path, file: io.FileIO, keys: dict[str, str | None]) -> None:
        self._folder = folder
        self._file = file
        self._keys = keys

    @classmethod
    def open(cls, folder: Path, part: int | None = None) -> "Records":
        """Read the journal of a folder, and open this process's file for appending.

        Args:
          folder: of the outputs; it must exist.
          part: number of this process, if it is one of several.

        Raises: ImageError, if a file cannot be read or written, or another batch has it open.
        """
        path = folder / (JOURNAL if part is None else f"results-{part}.jsonl")
        with _io_errors_named(path):
            file = path.open("a+b", buffering=0)
            try:
                if not lock_file(file):
                    raise ImageError(
                        f"output: another batch is writing into {folder}; wait until it has "
                        "ended, or choose another folder"
                    )
                keys = _latest(_journals(folder), _key_if_done)
            except BaseException:
                file.close()
                raise
        return cls(folder, file, keys)

    def is_done(self, key: str, name: str) -> bool:
        """Whether an output exists that was made from the inputs and settings of this key."""
        return self._keys.get(name) == key and (self._folder / name).is_file()

    def append(self, record: Record) -> None:
        """Append a record; when this returns, it is on the disk.

        Raises: ImageError, if it cannot be written completely.
        """
        with _io_errors_named(Path(self._file.name)):
            line = record.to_line() if self._ends_with_newline() else b"\n" + record.to_line()
            if self._file.write(line) != len(line):
                raise OSError("only a part of the line was written; is the disk full?")
            os.fsync(self._file.fileno())
        self._keys[record.name] = _key_if_done(record)

    def merge(self) -> None:
        """Merge the journal into one file: the latest record of each output, in the source's order.

        No process may append any more, this one included. The other files are deleted after that
        one is complete, and merging again changes nothing, so nothing is lost if the process is
        killed in between.

        Raises: ImageError, if a file cannot be read, written or deleted.
        """
        self.close()
        path = self._folder / JOURNAL
        with _io_errors_named(path):
            journals = _journals(self._folder)
            lines = _latest(journals, lambda record: (record.number, record.to_line()))
            with replacing(path) as draft, draft.open("xb") as file:
                file.writelines(line for _, line in sorted(lines.values()))
                file.flush()
                os.fsync(file.fileno())
            for part in set(journals) - {path}:
                part.unlink()

    def close(self) -> None:
        """Close the file; it may be closed already."""
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

    def _ends_with_newline(self) -> bool:
        """Whether the last line is complete; a kill or a full disk may have cut it off."""
        if self._file.seek(0, os.SEEK_END) == 0:
            return True
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) == b"\n"


def latest_records(folder: Path) -> dict[str, Record]:
    """The latest record of each output of a batch, by the output's name.

    Raises: ImageError, if the journal cannot be read.
    """
    with _io_errors_named(folder):
        return _latest(_journals(folder), lambda record: record)


def has_journal(folder: Path) -> bool:
    """Whether a folder, which must exist, has the journal of a batch.

    Raises: ImageError, if it cannot be read.
    """
    with _io_errors_named(folder):
        return bool(_journals(folder))


def _key_if_done(record: Record) -> str | None:
    return None if record.failed else record.key


def _journals(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _JOURNAL_NAMES.fullmatch(path.name))


def _latest(journals: Iterable[Path], keep: Callable[[Record], Kept]) -> dict[str, Kept]:
    """What `keep` returns for the latest record of each output, by the output's name.

    Within a file the last record is the latest, even if the clock was set back; between files the
    time decides.
    """
    latest: dict[str, tuple[float, Kept]] = {}
    for path in journals:
        last = {record.name: (record.time, keep(record)) for record in _read(path)}
        for name, dated in last.items():
            if name not in latest or dated[0] >= latest[name][0]:
                latest[name] = dated
    return {name: kept for name, (_, kept) in latest.items()}


def _read(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            record = Record.from_line(line)
            if record is not None:
                yield record


@contextmanager
def _io_errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImageError(f"output: {path} cannot be read or written: {reason(error)}") from error
