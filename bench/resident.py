"""How much memory a process has held; for either side, so without jax and without torch."""

import resource
from pathlib import Path


def peak_resident() -> int:
    """Bytes, of this program alone: getrusage counts in the process that started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
