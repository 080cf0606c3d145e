"""Step 3: transfers with the default settings: seconds with and without compilation, and memory.

Each size runs in a process of its own, so that its first transfer compiles everything and its peak
memory is its own.
"""

from typing import Any

from bench.gpu.plan import Emit
from bench.harness.context import Context
from bench.harness.memory_probe import probe
from bench.harness.network import backbone
from bench.studies.capacity import estimated_and_measured
from jphoto.settings import Settings

SIZES = (256, 700, 1400, 3840)
"""Long sides in pixels; the last is 4K."""
RUNS = 3
"""Transfers at each size; the first one compiles."""


def run(context: Context, emit: Emit) -> None:
    """Transfer at all sizes."""
    sizes = context.sizes(short=SIZES, full=SIZES)
    context.emit_rows(sizes, measure, emit)


def measure(size: int) -> dict[str, Any]:
    """The record of one size."""
    found = probe("transfer", {"size": size, "runs": RUNS})
    settings = Settings(size=size, backbone=backbone())
    cold, *warm = found["all_seconds"]
    height, width = found["solved"]
    return {
        "long_side": size,
        "size": {"height": height, "width": width},
        "backbone": backbone(),
        "regions": found["regions"],
        "steps": found["steps"],
        "objective": found["objective"],
        "cold_seconds": cold,
        "warm_seconds": min(warm),
        "phases": found["seconds"],
        **estimated_and_measured(found, settings),
    }
