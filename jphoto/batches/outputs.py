"""The outcome of a task: a picture and its record, or a record of why there is no picture."""

import dataclasses
import errno
from pathlib import Path

from jphoto import images
from jphoto.batches.entries import Entry, Task
from jphoto.batches.inputs import ReadyTask
from jphoto.batches.records import FAILED, Record, Records
from jphoto.errors import ImageError, JphotoError
from jphoto.pipeline import finish
from jphoto.pipeline.digests import check_unchanged
from jphoto.pipeline.report import finite
from jphoto.solver.progress import Status
from jphoto.solver.single import Solution

FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors that end a batch: disk full, quota exceeded, read-only file system, disk failure."""


def is_fatal(error: JphotoError) -> bool:
    """Whether every further pair would fail with the same error."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FATAL


def failure(entry: Entry, reason: str) -> Record:
    """The record of a task without output."""
    paths = (str(entry.content), str(entry.style)) if isinstance(entry, Task) else ("", "")
    content, style = paths
    return Record(
        name=entry.name, number=entry.number, status=FAILED, content=content, style=style,
        reason=reason,
    )  # fmt: skip


def write(
    ready: ReadyTask, solution: Solution, folder: Path, records: Records, force: bool
) -> Record:
    """Write a picture whole or not at all; the record of its task.

    Args:
      ready: the task.
      solution: of its pair.
      folder: of the outputs.
      records: of the batch.
      force: whether an older file may be replaced. Without it, or if the file cannot be written,
        the picture may be saved under another name; the pair has failed then, and its record names
        that file.

    Raises: ImageError, if no further picture could be written either.
    """
    task, prepared = ready.task, ready.prepared
    if solution.status is Status.NOT_FINITE:
        return failure(task, "the objective was not finite; try smaller weights")
    target = folder / task.name
    try:
        if target.exists():
            # If the process is killed here, the old record must not describe the new picture.
            records.append(failure(task, "interrupted while it was replaced"))
        # Read again: originals of many megapixels would fill the memory while they wait.
        original = images.read_original(task.content, role="content")
        check_unchanged({"content": task.content}, ready.inputs)
        content, settings = prepared.pair.content, prepared.settings
        picture = finish.full_size_result(original, content, solution.picture, settings)
        finish.write_result(picture, original, target, settings, ready.label, force=force)
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
        terms=finite(solution.steps[-1]._asdict()) if solution.steps else {},
        steps=len(solution.steps),
        size=list(picture.shape[:2]),
        inputs=ready.inputs,
        settings=dataclasses.asdict(settings),
    )
