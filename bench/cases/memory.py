"""Peak memory against size: one loss and gradient on either side; in full mode, a transfer too.

Each in a process of its own, see `probe`, which tells how much it has held at most: in memory and,
on an accelerator, on the device.
"""

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import photos
from context import DEFAULTS, Context

PROBE = Path(__file__).parents[1] / "probe.py"


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(128,), full=(700, 1024, 512, 256)),
        functools.partial(measure, context),
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    options = context.rival_options(pair, context.precision)
    found = {
        "evaluation": probe("evaluation", {"case": options["case"]}),
    }
    if context.mode == "full":
        found["transfer"] = probe("transfer", {"size": size, "steps": DEFAULTS.steps})
    if context.rivals:
        found["rival"] = probe("rival", options)
    return {
        "long_side": size,
        "size": photos.size_of(pair),
        "regions": len(pair.content_masks),
        "precision": context.precision,
        "processes": found,
    }


def probe(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a process of that kind has to say at its end."""
    done = subprocess.run(
        [sys.executable, PROBE, what, json.dumps(options, default=str)],
        stdout=subprocess.PIPE,
        check=True,
    )
    record: dict[str, Any] = json.loads(done.stdout)
    return record
