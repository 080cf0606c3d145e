"""Starts modules of this package as programs of their own, wherever the caller was started."""

import os
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
