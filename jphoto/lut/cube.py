"""Lookup tables as `.cube` files, which Lightroom, Resolve and most other programs read.

Plain ASCII: a title, the size, the range of inputs, then one line for each node; red varies
fastest.

Source: Adobe, "Cube LUT Specification 1.0".
"""

import io
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from jphoto.errors import ImageError
from jphoto.files import check_free, write_text
from jphoto.lut import Lut


def check_cube(path: Path, *, inputs: Iterable[Path] = (), force: bool) -> None:
    """Refuse a path that a table cannot or should not be written to, before any work is done.

    Args:
      path: of the table.
      inputs: files that are never overwritten, even with `force`.
      force: whether an existing file may be replaced.

    Raises: ImageError, if the suffix is not .cube, the folder is missing, or the path is a folder,
      an input, a device or (without `force`) a file.
    """
    _check_suffix(path)
    if not path.parent.is_dir():
        raise ImageError(f"LUT: the folder {path.parent} does not exist; create it first")
    check_free(path, inputs=inputs, force=force, what="LUT")


def write_cube(lut: Lut, path: Path, *, force: bool) -> None:
    """Write a table, with the file's name as its title.

    The file is written completely or not at all.

    Args:
      lut: the table.
      path: of the file.
      force: whether an older file may be replaced.

    Raises: SavedElsewhereError, if it was saved under another name, because a file has this one;
      ImageError, if the suffix is not .cube or the file cannot be written; an older file of
      that name is then unchanged.
    """
    _check_suffix(path)
    title = re.sub('[^ -~]|"', "?", path.stem)
    lines = io.StringIO()
    lines.write(f'TITLE "{title}"\nLUT_3D_SIZE {len(lut)}\n')
    lines.write("DOMAIN_MIN 0.0 0.0 0.0\nDOMAIN_MAX 1.0 1.0 1.0\n")
    np.savetxt(lines, lut.transpose(2, 1, 0, 3).reshape(-1, 3), fmt="%.6f")
    write_text(lines.getvalue(), path, force=force)


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() != ".cube":
        found = f"the suffix {path.suffix}" if path.suffix else "no suffix"
        raise ImageError(f"LUT: {path} has {found}; use .cube")
