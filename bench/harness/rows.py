"""Rows of cases in one JSON file, written one by one; other cases and rows stay."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.harness.machine import describe
from bench.harness.records import write_record
from jphoto.pipeline.report import finite


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
