"""Records of measurements as JSON files."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.harness.machine import describe
from jphoto.files import replacing
from jphoto.pipeline.report import finite


def to_json(record: Mapping[str, Any]) -> str:
    """The record as JSON that people can read: a list of numbers is one line."""
    text = json.dumps(record, indent=2)
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda match: " ".join(match[0].split()), text) + "\n"


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record; the file is complete at every moment, whenever the process ends."""
    with replacing(path) as draft:
        draft.write_text(to_json(record))


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


def error_text(error: BaseException) -> str:
    """An error as records have it."""
    return f"{type(error).__name__}: {error}"


def failed(case: Mapping[str, Any]) -> bool:
    """Whether a case or one of its rows ended with an error."""
    return "error" in case or any("error" in row for row in case.get("rows", ()))
