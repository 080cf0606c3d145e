"""Replaces platformdirs: the user's cache folder on Linux."""

import os
from pathlib import Path


def user_cache_path(name: str) -> Path:
    """The cache folder of a program."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / name
