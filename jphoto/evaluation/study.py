"""A study: the pairs of a folder are read and measured one at a time.

Only the values of a pair and its row of the contact sheet are kept, so that memory does not grow
with the size of photos. With many pairs the rows are lower, which limits the size of the sheet.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from jphoto import images, weights
from jphoto.errors import JphotoError
from jphoto.evaluation.layouts import PairFiles, find_pairs, find_pictures
from jphoto.evaluation.protocol import (
    LONG_SIDE,
    MEASURES,
    TRUTH_MEASURES,
    Measure,
    measure,
    measure_against_truth,
    read_fitted,
)
from jphoto.evaluation.statistics import Comparison, Interval, compare, median_interval
from jphoto.networks.vgg import Params
from jphoto.pipeline.reading import read_pair

TILE_HEIGHT = 240
"""Height of the pictures on the contact sheet in pixels, if all rows fit into `SHEET_HEIGHT`."""
SHEET_HEIGHT = 12_000
"""Largest total height of the pictures on the contact sheet, in pixels."""


@dataclass(frozen=True)
class PairRecord:
    """The measures of one pair, or the reason why it has none."""

    name: str
    scores: dict[str, dict[str, float]]
    """By "result" and "baseline", then by measure; empty if the pair was not measured."""
    notes: tuple[str, ...]
    """Remarks on how it was measured, such as resizing."""
    reason: str | None
    """Why it was not measured; None if it was."""


class Summary(NamedTuple):
    """Statistics of one measure over all pairs."""

    result: Interval
    baseline: Interval | None
    comparison: Comparison | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A finished study."""

    sources: dict[str, str]
    """The paths or patterns of "pairs", "result", "baseline" and "truth", as given."""
    measures: tuple[Measure, ...]
    pairs: tuple[PairRecord, ...]
    rows: tuple[Float32[np.ndarray, "_ _ 3"], ...]
    """Of the contact sheet, one for each pair."""

    @property
    def measured(self) -> tuple[PairRecord, ...]:
        """The pairs that were measured."""
        return tuple(pair for pair in self.pairs if pair.reason is None)

    @property
    def not_measured(self) -> tuple[PairRecord, ...]:
        """The pairs that could not be measured."""
        return tuple(pair for pair in self.pairs if pair.reason is not None)

    def values(self, role: str, key: str) -> list[float]:
        """The values of one measure, over the measured pairs.

        Args:
          role: "result" or "baseline".
          key: of the measure.
        """
        return [pair.scores[role][key] for pair in self.measured]

    def summary(self, measure: Measure) -> Summary:
        """Statistics of one measure over the measured pairs."""
        results = self.values("result", measure.key)
        if "baseline" not in self.sources:
            return Summary(median_interval(results), None, None)
        baselines = self.values("baseline", measure.key)
        return Summary(
            median_interval(results),
            median_interval(baselines),
            compare(results, baselines, measure.better),
        )


def evaluate(
    pairs: str | os.PathLike[str],
    results: str | os.PathLike[str],
    baseline: str | os.PathLike[str] | None = None,
    truth: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Measure the result of every pair, and a baseline's result if there is one.

    Args:
      pairs: a folder in one of the layouts of `layouts.find_pairs`.
      results: one picture for each pair: a pattern with {i}, or a folder (`layouts.find_pictures`).
      baseline: results of another method, found in the same way.
      truth: what the results should have been, found in the same way.
      progress: called after each pair with the number of pairs done, of all pairs, and its name.

    Returns: one record for each pair; a pair that cannot be measured has a reason, no exception.
    Raises: ImageError, if there are no pairs, or none has a result, or a baseline or truth that is
      asked for; WeightsError, if AlexNet's weights cannot be loaded.
    """
    given = {"result": results, "baseline": baseline, "truth": truth}
    sources = {role: source for role, source in given.items() if source is not None}
    found = find_pairs(Path(pairs))
    names = [files.name for files in found]
    paths = {role: find_pictures(source, role, names) for role, source in sources.items()}
    params = weights.load("alexnet").params
    height = min(TILE_HEIGHT, max(1, SHEET_HEIGHT // len(found)))
    records, rows = [], []
    for done, files in enumerate(found, 1):
        chosen = {role: path[files.name] for role, path in paths.items()}
        record, row = _measure_pair(files, chosen, params, height)
        records.append(record)
        rows.append(row)
        if progress is not None:
            progress(done, len(found), files.name)
    return Evaluation(
        {"pairs": os.fspath(pairs)} | {role: os.fspath(path) for role, path in sources.items()},
        MEASURES + TRUTH_MEASURES if truth is not None else MEASURES,
        tuple(records),
        tuple(rows),
    )


def _measure_pair(
    files: PairFiles, paths: dict[str, Path], params: Params, height: int
) -> tuple[PairRecord, Float32[np.ndarray, "_ _ 3"]]:
    """Measure one pair: its record and its row of the contact sheet."""
    try:
        pair, _ = read_pair(*files[1:], LONG_SIDE)
        notes = [] if files.content_mask else ["no masks: whole photos were compared"]
        pictures = {}
        for role, path in paths.items():
            pictures[role], note = read_fitted(path, role, pair.content.shape[:2])
            notes += [note] if note else []
        measured = {role: picture for role, picture in pictures.items() if role != "truth"}
        scores = {role: measure(params, pair, picture) for role, picture in measured.items()}
        if "truth" in pictures:
            for role, picture in measured.items():
                scores[role] |= measure_against_truth(params, picture, pictures["truth"])
    except JphotoError as error:
        blank = np.ones((height, 3 * height, 3), np.float32)
        row = images.side_by_side([(f"{files.name}: not measured", blank)])
        return PairRecord(files.name, {}, (), str(error)), row
    tiles = [(f"{files.name}: content", pair.content), ("style", pair.style), *measured.items()]
    return PairRecord(files.name, scores, tuple(notes), None), images.side_by_side(tiles, height)
