"""Files without content for a batch to find, and the tasks that it makes of them, in short."""

from pathlib import Path

from jphoto.batches.tasks import Task, Unusable
from jphoto.settings import Settings

SETTINGS = Settings(steps=7)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def brief(entries: list[Task | Unusable], folder: Path) -> list[tuple[str | None, ...]]:
    """Names and files of tasks, as text relative to a folder; names alone of what is none."""
    roles = ("content", "style", "content_mask", "style_mask")
    assert [entry.number for entry in entries] == list(range(len(entries)))
    return [
        (entry.name,)
        if isinstance(entry, Unusable)
        else (
            entry.name,
            *(path and path.relative_to(folder).as_posix() for path in map(vars(entry).get, roles)),
        )
        for entry in entries
    ]
