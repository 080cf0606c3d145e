"""What was measured, in one JSON file; the same command run again makes only what is missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.harness.rows import read_rows, write_row
from bench.looks import truth
from bench.truth.looks import Picture

TRUTH, BATCHES, MIXES = "looks_truth", "looks_batch", "looks_mixes"
"""Cases of the record."""


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
