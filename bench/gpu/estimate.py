"""Step 5: peak memory of transfers beside the estimate of `pipeline.capacity`.

The transfers take one step at one size, which holds as much memory as a whole descent there. The
rows of the steps `transfer` and `batch` have the same figures for default settings.
"""

from typing import Any

from bench.gpu.plan import Emit
from bench.harness.context import Context
from bench.harness.memory_probe import probe
from bench.harness.network import backbone
from bench.studies.capacity import NOT_SETTINGS, estimated_and_measured
from jphoto.settings import Settings

SIZE = 1024
ONE_LEVEL = {"levels": 1, "steps": 1, "tolerance": 0.0}
ROWS: tuple[dict[str, Any], ...] = (
    {"stripes": 8, **ONE_LEVEL},
    {"preset": "paper", "steps": 2},
    {"optimizer": "adam", **ONE_LEVEL},
    {"stripes": 1, **ONE_LEVEL},
)
"""Arguments of `memory_probe.transfer`."""


def run(context: Context, emit: Emit) -> None:
    """Measure all rows."""
    rows = [{"size": context.size or SIZE, **row} for row in ROWS]
    context.emit_rows(rows[: 1 if context.size else None], measure, emit)


def measure(what: dict[str, Any]) -> dict[str, Any]:
    """The record of one transfer."""
    found = probe("transfer", what)
    changes = {name: value for name, value in what.items() if name not in NOT_SETTINGS}
    settings = Settings.preset(what.get("preset", "default"), backbone=backbone(), **changes)
    return {"what": what, **estimated_and_measured(found, settings)}
