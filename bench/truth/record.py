"""Runs methods over the pairs, measures what they make, and sums it up.

A result and its measures are kept as soon as they are there: runs/<method>/<pair>.png and
runs/<method>/results.json. The same command run again makes only what is missing.
"""

import json
import statistics
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness.machine import describe
from bench.harness.records import error_text, write_record
from bench.truth.methods import BACKBONE, METHODS, OURS, Method
from jphoto import images, weights
from jphoto.evaluation.layouts import PairFiles, find_pairs
from jphoto.evaluation.protocol import TRUTH_MEASURES, VERSION, measure_against_truth
from jphoto.pipeline.report import finite

COMPARED = ("lpips", "ciede2000")
"""Measures by which `OURS` is compared with every other, pair by pair; lower is better in both."""

Results = dict[str, dict[str, Any]]
"""By pair: seconds, measures and details."""


def run(folder: Path, names: Iterable[str], count: int | None) -> dict[str, str]:
    """Make and measure what is missing.

    Args:
      folder: with pairs/ and truth/, for runs/ as well.
      names: of methods.
      count: only so many of the pairs, the first ones; all without it.

    Returns: the methods that were left out, with the reason.
    """
    pairs, left_out = find_pairs(folder / "pairs")[:count], {}
    for name in names:
        results = read_results(folder, name)
        missing = [files for files in pairs if files.name not in results]
        reason = METHODS[name].left_out() if missing else None
        if reason:
            left_out[name] = reason
            continue
        place = _place(folder, name)
        place.mkdir(parents=True, exist_ok=True)
        for files in missing:
            results[files.name] = _result(folder, place, METHODS[name], files)
            write_record(place / "results.json", dict(sorted(results.items())))
            print(_line(name, files.name, results[files.name]), flush=True)
    return left_out


def read_results(folder: Path, name: str) -> Results:
    """What a method has made so far; a pair that failed is tried again."""
    path = _place(folder, name) / "results.json"
    if not path.is_file():
        return {}
    found = json.loads(path.read_text("utf-8"))
    return {pair: result for pair, result in found.items() if "error" not in result}


def _place(folder: Path, name: str) -> Path:
    return folder / "runs" / name.replace(", ", "-").replace(" ", "-")


def _result(folder: Path, place: Path, method: Method, files: PairFiles) -> dict[str, Any]:
    photos = [images.read_picture(path, role="photo") for path in (files.content, files.style)]
    truth = images.read_picture(folder / "truth" / f"{files.name}.png", role="truth")
    began = time.perf_counter()
    try:
        made = method.make(*photos)
    except Exception as error:  # one pair must not end a run of hours
        return {"error": error_text(error)}
    seconds = time.perf_counter() - began
    picture = np.float32(np.clip(made.picture, 0, 1))
    path = place / f"{files.name}.png"
    images.save_picture(picture, path)
    judge = weights.load("alexnet").params
    scores = measure_against_truth(judge, images.read_picture(path, role="result"), truth)
    return finite({"seconds": seconds, **scores, **made.details})


def _line(name: str, pair: str, result: Mapping[str, Any]) -> str:
    if "error" in result:
        return f"{name} {pair}: {result['error']}"
    scores = ", ".join(f"{one.title} {result[one.key]:.{one.decimals}f}" for one in TRUTH_MEASURES)
    return f"{name} {pair}: {result['seconds']:.1f} s, {scores}"


def write_summary(folder: Path, out: Path, left_out: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write the record of everything in a folder; return its rows, one for each method."""
    families = {pair["name"]: pair["family"] for pair in _listed(folder)}
    made = {name: results for name in METHODS if (results := read_results(folder, name))}
    rows = [_row(name, results, made.get(OURS, {})) for name, results in made.items()]
    case = {
        "protocol": VERSION,
        "network": BACKBONE,
        "pairs": len(families),
        "families": families,
        "rows": rows,
        "left_out": {name: left_out.get(name, "not run") for name in METHODS if name not in made},
    }
    write_record(out, {"machine": describe(), "cases": {"truth": finite(case)}})
    return rows


def _listed(folder: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((folder / "pairs.json").read_text("utf-8"))
    return listed


def _row(name: str, results: Results, ours: Results) -> dict[str, Any]:
    """The medians of a method, each pair, and on which share of common pairs `OURS` is better."""
    row: dict[str, Any] = {
        "name": name,
        "seconds": statistics.median(result["seconds"] for result in results.values()),
        "medians": {
            one.key: statistics.median(_values(results, one.key)) for one in TRUTH_MEASURES
        },
        "pairs": {pair: _rounded(result) for pair, result in results.items()},
    }
    common = results.keys() & ours.keys()
    if name != OURS and common:
        row["ours_better"] = {
            key: sum(ours[pair][key] < results[pair][key] for pair in common) / len(common)
            for key in COMPARED
        }
    return row


def _rounded(result: Mapping[str, Any]) -> dict[str, Any]:
    """Four decimals are more than the tables show, and keep the record short."""
    return {
        key: round(value, 4) if isinstance(value, float) else value for key, value in result.items()
    }


def _values(results: Results, key: str) -> list[float]:
    """A measure over pairs; one that was infinite was stored as null."""
    return [np.inf if result[key] is None else result[key] for result in results.values()]


def table(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The rows as a Markdown table."""
    titles = ["", "pairs", "seconds", *(one.title for one in TRUTH_MEASURES)]
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    for row in rows:
        values = [f"{row['medians'][one.key]:.{one.decimals}f}" for one in TRUTH_MEASURES]
        cells = [row["name"], str(len(row["pairs"])), f"{row['seconds']:.1f}", *values]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
