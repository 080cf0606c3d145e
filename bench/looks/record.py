"""What was measured, in one JSON file; the same command run again makes only what is missing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.harness.machine import describe
from bench.harness.records import write_record
from bench.looks import truth
from bench.truth.looks import Picture
from jphoto.pipeline.report import finite

TRUTH, BATCHES, MIXES = "looks_truth", "looks_batch", "looks_mixes"
"""Cases of the record."""


def read_rows(out: Path, case: str) -> list[dict[str, Any]]:
    """The rows of a case that the record has so far."""
    if not out.is_file():
        return []
    record = json.loads(out.read_text("utf-8"))
    rows: list[dict[str, Any]] = record["cases"].get(case, {}).get("rows", [])
    return rows


def write_row(out: Path, case: str, row: Mapping[str, Any]) -> None:
    """Add a row to a case, or replace the one with its name; other cases stay."""
    record = json.loads(out.read_text("utf-8")) if out.is_file() else {"cases": {}}
    rows = {found["row"]: found for found in read_rows(out, case)}
    rows[row["row"]] = finite({"load_average": describe()["load_average"], **row})
    cases = {**record["cases"], case: {"rows": [*rows.values()]}}
    write_record(out, {"machine": describe(), "cases": cases})


def run_truth(pictures: Mapping[str, Picture], name: str, out: Path) -> dict[str, Any]:
    """Measure the families of a part that the record lacks; its row."""
    part = truth.PARTS[name]
    row = next((row for row in read_rows(out, TRUTH) if row["row"] == name), {"families": {}})
    row = {"row": name, **part._asdict(), "families": row["families"]}
    for family, found in truth.families(pictures, part, [*row["families"]]):
        row["families"][family] = found
        row["summary"] = truth.summary(row["families"])
        write_row(out, TRUTH, row)
        print(f"{name}, {family}: {_wins(truth.summary({family: found}))}", flush=True)
    return row


def _wins(summary: Mapping[str, Any]) -> str:
    shares = summary["beats_every_single"][truth.LOOK]
    return ", ".join(f"best by {key} on {share:.0%}" for key, share in shares.items())
