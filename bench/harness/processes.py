"""Starts modules of this package as programs, and reads the peak memory of the current process.

It imports neither jax nor torch, for both sides use it.
"""

import os
import resource
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""


def module_command(module: str, *arguments: str | Path) -> list[str]:
    """The command that runs a module with this Python.

    Args:
      module: its full name, such as bench.harness.memory_probe.
      arguments: of the command.
    """
    return [sys.executable, "-m", module, *map(str, arguments)]


def module_environment(**changes: str) -> dict[str, str]:
    """The environment of this process, with the checkout on Python's path.

    Args:
      changes: further variables.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, **changes}


def held_bytes(process: int | str = "self") -> dict[str, int]:
    """Bytes of memory that a process holds, by the names of Linux: VmRSS now, VmHWM at most.

    Args:
      process: its number, or "self".

    Raises: OSError, if it has ended, or without /proc.
    """
    lines = (Path("/proc") / str(process) / "status").read_text().splitlines()
    return {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if "kB" in line}


def peak_resident() -> int:
    """The most bytes of memory that this process has held."""
    # From /proc: the peak of getrusage includes that of the process which started this one.
    try:
        return held_bytes()["VmHWM"]
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
