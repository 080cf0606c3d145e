"""How the benchmarks take time: compilation apart from running, warm-up, quartiles of many runs.

Contenders take turns, run by run, so that whatever else the machine is doing falls on all alike.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

WARM_UP = 3


def seconds(run: Callable[[], Any]) -> float:
    """One run, waiting for whatever device arrays it returns."""
    began = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - began


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The function compiled for these arguments, and the seconds that took."""
    began = time.perf_counter()
    program = jax.jit(function).lower(*arguments).compile()
    return program, time.perf_counter() - began


def take_turns(contenders: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, Any]:
    """Seconds of each contender: median and quartiles of its runs after warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(WARM_UP + runs):
        for name, run in contenders.items():
            elapsed = seconds(run)
            if turn >= WARM_UP:
                taken[name].append(elapsed)
    return {name: quartiles(times) for name, times in taken.items()}


def quartiles(times: list[float]) -> dict[str, float]:
    """Median and quartiles of seconds, and of how many runs."""
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": median, "quartile_1": low, "quartile_3": high, "runs": len(times)}


def machine(*packages: str) -> dict[str, Any]:
    """What the figures were taken on: processor, cores, load, device and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "device": jax.devices()[0].device_kind,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in ("jax", "jaxlib", *packages)},
    }


def write(result: Mapping[str, Any], path: Path | None) -> None:
    """The result as JSON: to a file, or to the terminal."""
    text = json.dumps(result, indent=2) + "\n"
    if path is None:
        print(text, end="")
    else:
        path.write_text(text)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
