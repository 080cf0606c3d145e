"""The memory that `pipeline.capacity` estimates, compared with transfers and with XLA's plans.

    python -m bench.studies.capacity --out bench/results/memory-cpu.json
    python -m bench.studies.capacity --only 512

Every transfer runs in a process of its own that reports its peak memory, see `memory_probe`. Most
take one step at each size, because the number of steps makes no difference, as one row shows. If
programs were not cached before, compiling them takes memory as well. XLA's plans for several pairs
at once are in `program_memory`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.harness.machine import describe
from bench.harness.memory_probe import probe
from bench.harness.processes import module_environment
from bench.harness.program_memory import planned_bytes
from bench.harness.records import write_record
from jphoto import weights
from jphoto.pipeline.capacity import arrays_of, expected_bytes
from jphoto.settings import Settings

ONCE = {"steps": 1, "tolerance": 0.0}
"""One step at each size."""
PAPER = {"preset": "paper", "steps": 2}
"""One step in each stage."""
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
"""Arguments of `memory_probe.transfer`; with `kept`, an earlier process has cached the programs."""
BATCHES: list[dict[str, Any]] = [
    *({"size": 512, "regions": 4, "count": count} for count in (1, 2, 4)),
    {"size": 256, "regions": 4, "count": 8},
    {"size": 1024, "regions": 4, "count": 1},
    {"size": 512, "regions": 8, "count": 2},
    {"size": 512, "regions": 4, "count": 2, "optimizer": "adam"},
    {"size": 512, "regions": 4, "count": 1, "preset": "paper"},
]
"""Pairs solved at once at full size only, in arrays of 16 : 11."""
NOT_SETTINGS = ("kept", "photo", "stripes", "preset", "regions", "count")
"""Keys of a row that are not changes of settings."""
CACHE_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
CACHE_ALL_VARIABLE = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, help="measure only this size")
    parser.add_argument("--out", type=Path, help="JSON file; rows that it has are kept")
    options = parser.parse_args()
    record: dict[str, Any] = {"machine": describe(), "cases": {}}
    if options.out and options.out.exists():
        record = json.loads(options.out.read_text())
    for name, (requests, measure, figures) in CASES.items():
        print(f"\n| {name} | expected | measured | ratio |\n| --- | --- | --- | --- |")
        rows = record["cases"].setdefault(name, {"rows": []})["rows"]
        for what in requests:
            if options.only not in (None, what["size"]) or not installed(what):
                continue
            row = next((row for row in rows if row["what"] == what), None)
            if row is None:
                row = {"what": what, **measure(what)}
                rows.append(row)
            print(line(what, *figures(row)), flush=True)
            if options.out:
                write_record(options.out, record)
    return 0


def installed(what: dict[str, Any]) -> bool:
    """Whether the network of a row is installed."""
    return weights.find(settings_of(what).backbone) is not None


def settings_of(what: dict[str, Any]) -> Settings:
    """The settings of a row."""
    changes = {name: value for name, value in what.items() if name not in NOT_SETTINGS}
    return Settings.preset(what.get("preset", "default"), **{"backbone": "vgg16", **changes})


def transfer(what: dict[str, Any]) -> dict[str, Any]:
    """Sizes, regions and peak memory of a transfer; with `kept`, those of the second process."""
    arguments = dict(what)
    processes = 2 if arguments.pop("kept", False) else 1
    environment = module_environment()
    environment.pop(CACHE_VARIABLE, None)
    with tempfile.TemporaryDirectory() as folder:
        if processes == 2:
            environment |= {CACHE_VARIABLE: folder, CACHE_ALL_VARIABLE: "0.1"}
        for _ in range(processes):
            measured = probe("transfer", arguments, environment)
    return {name: measured[name] for name in ("content", "style", "regions", "peak_bytes")}


def transfer_bytes(row: dict[str, Any]) -> tuple[int, int]:
    """Estimated and measured bytes of a transfer on a CPU."""
    settings = settings_of(row["what"])
    return estimated_bytes(row, settings, "cpu"), row["peak_bytes"]["resident"]


def estimated_bytes(transfer: dict[str, Any], settings: Settings, platform: str) -> int:
    """The estimate for a transfer.

    Args:
      transfer: sizes and regions, as `memory_probe.transfer` returns them.
      settings: of the transfer.
      platform: as in `expected_bytes`.
    """
    photos = tuple(transfer["content"]), tuple(transfer["style"]), transfer["regions"]
    arrays = arrays_of(*photos, settings, settings.long_side)
    return expected_bytes(*arrays, settings, platform)


def estimated_and_measured(transfer: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Estimated and peak bytes of a transfer on its device, and their ratio.

    Args:
      transfer: as `memory_probe.transfer` returns it.
      settings: of the transfer.
    """
    peak = transfer["peak_bytes"]
    held = peak.get("device", peak["resident"])
    # What the device does not count is compared with the memory of the process, as on a CPU.
    platform = transfer["platform"] if "device" in peak else "cpu"
    expected = estimated_bytes(transfer, settings, platform)
    return {"expected_bytes": expected, "held_bytes": held, "ratio": expected / held}


def batch(what: dict[str, Any]) -> dict[str, Any]:
    """The bytes that XLA plans for pairs solved at once."""
    settings = settings_of(what)
    planned = planned_bytes(_array(what), what["regions"], settings, what["count"])
    return {"counted_bytes": planned}


def batch_bytes(row: dict[str, Any]) -> tuple[int, int]:
    """Estimated bytes of pairs solved at once, and those that XLA plans."""
    what, array = row["what"], _array(row["what"])
    settings = settings_of({**what, "levels": 1})
    expected = expected_bytes(array, array, what["regions"], settings, "gpu", what["count"])
    return expected, row["counted_bytes"]


def _array(what: dict[str, Any]) -> tuple[int, int]:
    """Height and width of the arrays of a row of `BATCHES`."""
    return what["size"] * 11 // 16, what["size"]


def line(what: dict[str, Any], expected: int, measured: int) -> str:
    """A row of the printed table."""
    title = ", ".join(f"{name} {value}" for name, value in what.items())
    sizes = f"{expected / 1e9:.2f} GB | {measured / 1e9:.2f} GB"
    return f"| {title} | {sizes} | {expected / measured:.2f} |"


Case = tuple[list[dict[str, Any]], Callable[..., dict[str, Any]], Callable[..., tuple[int, int]]]
CASES: dict[str, Case] = {
    "transfers": (TRANSFERS, transfer, transfer_bytes),
    "batches": (BATCHES, batch, batch_bytes),
}
"""By name: the rows to measure, how, and the bytes to compare."""


if __name__ == "__main__":
    sys.exit(main())
