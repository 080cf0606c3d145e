"""What `pipeline.capacity` expects, against what transfers take and what XLA counts for a device.

    python bench/capacity.py --out bench/results/memory-cpu.json
    python bench/capacity.py --only 512

Every transfer is in a process of its own, which tells the most that it has held, see `probe`; most
take one step a size, for the number makes no difference, as one of them shows. Where no programs
were kept before, compiling them takes memory as well. What XLA counts is in `counted`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from counted import counted
from machine import describe
from run import written

from jphoto import weights
from jphoto.pipeline.capacity import arrays_of, expected_bytes
from jphoto.settings import Settings

PROBE = Path(__file__).parent / "probe.py"
ONCE = {"steps": 1, "tolerance": 0.0}
PAPER = {"preset": "paper", "steps": 2}
"""One step a stage."""
TRANSFERS: list[dict[str, Any]] = [
    *({"size": size, **ONCE} for size in (256, 512, 700, 1024, 1400, 2048)),
    {"size": 512, "steps": 11, "tolerance": 0.0},
    *({"size": size, "kept": True, **ONCE} for size in (512, 1024, 2048)),
    *({"size": 512, "photo": photo, **ONCE} for photo in ("flower", "panda")),
    *({"size": 512, "stripes": stripes, **ONCE} for stripes in (0, 1, 8)),
    *({"size": size, "backbone": "vgg19", **ONCE} for size in (512, 1024)),
    {"size": 512, "levels": 1, **ONCE},
    {"size": 512, "preset": "fast", **ONCE},
    {"size": 512, "preset": "neural", **ONCE},
    {"size": 512, "optimizer": "adam", **ONCE},
    *({"size": size, **PAPER} for size in (512, 1024)),
]
"""Arguments of `probe.transfer`, and whether a process before kept its programs."""
BATCHES: list[dict[str, Any]] = [
    *({"size": 512, "regions": 4, "count": count} for count in (1, 2, 4)),
    {"size": 256, "regions": 4, "count": 8},
    {"size": 1024, "regions": 4, "count": 1},
    {"size": 512, "regions": 8, "count": 2},
    {"size": 512, "regions": 4, "count": 2, "optimizer": "adam"},
    {"size": 512, "regions": 4, "count": 1, "preset": "paper"},
]
"""Of pairs in arrays of 16 : 11, at full size alone."""
NO_SETTINGS = ("kept", "photo", "stripes", "preset", "regions", "count")
CACHE = "JAX_COMPILATION_CACHE_DIR"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, help="this size")
    parser.add_argument("--out", type=Path, help="JSON file; what is in it is not measured again")
    options = parser.parse_args()
    record: dict[str, Any] = {"machine": describe(), "cases": {}}
    if options.out and options.out.exists():
        record = json.loads(options.out.read_text())
    for name, (asked, measure, figures) in CASES.items():
        print(f"\n| {name} | expected | found | ratio |\n| --- | --- | --- | --- |")
        rows = record["cases"].setdefault(name, {"rows": []})["rows"]
        for what in asked:
            if options.only not in (None, what["size"]) or not installed(what):
                continue
            row = next((row for row in rows if row["what"] == what), None)
            if row is None:
                row = {"what": what, **measure(what)}
                rows.append(row)
            print(line(what, *figures(row)), flush=True)
            if options.out:
                options.out.write_text(written(record))
    return 0


def installed(what: dict[str, Any]) -> bool:
    """Whether the network is there."""
    return weights.find(settings_of(what).backbone) is not None


def settings_of(what: dict[str, Any]) -> Settings:
    changes = {name: value for name, value in what.items() if name not in NO_SETTINGS}
    return Settings.preset(what.get("preset", "default"), **{"backbone": "vgg16", **changes})


def transfer(what: dict[str, Any]) -> dict[str, Any]:
    """What a process has to say of a transfer; with kept programs, the second of two."""
    arguments = dict(what)
    runs = 2 if arguments.pop("kept", False) else 1
    environment = {name: value for name, value in os.environ.items() if name != CACHE}
    with tempfile.TemporaryDirectory() as folder:
        if runs == 2:
            environment |= {CACHE: folder, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1"}
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, PROBE, "transfer", json.dumps(arguments)],
                stdout=subprocess.PIPE, env=environment, check=True,
            )  # fmt: skip
    found = json.loads(done.stdout)
    return {name: found[name] for name in ("content", "style", "regions", "peak_bytes")}


def transfer_bytes(row: dict[str, Any]) -> tuple[int, int]:
    """Expected of a transfer, and found."""
    settings = settings_of(row["what"])
    photos = tuple(row["content"]), tuple(row["style"]), row["regions"]
    arrays = arrays_of(*photos, settings, settings.size)
    return expected_bytes(*arrays, settings, "cpu"), row["peak_bytes"]["resident"]


def batch(what: dict[str, Any]) -> dict[str, Any]:
    """What XLA counts for pairs side by side."""
    found = counted(_array(what), what["regions"], settings_of(what), what["count"])
    return {"counted_bytes": found}


def batch_bytes(row: dict[str, Any]) -> tuple[int, int]:
    """Expected of pairs side by side, and counted."""
    what, array = row["what"], _array(row["what"])
    settings = settings_of({**what, "levels": 1})
    expected = expected_bytes(array, array, what["regions"], settings, "gpu", what["count"])
    return expected, row["counted_bytes"]


def _array(what: dict[str, Any]) -> tuple[int, int]:
    return what["size"] * 11 // 16, what["size"]


def line(what: dict[str, Any], expected: int, found: int) -> str:
    """Of a table."""
    told = ", ".join(f"{name} {value}" for name, value in what.items())
    return f"| {told} | {expected / 1e9:.2f} GB | {found / 1e9:.2f} GB | {expected / found:.2f} |"


Case = tuple[list[dict[str, Any]], Callable[..., dict[str, Any]], Callable[..., tuple[int, int]]]
CASES: dict[str, Case] = {
    "transfers": (TRANSFERS, transfer, transfer_bytes),
    "batches": (BATCHES, batch, batch_bytes),
}
"""What to measure, how, and what to compare, by name."""


if __name__ == "__main__":
    sys.exit(main())
