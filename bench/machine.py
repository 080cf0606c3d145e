"""What figures were taken on, and how much memory a process has held."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
from resident import peak_resident

PACKAGES = ("jphoto", "jax", "jaxlib", "flax", "numpy", "scipy", "torch")


def cores() -> int:
    """How many processors this process may use: as many threads as either side gets."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Processor, cores, load, device and versions."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "load_average": os.getloadavg()[0],
        "device": jax.devices()[0].device_kind,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def peak_memory() -> dict[str, int]:
    """Most bytes this process has held, and most that it has had on the device."""
    found = {"resident": peak_resident()}
    device = jax.devices()[0]
    if device.platform != "cpu":
        found["device"] = device.memory_stats()["peak_bytes_in_use"]
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
