"""How a batch went, for people: counts and failures as text, and a contact sheet."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import Float32

from jphoto import images
from jphoto.batches.records import JOURNAL, Record
from jphoto.errors import ImageError

MOST_NAMED = 20
"""Failures whose names and reasons are kept."""
SHEET = "sheet.jpg"
MOST_ROWS = 40
ROW_HEIGHT = 160
"""Pixels of a picture on the sheet."""
_MOST_PROPORTION = 4
"""Width over height of a picture on the sheet; a wider panorama shows its left part."""

Item = TypeVar("Item")


@dataclasses.dataclass
class Tally:
    """What became of the pairs so far, in memory that does not grow with their number."""

    finished: int = 0
    failed: int = 0
    skipped: int = 0
    """Pairs that an earlier run had done."""
    seconds: float = 0.0
    """Spent on the finished pairs, by all processes together."""
    failures: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Names and reasons of the first `MOST_NAMED`."""
    began: float = dataclasses.field(default_factory=perf_counter)

    @property
    def done(self) -> int:
        """Pairs that something became of."""
        return self.finished + self.failed + self.skipped

    def add(self, record: Record) -> None:
        """Count a pair of this run."""
        if not record.failed:
            self.finished += 1
            self.seconds += record.seconds.get("total", 0.0)
            return
        self.failed += 1
        if len(self.failures) < MOST_NAMED:
            self.failures.append((record.name, record.reason or "unknown"))

    def skip(self) -> None:
        """Count a pair that was done already."""
        self.skipped += 1

    def share(self) -> None:
        """Count what other processes did as well, once all of them have come to this.

        Failures stay named where they happened.
        """
        own = np.array([self.finished, self.failed, self.skipped]), np.array(self.seconds)
        counts, seconds = multihost_utils.process_allgather(own)
        self.finished, self.failed, self.skipped = np.sum(counts, 0).tolist()
        self.seconds = float(np.sum(seconds))


def table(tally: Tally) -> str:
    """The counts and the pace up to now, then the failures, a line each."""
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


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """All items, or if they are more than `most` that many of them, evenly spaced."""
    count = min(len(items), most)
    return [items[place * len(items) // count] for place in range(count)]


def write_sheet(folder: Path, rows: Sequence[tuple[str, Path, Path, Path]]) -> Path | None:
    """Write a contact sheet, `sheet.jpg`, with a row a pair: content, style and output.

    Args:
      folder: where it goes; an older sheet is replaced.
      rows: name of the output, and paths of content, style and output. Of more than `MOST_ROWS`
        that many are shown, evenly spaced; one with a picture that cannot be read is left out.

    Returns: its path, or None if there is nothing to show.
    Raises: ImageError, if it cannot be written.
    """
    shown = []
    for name, content, style, output in evenly(rows, MOST_ROWS):
        labels = (content.name, style.name, name)
        try:
            tiles = [_tile(path) for path in (content, style, output)]
        except ImageError:
            continue  # moved or deleted since
        shown.append(
            images.side_by_side([*zip(map(_one_line, labels), tiles, strict=True)], ROW_HEIGHT)
        )
    if not shown:
        return None
    path = folder / SHEET
    images.save_picture(images.stack(shown), path)
    return path


def _tile(path: Path) -> Float32[np.ndarray, "h w 3"]:
    """A picture as it is on the sheet; small at once, so that a single one is held in full."""
    picture = images.read_picture(path, role="sheet")
    height = picture.shape[0]
    picture = picture[:, : _MOST_PROPORTION * height]
    return images.resize(
        picture, (ROW_HEIGHT, max(1, round(picture.shape[1] * ROW_HEIGHT / height)))
    )


def _one_line(text: str) -> str:
    """Text without line breaks, and without what a terminal or a font cannot show."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
