"""How much memory this process may still take, and how it gives back what it has freed.

What it may take is limited by the machine, by control groups and by the shell.
"""

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from jphoto.process.refusals import granted_bytes

CGROUP_FILES = {
    "": ("memory.max", "memory.current"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""Names of the files with the limit and the use of a control group, by its controller."""


def free_bytes(held: int = 0) -> int:
    """The memory that this process may still take, in bytes.

    Args:
      held: bytes that it holds already and that count as free.
    """
    left = [limit - max(used - held, 0) for limit, used in control_groups()]
    granted = granted_bytes()
    if granted is not None:  # counts what is reserved, used or not
        left.append(granted - psutil.Process().memory_info().vms + held)
    return int(min([psutil.virtual_memory().available + held, *left]))


def give_back() -> None:
    """Return freed memory to the system.

    glibc keeps for each thread what that has freed: hundreds of megabytes after XLA has compiled.
    Other C libraries have no such function, or nothing to return.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # TypeError: on Windows
        ctypes.CDLL(None).malloc_trim(0)


def control_groups(
    root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of every control group with a limit that this process belongs to.

    Source: Linux's documentation, "Control Group v2" and, for older systems, "Memory Resource
    Controller".
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controller, path = line.split(":", 2)
        if controller not in CGROUP_FILES:
            continue
        own = Path(path.lstrip("/"))
        # Inside a container the path may be the host's; then only the root folder exists.
        for folder in (root / controller / part for part in (own, *own.parents)):
            try:
                limit, used = (
                    int((folder / name).read_text()) for name in CGROUP_FILES[controller]
                )
                counts = dict(map(str.split, (folder / "memory.stat").read_text().splitlines()))
            except (OSError, ValueError):  # missing, or "max"
                continue
            # Linux drops cached copies of files that were not read lately when memory gets short.
            yield limit, used - int(counts.get("total_inactive_file", counts["inactive_file"]))
