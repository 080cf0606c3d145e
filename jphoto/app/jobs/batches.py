"""Batches: many photos in one style, by `jphoto.batches`, so that a crash loses nothing."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from jphoto.app.jobs.folder import Folder, write_json
from jphoto.settings import Settings

QUEUED, RUNNING, STOPPED, FINISHED, FAILED = "queued", "running", "stopped", "finished", "failed"


@dataclasses.dataclass(kw_only=True)
class Batch:
    """Photos that get one style."""

    id: str
    contents: list[str]
    """Ids of photos."""
    styles: list[dict[str, Any]]
    """Each with the id of a photo or look, and its weight."""
    settings: dict[str, Any]
    folder: str
    """Of the results."""
    client: str = ""
    created: float = dataclasses.field(default_factory=time.time)
    since: float = dataclasses.field(default_factory=time.time)
    """When it was begun or resumed; older failures do not count."""
    status: str = QUEUED
    error: str | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """Of each photo: name of the result, status and error."""

    @property
    def ended(self) -> bool:
        """Whether nothing happens until it is resumed."""
        return self.status in (STOPPED, FINISHED, FAILED)

    @property
    def photos(self) -> set[str]:
        """Ids of the photos and looks that it is made from."""
        return {*self.contents, *(one["id"] for one in self.styles)}

    def described(self) -> dict[str, Any]:
        """What the page learns of it."""
        values = dataclasses.asdict(self)
        for name in ("client", "contents", "since"):
            del values[name]
        url = f"/api/batches/{self.id}"
        for number, row in enumerate(values["rows"]):
            made = row["status"] == FINISHED
            row["result"] = f"{url}/results/{number}" if made else None
            row["thumb"] = f"{url}/thumbs/{number}.jpg" if made else None
        states = [row["status"] for row in self.rows]
        done, failed = states.count(FINISHED), states.count(FAILED)
        return {**values, "total": len(self.rows), "done": done, "failed": failed}

    def write(self, folder: Folder) -> None:
        """Keep it.

        Raises: ImageError, if it cannot be written.
        """
        write_json(folder.part("batches", self.id) / "batch.json", dataclasses.asdict(self))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Batch":
        """The batch of a file of JSON; one that was running has stopped and can be resumed.

        Raises: TypeError or KeyError, for any other values.
        """
        batch = cls(**values)
        Settings(**batch.settings)
        if not (isinstance(batch.created, float) and batch.photos):
            raise TypeError("values of wrong types")
        if not batch.ended:
            batch.status = STOPPED
        return batch
