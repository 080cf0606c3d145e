"""The entries of a batch: tasks, and lines or photos that cannot be one. Checks output names."""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeAlias

from jphoto import formats
from jphoto.settings import Settings

# Also for folders, which would be in the way of these files.
_RESERVED_NAMES = re.compile(r"results.*\.jsonl|sheet\.jpg", re.IGNORECASE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Task:
    """One transfer of a batch."""

    number: int
    """Its position in the manifest or folder, from 0."""
    name: str
    """Path of the output, relative to the output folder, with suffix and forward slashes."""
    content: Path
    style: Path
    content_mask: Path | None
    style_mask: Path | None
    settings: Settings


@dataclasses.dataclass(frozen=True)
class Unusable:
    """A line of a manifest, or a photo of a folder, from which no task can be made."""

    number: int
    """Its position in the manifest or folder, from 0."""
    name: str
    """Name of the output if it is known, otherwise the line of the manifest, such as "line 7"."""
    reason: str
    """Why it is not usable."""


Entry: TypeAlias = Task | Unusable


def is_reserved(name: str) -> bool:
    """Whether an output's name is needed for one of the batch's own files."""
    parts = PurePosixPath(name).parts
    return bool(parts and _RESERVED_NAMES.fullmatch(parts[0]))


def check_names(entries: Iterable[tuple[str, Entry]]) -> list[Entry]:
    """Replace the tasks whose output cannot have its name by `Unusable` entries.

    Args:
      entries: each with its name in error messages, such as "line 7".

    Returns: as many entries. A task is unusable if its output is outside the output folder, has the
      name of one of the batch's own files, or has the name of an earlier task; upper and lower case
      count as equal.
    """
    checked: list[Entry] = []
    owners: dict[str, str] = {}
    for place, entry in entries:
        if isinstance(entry, Task):
            reason = _complaint(entry.name, owners)
            if reason:
                entry = Unusable(entry.number, entry.name, reason)
            else:
                owners[entry.name.casefold()] = place
        checked.append(entry)
    return checked


def _complaint(name: str, owners: dict[str, str]) -> str | None:
    """What is wrong with an output's name, or None.

    Args:
      name: of the output.
      owners: the entry that has each name so far, by the name in lower case.
    """
    path = PurePosixPath(name)
    if PurePath(name).anchor or ".." in path.parts:
        return f"the output {name} is not inside the output folder; give a relative name without .."
    if not formats.is_written(Path(name)):
        return (
            f"the output {name} needs the name of a picture file that can be written: "
            f"{formats.written_suffixes()}"
        )
    if is_reserved(name):
        return f"the output {name} has a name that the batch needs itself; choose another name"
    owner = owners.get(name.casefold())
    return owner and f"{name} is already the output of {owner}; give one of the two another name"
