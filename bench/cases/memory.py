"""Peak memory by size: one loss and gradient on either side; in full mode, a whole transfer too.

Each runs in a process of its own, see `memory_probe`, which reports its peak memory: that of the
process and, on an accelerator, that on the device.
"""

import functools
from typing import Any

from bench.harness import photos
from bench.harness.context import DEFAULTS, Context
from bench.harness.memory_probe import probe


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(128,), full=(700, 1024, 512, 256)),
        functools.partial(measure, context),
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    options = context.rival_options(pair, context.precision)
    processes = {"evaluation": probe("evaluation", {"case": options["case"]})}
    if context.mode == "full":
        processes["transfer"] = probe("transfer", {"size": size, "steps": DEFAULTS.steps})
    if context.rivals:
        processes["rival"] = probe("rival", options)
    return {
        "long_side": size,
        "size": photos.size_of(pair),
        "regions": len(pair.content_masks),
        "precision": context.precision,
        "processes": processes,
    }
