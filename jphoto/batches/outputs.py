"""What becomes of a pair: a picture and a record of it, or a record of why there is none."""

import dataclasses
import errno
from pathlib import Path

from jphoto import images
from jphoto.batches.entries import Entry, Task
from jphoto.batches.inputs import Ready
from jphoto.batches.records import FAILED, Record, Records
from jphoto.errors import ImageError, JphotoError
from jphoto.pipeline import finish
from jphoto.pipeline.report import finite
from jphoto.progress import Status
from jphoto.solver.single import Solution

FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Of the system's errors: a full disk, a full quota, a read-only disk, a broken one."""


def is_fatal(error: JphotoError) -> bool:
    """Whether an error is one that the next pair would meet as well."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FATAL


def failure(entry: Entry, reason: str) -> Record:
    """Of a pair that has no output."""
    paths = (str(entry.content), str(entry.style)) if isinstance(entry, Task) else ("", "")
    content, style = paths
    return Record(
        name=entry.name, number=entry.number, status=FAILED, content=content, style=style,
        reason=reason,
    )  # fmt: skip


def write(ready: Ready, solution: Solution, folder: Path, records: Records) -> Record:
    """Write a picture whole or not at all, and tell what there is to record of it.

    Raises: ImageError, if no other picture could be written either.
    """
    task = ready.task
    if solution.status is Status.NOT_FINITE:
        return failure(task, "the objective was not finite; try smaller weights")
    target = folder / task.name
    try:
        if target.exists():
            # A kill must not leave the record of what was there beside what is there.
            records.append(failure(task, "interrupted while it was replaced"))
        # Read again: photos of many megapixels that wait to be solved would fill the memory.
        original = images.read_original(task.content, role="content")
        picture = finish.finished(original, ready.pair.content, solution.picture, ready.settings)
        finish.write(picture, original, target, ready.settings, ready.label)
    except ImageError as error:
        if is_fatal(error):
            raise
        return failure(task, str(error))
    seconds = {**ready.seconds, **solution.seconds}
    return Record(
        name=task.name,
        number=task.number,
        status=solution.status.value,
        content=str(task.content),
        style=str(task.style),
        key=ready.key,
        seconds={**seconds, "total": sum(seconds.values())},
        terms=finite(solution.steps[-1]._asdict()),
        steps=len(solution.steps),
        size=list(picture.shape[:2]),
        inputs=ready.inputs,
        settings=dataclasses.asdict(ready.settings),
    )
