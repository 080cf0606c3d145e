"""The machine that figures were measured on, and the peak memory of this process."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax

from bench.harness.processes import peak_resident

PACKAGES = ("jphoto", "jax", "jaxlib", "flax", "numpy", "scipy", "torch")
"""Packages whose versions are recorded."""


def cores() -> int:
    """The number of processors that this process may use; both sides get as many threads."""
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
        "versions": {name: number for name in PACKAGES if (number := _version(name))},
    }


def peak_memory() -> dict[str, int]:
    """Peak bytes of this process in memory and, where the device counts them, on the device."""
    peak = {"resident": peak_resident()}
    counts = jax.devices()[0].memory_stats()
    if counts:
        peak["device"] = counts["peak_bytes_in_use"]
    return peak


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
