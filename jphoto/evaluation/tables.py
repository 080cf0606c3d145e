"""A study as text: JSON for programs, Markdown for people.

NaN and infinity are null in JSON, which has neither. In Markdown, NaN is a dash.
"""

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

import jphoto
from jphoto.evaluation.protocol import LONG_SIDE, VERSION, Measure
from jphoto.evaluation.statistics import Interval
from jphoto.evaluation.study import Evaluation
from jphoto.pipeline.report import finite

MISSING = "–"
"""In place of a value that is not a number."""


def to_json(evaluation: Evaluation) -> str:
    """A study without its contact sheet as JSON: protocol, sources, medians and all records."""
    content = {
        "protocol": VERSION,
        "long_side": LONG_SIDE,
        "jphoto": jphoto.__version__,
        "sources": evaluation.sources,
        "counts": {
            "pairs": len(evaluation.pairs),
            "measured": len(evaluation.measured),
            "not_measured": len(evaluation.not_measured),
        },
        "measures": [dataclasses.asdict(measure) for measure in evaluation.measures],
        "medians": {m.key: _summary(evaluation, m) for m in evaluation.measures},
        "pairs": [dataclasses.asdict(pair) for pair in evaluation.pairs],
    }
    return json.dumps(finite(content), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_markdown(evaluation: Evaluation) -> str:
    """A study as Markdown: medians, a table of all pairs, pairs without measures, and notes."""
    parts = [
        "# Evaluation",
        f"{count_line(evaluation)} Protocol {VERSION}, long side at most {LONG_SIDE} pixels.",
        _rows(
            ["what", "where"], [[role, f"`{path}`"] for role, path in evaluation.sources.items()]
        ),
        "## Medians",
        "With 95 % bootstrap intervals; a difference is result minus baseline, pair by pair.",
        median_table(evaluation),
    ]
    for role in ("result", "baseline"):
        if role in evaluation.sources:
            parts += [f"## Every pair: {role}", _pair_table(evaluation, role)]
    for title, remarks in (
        ("Not measured", [(pair.name, pair.reason) for pair in evaluation.not_measured]),
        ("Notes", [(pair.name, note) for pair in evaluation.pairs for note in pair.notes]),
    ):
        if remarks:
            parts += [f"## {title}", "\n".join(f"- {name}: {text}" for name, text in remarks)]
    return "\n\n".join(parts) + "\n"


def count_line(evaluation: Evaluation) -> str:
    """How many pairs were measured and how many were not, in one sentence."""
    measured, missing = len(evaluation.measured), len(evaluation.not_measured)
    return f"{measured} of {measured + missing} pairs measured, {missing} not."


def median_table(evaluation: Evaluation) -> str:
    """The medians over pairs with their intervals as a Markdown table, one row for each measure."""
    compared = "baseline" in evaluation.sources
    heads = ["measure", "better", "n", "result"]
    heads += ["baseline", "difference", "result better on"] if compared else []
    rows = []
    for measure in evaluation.measures:
        result, baseline, comparison = evaluation.summary(measure)
        row = [_title(measure), measure.better, str(result.n), _interval(result, measure)]
        if baseline is not None and comparison is not None:
            difference, wins = comparison
            row += [_interval(baseline, measure), _interval(difference, measure, "+")]
            row += [f"{wins} of {difference.n}"]
        rows.append(row)
    return _rows(heads, rows)


def _pair_table(evaluation: Evaluation, role: str) -> str:
    rows = []
    for pair in evaluation.pairs:
        scores = pair.scores.get(role, {})
        values = [_number(scores.get(m.key, math.nan), m) for m in evaluation.measures]
        rows.append([pair.name, *values])
    return _rows(["pair", *map(_title, evaluation.measures)], rows)


def _title(measure: Measure) -> str:
    return f"{measure.title} ({measure.unit})" if measure.unit else measure.title


def _interval(interval: Interval, measure: Measure, sign: str = "") -> str:
    median, low, high = (_number(value, measure, sign) for value in interval[:3])
    return f"{median} [{low}, {high}]" if interval.n else MISSING


def _number(value: float, measure: Measure, sign: str = "") -> str:
    return MISSING if math.isnan(value) else f"{value:{sign}z.{measure.decimals}f}"


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are also aligned as plain text."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in (heads, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |" for row in cells
    )


def _summary(evaluation: Evaluation, measure: Measure) -> dict[str, Any]:
    result, baseline, comparison = evaluation.summary(measure)
    content: dict[str, Any] = {"result": result._asdict()}
    if baseline is not None and comparison is not None:
        content["baseline"] = baseline._asdict()
        content["difference"] = comparison.difference._asdict()
        content["result_better_on"] = comparison.wins
    return content
