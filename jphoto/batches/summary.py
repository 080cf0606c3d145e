"""The summary of a batch for people: counts and failures as text, and a contact sheet."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
from jaxtyping import Float32

from jphoto import images
from jphoto.batches import together
from jphoto.batches.records import JOURNAL, Record
from jphoto.errors import ImageError, LookError
from jphoto.looks.card import picture_of_style

LISTED_FAILURES = 20
"""Failures that are listed with their reasons."""
SHEET = "sheet.jpg"
"""File name of the contact sheet."""
MOST_ROWS = 40
"""Pairs on the sheet."""
ROW_HEIGHT = 160
"""Height of the pictures on the sheet, in pixels."""
_WIDEST_PROPORTION = 4
"""Largest width over height of a picture on the sheet; of a wider one, the left part is shown."""

Item = TypeVar("Item")


@dataclasses.dataclass
class Tally:
    """Counts of the pairs so far. Its memory does not grow with their number."""

    finished: int = 0
    failed: int = 0
    skipped: int = 0
    """Pairs that an earlier run finished."""
    seconds: float = 0.0
    """Time spent on the finished pairs, by all processes together."""
    failures: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Names and reasons of the first `LISTED_FAILURES`."""
    began: float = dataclasses.field(default_factory=perf_counter)
    """When the run began, by `perf_counter`."""

    @property
    def done(self) -> int:
        """Pairs whose outcome is known."""
        return self.finished + self.failed + self.skipped

    def add(self, record: Record) -> None:
        """Count a pair of this run by its record."""
        if not record.failed:
            self.finished += 1
            self.seconds += record.seconds.get("total", 0.0)
            return
        self.failed += 1
        if len(self.failures) < LISTED_FAILURES:
            self.failures.append((record.name, record.reason or "unknown"))

    def skip(self) -> None:
        """Count a pair that an earlier run finished."""
        self.skipped += 1

    def share(self) -> None:
        """Add the counts of all processes; each of them must call this.

        Failures are listed only by the process in which they happened.
        """
        mine = np.array([self.finished, self.failed, self.skipped]), np.array(self.seconds)
        counts, seconds = together.gathered(mine)
        self.finished, self.failed, self.skipped = np.sum(counts, 0).tolist()
        self.seconds = float(np.sum(seconds))


def table(tally: Tally) -> str:
    """The counts and the speed so far, then the failures, one line each."""
    rows = [
        ("finished", f"{tally.finished}"),
        ("failed", f"{tally.failed}"),
        ("done before", f"{tally.skipped}"),
    ]
    if tally.finished:
        minutes = (perf_counter() - tally.began) / 60
        rows.append(("pairs a minute", f"{tally.finished / minutes:.1f}"))
        rows.append(("seconds a pair", f"{tally.seconds / tally.finished:.1f}"))
    lines = [f"{label:<14}  {value:>8}" for label, value in rows]
    lines += [_one_line(f"{name}: {reason}") for name, reason in tally.failures]
    if more := tally.failed - len(tally.failures):
        lines.append(f"... and {more} more, see {JOURNAL}")
    return "\n".join(lines)


def evenly_spaced(items: Sequence[Item], most: int) -> list[Item]:
    """All items, or `most` of them, evenly spaced, if there are more."""
    count = min(len(items), most)
    return [items[place * len(items) // count] for place in range(count)]


def write_sheet(folder: Path, rows: Sequence[tuple[str, Path, Path, Path]]) -> Path | None:
    """Write a contact sheet, `sheet.jpg`, with a row for each pair: content, style and output.

    Args:
      folder: to write it to; an older sheet is replaced.
      rows: name of the output, and paths of content, style and output. At most `MOST_ROWS` are
        shown, evenly spaced; a row with a picture that cannot be read is left out.

    Returns: the path of the sheet, or None if it would be empty.
    Raises: ImageError, if it cannot be written.
    """
    strips = []
    for name, content, style, output in evenly_spaced(rows, MOST_ROWS):
        labels = (content.name, style.name, name)
        try:
            tiles = [_tile(path) for path in (content, style, output)]
        except (ImageError, LookError):
            continue  # moved or deleted in the meantime
        strips.append(
            images.side_by_side([*zip(map(_one_line, labels), tiles, strict=True)], ROW_HEIGHT)
        )
    if not strips:
        return None
    path = folder / SHEET
    images.save_picture(images.stack(strips), path)
    return path


def _tile(path: Path) -> Float32[np.ndarray, "h w 3"]:
    """A picture at its size on the sheet, so that only one is in memory at its full size."""
    picture = picture_of_style(path, "sheet")
    height = picture.shape[0]
    picture = picture[:, : _WIDEST_PROPORTION * height]
    return images.resize(
        picture, (ROW_HEIGHT, max(1, round(picture.shape[1] * ROW_HEIGHT / height)))
    )


def _one_line(text: str) -> str:
    """Text in one line, with a question mark for each character that cannot be printed."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
