"""Replaces psutil: memory of the machine and of this process on Linux."""

from pathlib import Path
from types import SimpleNamespace


def virtual_memory() -> SimpleNamespace:
    """The available memory of the machine in bytes."""
    return SimpleNamespace(available=_bytes(Path("/proc/meminfo"), "MemAvailable"))


class Process:
    """The current process."""

    def memory_info(self) -> SimpleNamespace:
        """Its resident memory in bytes."""
        return SimpleNamespace(rss=_bytes(Path("/proc/self/status"), "VmRSS"))


def _bytes(path: Path, name: str) -> int:
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
