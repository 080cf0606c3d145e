"""Photos out: what can be wrong with an output path, said early; and files written whole.

Pictures become whole levels here and nowhere else, strip by strip. A file appears under its name
only when it is complete: until then it is a hidden file beside it.
"""

import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt

from jphoto.errors import ImageError
from jphoto.files import replacing
from jphoto.images.color.profiles import from_extended, srgb_profile
from jphoto.images.encoders import Frame, write_by_pillow, write_png, write_tiff
from jphoto.images.original import Original, on_white
from jphoto.images.quantization import dither, quantized
from jphoto.images.sizes import resize, strips
from jphoto.images.source import PictureSource, reason
from jphoto.metadata import Metadata
from jphoto.metadata.tiff_exif import add_exif


class _Format(NamedTuple):
    """A file format, and what it can hold beside 8-bit RGB."""

    write: Callable[[BinaryIO, Frame], None]
    deep: bool = False
    alpha: bool = False
    gray: bool = True
    profile: bool = True


# For JPEG full color resolution (4:4:4); for WebP its lossy kind, with the encoder's usual effort.
_JPEG = _Format(functools.partial(write_by_pillow, file_format="JPEG", quality=95, subsampling=0))
_PNG = _Format(write_png, deep=True, alpha=True)
_TIFF = _Format(write_tiff, deep=True, alpha=True)
_WEBP = _Format(
    functools.partial(write_by_pillow, file_format="WEBP", quality=95, method=4),
    alpha=True,
    gray=False,
)
_BMP = _Format(functools.partial(write_by_pillow, file_format="BMP"), profile=False)
_FORMATS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _PNG,
    ".webp": _WEBP,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _BMP,
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


def check_depth(path: str | os.PathLike[str], depth: int) -> None:
    """Refuse a depth that a file cannot have, before any work is done.

    Args:
      path: where the picture is to go.
      depth: 8, 16, or 0 for as many bits as the original has and the format can hold.

    Raises: ImageError, if the format has no such depth, or the suffix names no known format.
    """
    target = Path(path)
    if depth not in (0, 8, 16):
        raise ImageError(f"output: a depth of {depth} bits is none of 8 and 16")
    if not _format(target).deep and depth == 16:
        raise ImageError(f"output: {target} cannot have 16 bits; use .png or .tif, or a depth of 8")


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
    levels = (quantized(values, 8) for _, values in _finite_strips(picture, target))
    _write(target, Frame(levels, picture.shape, 8, srgb_profile()))


def save_like(
    picture: Float32[np.ndarray, "h w 3"],
    original: Original,
    path: str | os.PathLike[str],
    *,
    metadata: Metadata,
    depth: int = 0,
    gray: bool = False,
) -> None:
    """Write a picture as its original is: in its color profile, with its opacity, at its depth.

    Args:
      picture: extended sRGB, of any size. What the profile cannot express is clipped.
      original: gives the profile, unless it is for other channels than the file's: then sRGB;
        and opacity, resized to the picture. JPEG and BMP have none: what is transparent lies on
        white.
      path: ends in one of the known suffixes; a file of that name is replaced.
      metadata: what to embed, as far as the format can.
      depth: bits for each channel, 8 or 16; 0 for the original's, or 8 where the format has no 16.
      gray: whether to write the one channel of luminance.

    Raises: ImageError, as `save_picture` and `check_depth`.
    """
    target = Path(path)
    kind = _format(target)
    check_depth(target, depth)
    depth = depth or (original.depth if kind.deep else 8)
    alpha = original.alpha
    if alpha is not None:
        alpha = resize(alpha[..., None], picture.shape[:2])
    kept = original.profile if kind.profile and (kind.gray or not gray) else None
    profile, device = from_extended(kept, gray=gray, depth=depth)
    if gray and not kind.gray:
        profile = srgb_profile()  # of three channels alike

    def levels() -> Iterator[UInt[np.ndarray, "_ w c"]]:
        for rows, values in _finite_strips(picture, target):
            if alpha is not None and not kind.alpha:
                values = on_white(values, alpha[rows])
            values = device(values)
            noise = dither(rows, *values.shape[1:]) if depth == 8 else None
            colors = quantized(values, depth, noise)
            if alpha is not None and kind.alpha:
                colors = np.concatenate([colors, quantized(alpha[rows], depth)], axis=-1)
            yield colors

    channels = (1 if gray else 3) + (alpha is not None and kind.alpha)
    shape = (*picture.shape[:2], channels)
    _write(target, Frame(levels(), shape, depth, profile, metadata))


def _finite_strips(
    picture: Float[np.ndarray, "h w 3"], target: Path
) -> Iterator[tuple[slice, Float32[np.ndarray, "_ w 3"]]]:
    for rows in strips(len(picture)):
        values = picture[rows].astype(np.float32, copy=False)
        if not np.isfinite(values).all():
            raise ImageError(f"output: {target} was not written: the picture has non-finite values")
        yield rows, values


def _write(target: Path, frame: Frame) -> None:
    kind = _format(target)
    try:
        with replacing(target) as draft:
            with draft.open("xb") as file:
                kind.write(file, frame)
            if kind is _TIFF and frame.metadata.exif:
                add_exif(draft, frame.metadata.exif)
    except (OSError, ValueError) as cause:
        raise ImageError(f"output: {target} cannot be written: {reason(cause)}") from cause


def _format(target: Path) -> _Format:
    if target.suffix.lower() not in _FORMATS:
        found = f"the suffix {target.suffix}" if target.suffix else "no suffix"
        raise ImageError(f"output: {target} has {found}; use one of {', '.join(_FORMATS)}")
    return _FORMATS[target.suffix.lower()]


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
