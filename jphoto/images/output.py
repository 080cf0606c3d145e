"""Photos out: what can be wrong with an output path, said early; and files written whole.

A picture is rounded and clipped to 8 bits here and nowhere else. A file appears under its name
only when it is complete: until then it is a hidden file beside it.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images.profiles import srgb_profile
from jphoto.images.source import PictureSource, reason
from jphoto.replacement import replacing

# For JPEG full color resolution (4:4:4); for WebP its lossy kind, with the encoder's usual effort.
_JPEG: tuple[str, dict[str, Any]] = ("JPEG", {"quality": 95, "subsampling": 0})
_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": ("PNG", {}),
    ".webp": ("WEBP", {"quality": 95, "method": 4}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
    ".bmp": ("BMP", {}),
}


def check_output(
    path: str | os.PathLike[str], *, inputs: Sequence[PictureSource], force: bool
) -> Path:
    """Refuse an output path that could not be written, or should not be, before any work is done.

    Args:
      path: where the picture is to go.
      inputs: what the picture is made from; none of them is ever overwritten, whatever `force`.
      force: whether a file that exists already may be replaced.

    Returns: the path.
    Raises: ImageError, if the suffix is not a known one, the folder is missing or may not be
      written to, or the path is a folder, an input, or (without `force`) a file.
    """
    target = Path(path)
    try:
        _check_place(target)
        if any(isinstance(s, str | os.PathLike) and _same_file(target, Path(s)) for s in inputs):
            raise ImageError(f"output: {target} is one of the inputs; choose another name")
        if target.exists() and not force:
            raise ImageError(f"output: {target} exists; choose another name or add --force")
    except (OSError, ValueError) as cause:
        raise ImageError(f"output: {target} cannot be written: {reason(cause)}") from cause
    return target


def save_picture(picture: Float[np.ndarray, "h w 3"], path: str | os.PathLike[str]) -> None:
    """Write a picture as an 8-bit file tagged sRGB, in the format that its suffix names.

    JPEG and WebP are written at quality 95, JPEG without chroma subsampling.

    Args:
      picture: sRGB values; what lies outside [0, 1] is clipped.
      path: ends in one of the known suffixes; a file of that name is replaced.

    Raises: ImageError, if the picture holds values that are not finite or cannot be written; then
      no part of it is left behind, and an older file of that name is as it was.
    """
    target = Path(path)
    file_format, options = _format(target)
    image = Image.fromarray(_levels(picture, target))
    try:
        with replacing(target) as draft, draft.open("xb") as file:
            image.save(file, format=file_format, icc_profile=srgb_profile(), **options)
    except (OSError, ValueError) as cause:
        raise ImageError(f"output: {target} cannot be written: {reason(cause)}") from cause


def _format(target: Path) -> tuple[str, dict[str, Any]]:
    if target.suffix.lower() not in _FORMATS:
        found = f"the suffix {target.suffix}" if target.suffix else "no suffix"
        raise ImageError(f"output: {target} has {found}; use one of {', '.join(_FORMATS)}")
    return _FORMATS[target.suffix.lower()]


def _levels(picture: Float[np.ndarray, "h w 3"], target: Path) -> UInt8[np.ndarray, "h w 3"]:
    if not np.isfinite(picture).all():
        raise ImageError(f"output: {target} was not written: the picture has non-finite values")
    levels: np.ndarray = np.clip(picture, 0, 1)
    np.multiply(levels, 255, out=levels)
    np.rint(levels, out=levels)
    return levels.astype(np.uint8)


def _check_place(target: Path) -> None:
    if target.is_dir():
        raise ImageError(f"output: {target} is a folder; add a file name")
    _format(target)
    folder = target.parent
    if not folder.exists():
        raise ImageError(f"output: the folder {folder} does not exist; create it first")
    if not folder.is_dir():
        raise ImageError(f"output: {folder} is a file, not a folder")
    try:
        # Asking the system is not enough: it grants everything to root, on a read-only disk too.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        raise ImageError(f"output: cannot write in {folder}: {reason(cause)}") from cause


def _same_file(target: Path, source: Path) -> bool:
    if target.exists() and source.exists():
        return target.samefile(source)
    return target.resolve() == source.resolve()
