"""Attempts: what was asked for, how far it is, and the files that are kept of it."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from jphoto.app.jobs.folder import Folder, write_json
from jphoto.errors import JphotoError
from jphoto.settings import Settings

PREVIEW, TRANSFER = "preview", "transfer"
QUEUED, READING, COMPILING, SOLVING, SAVING = (
    "queued", "reading", "compiling", "solving", "saving",
)  # fmt: skip
FINISHED, STOPPED, FAILED = "finished", "stopped", "failed"
ENDED = (FINISHED, STOPPED, FAILED)
RECORD, FRAME, RESULT, CONTENT, THUMB = (
    "attempt.json", "frame.jpg", "result.jpg", "content.jpg", "thumb.jpg",
)  # fmt: skip
SOLVED, LABEL = "solved.npy", "label.json"
"""Names of the files of an attempt."""
CUT_OFF = "the server ended before this attempt did"


@dataclasses.dataclass(kw_only=True)
class Attempt:
    """One transfer or preview that was asked for."""

    id: str
    kind: str
    content: str
    """Id of a photo."""
    styles: list[dict[str, Any]]
    """Each with the id of a photo or look, and its weight."""
    settings: dict[str, Any]
    """Those that differ from the defaults."""
    masks: dict[str, Any]
    """Ids: of the content's mask, and a list of the styles'."""
    style_for: dict[str, str] = dataclasses.field(default_factory=dict)
    """Ids of styles by the names of the kinds that get them."""
    client: str = ""
    strength: float = 1.0
    created: float = dataclasses.field(default_factory=time.time)
    status: str = QUEUED
    phase: str = ""
    """What is done, in words."""
    place: int | None = None
    share: float = 0.0
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    memory: int = 0
    frame: int = 0
    stopping: bool = False
    error: str | None = None
    outcome: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)
    """Warnings of the run, in lines."""
    regions: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    width: int = 0
    height: int = 0
    result_width: int = 0
    result_height: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self.status in ENDED

    @property
    def photos(self) -> set[str]:
        """Ids of the photos and looks that it is made from."""
        return {self.content, *(one["id"] for one in self.styles), *self.style_for.values()}

    @property
    def weights(self) -> list[float] | None:
        """Of the styles; None for equal ones."""
        found = [float(one["weight"]) for one in self.styles]
        return found if len({*found}) > 1 else None

    @property
    def mask_ids(self) -> set[str]:
        """Ids of its masks."""
        return {*filter(None, (self.masks.get("content"), *self.masks.get("styles", ())))}

    def to_settings(self, **changes: Any) -> Settings:
        """The settings of the transfer, at full strength.

        Args:
          changes: to them.

        Raises: SettingsError, for wrong values and unknown names.
        """
        preset = PREVIEW if self.kind == PREVIEW else "default"
        given = self.settings
        if self.kind == PREVIEW:  # what makes it one stays
            given = {name: v for name, v in given.items() if name not in ("steps", "smoothing")}
        return Settings.preset(preset, **{**given, **changes})

    def described(self) -> dict[str, Any]:
        """What the page learns of it."""
        values = dataclasses.asdict(self)
        del values["client"]
        return values

    def write(self, folder: Folder) -> None:
        """Keep it.

        Raises: ImageError, if it cannot be written.
        """
        write_json(folder.part("attempts", self.id) / RECORD, dataclasses.asdict(self))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Attempt":
        """The attempt of a file of JSON; one that had not ended has stopped.

        Raises: TypeError, KeyError or ValueError, for any other values.
        """
        attempt = cls(**values)
        try:
            attempt.to_settings()
        except JphotoError as error:
            raise ValueError(str(error)) from None
        if not (isinstance(attempt.created, float) and attempt.photos):
            raise TypeError("values of wrong types")
        return attempt


def without_strength(settings: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
    """Take the strength out of settings: an attempt is solved once and saved at any strength.

    Raises: SettingsError, for wrong values and unknown names.
    """
    checked = Settings.preset("default", **settings)
    defaults = dataclasses.asdict(Settings())
    rest = {
        name: value
        for name, value in settings.items()
        if name != "style_strength" and value != defaults[name]
    }
    return rest, float(checked.style_strength)
