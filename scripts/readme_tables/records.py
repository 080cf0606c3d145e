"""Results of the benchmarks, and a table for each machine that has some."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def results() -> dict[str, Any]:
    """All results of the benchmarks, by the names of their files."""
    paths = sorted((ROOT / "bench" / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def machine(result: Mapping[str, Any]) -> str:
    """The machine of a result, in a few words."""
    found = result["machine"]
    if found["device"] == "cpu":
        return f"{found['processor']}, {found['cores']} cores"
    return str(found["device"])


def rows_of(result: Mapping[str, Any], case: str) -> list[dict[str, Any]]:
    """The rows of a case without those that failed, in order of size if they have one."""
    rows = [row for row in result["cases"].get(case, {}).get("rows", []) if "error" not in row]
    return sorted(rows, key=lambda row: row.get("size", {"width": 0})["width"])


def by_machine(
    case: str, lines: Callable[[Mapping[str, Any], list[dict[str, Any]]], list[str]]
) -> str:
    """A table for each machine that has results of the case."""
    found = [
        "\n".join(lines(result, rows))
        for result in results().values()
        if (rows := rows_of(result, case))
    ]
    if not found:
        raise LookupError(f"bench/results has nothing about {case}: run bench/run.py")
    return "\n\n".join(found)
