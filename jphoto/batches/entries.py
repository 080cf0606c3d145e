"""What a batch is made of: tasks, what cannot be one, and names that fit in one output folder."""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeAlias

from jphoto.evaluation.layouts import SUFFIXES
from jphoto.settings import Settings

# A folder so called would be in the way of these files, too.
_RESERVED = re.compile(r"results.*\.jsonl|sheet\.jpg", re.IGNORECASE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Task:
    """One transfer to be made."""

    number: int
    """Its place in the source, from 0."""
    name: str
    """Of the output: relative to the output folder, with suffix and forward slashes."""
    content: Path
    style: Path
    content_mask: Path | None
    style_mask: Path | None
    settings: Settings


@dataclasses.dataclass(frozen=True)
class Unusable:
    """A line of a manifest, or a photo of a folder, that is no task."""

    number: int
    """Its place in the source, from 0."""
    name: str
    """Of the output where that is known, else the line of the manifest, as "line 7"."""
    reason: str


Entry: TypeAlias = Task | Unusable


def settle_names(entries: Iterable[tuple[str, Entry]]) -> list[Entry]:
    """The entries, without those tasks whose output may not or cannot have its name.

    Args:
      entries: each with what to call it in messages, as "line 7".

    Returns: as many; a task is now unusable if its name leaves the output folder, belongs to one of
      the batch's own files, or is that of an earlier task, upper and lower case being one.
    """
    settled: list[Entry] = []
    owners: dict[str, str] = {}
    for place, entry in entries:
        if isinstance(entry, Task):
            reason = _complaint(entry.name, owners)
            if reason:
                entry = Unusable(entry.number, entry.name, reason)
            else:
                owners[entry.name.casefold()] = place
        settled.append(entry)
    return settled


def _complaint(name: str, owners: dict[str, str]) -> str | None:
    """What is wrong with an output's name, or None."""
    path = PurePosixPath(name)
    if PurePath(name).anchor or ".." in path.parts:
        return f"the output {name} is not inside the output folder; give a relative name without .."
    if path.suffix.lower() not in SUFFIXES:
        return f"the output {name} has no name for a picture, such as photo.png"
    if _RESERVED.fullmatch(path.parts[0]):
        return f"the output {name} takes a name that the batch needs itself; choose another name"
    owner = owners.get(name.casefold())
    return owner and f"{name} is the output of {owner} already; give one of the two another name"
