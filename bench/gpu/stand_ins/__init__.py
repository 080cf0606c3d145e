"""Replacements for packages that a machine may lack, reduced to what jphoto uses on a GPU.

`install` copies those that are needed into a folder for Python's path, so that they never hide an
installed package.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent


def available() -> set[str]:
    """The packages that have a replacement."""
    return {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}


def install(packages: Iterable[str], folder: Path) -> list[str]:
    """Copy the replacements of packages into a folder.

    Returns: the packages that have one, sorted.
    """
    replaced = sorted(available().intersection(packages))
    for package in replaced:
        shutil.copyfile(FOLDER / f"{package}.py", folder / f"{package}.py")
    return replaced
