"""Peak memory of this process, for both sides: without jax and without torch."""

import resource
from pathlib import Path


def peak_resident() -> int:
    """The most bytes of memory that this process has held."""
    # From /proc: the peak of getrusage includes that of the process which started this one.
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
