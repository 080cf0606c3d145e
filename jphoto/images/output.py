"""Writes pictures to files, and checks output paths before any work is done.

Pictures are rounded to 8 or 16 bits in this module only, strip by strip. A file gets its name when
it is complete; until then it is a hidden file in the same folder. A finished picture that cannot be
written as intended is saved under another name, see `jphoto.files.save_or_rescue`.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt

from jphoto.errors import ImageError, JphotoError
from jphoto.files import check_free, followed, replacing, save_or_rescue, unwritable
from jphoto.images.color.own_profiles import srgb_profile
from jphoto.images.color.profiles import color_space_of, output_profile
from jphoto.images.encoders import QuantizedPicture
from jphoto.images.encoders.formats import JPEG, TIFF, OutputFormat, check_depth, format_of
from jphoto.images.encoders.quantization import dither, quantized
from jphoto.images.original import Original, blend_on_white
from jphoto.images.sizes import resize, strips
from jphoto.images.source import PictureSource, reason
from jphoto.metadata import FileColor, Metadata
from jphoto.metadata.tiff_exif import add_exif

_RESCUES = ".png", ".tif"
"""Formats without loss, written by encoders of our own, for pictures that others fail to write."""

_logger = logging.getLogger(__name__)


def check_output(
    path: str | os.PathLike[str], *, inputs: Sequence[PictureSource], force: bool
) -> Path:
    """Check that an output path can and may be written, before any work is done.

    Args:
      path: where the picture will be written.
      inputs: the sources of the picture; they are never overwritten, even with `force`.
      force: whether an existing file may be replaced.

    Returns: the path.
    Raises: ImageError, if the suffix is unknown, the folder does not exist or cannot be written to,
      or the path is a folder, a device, an input, or (without `force`) an existing file.
    """
    target = Path(path)
    sources = [Path(source) for source in inputs if isinstance(source, str | os.PathLike)]
    try:
        check_free(target, inputs=sources, force=force)
        _check_location(target)
    except (OSError, ValueError) as cause:
        raise ImageError(f"output: {target} cannot be written: {reason(cause)}") from cause
    return target


def save_picture(
    picture: Float[np.ndarray, "h w 3"], path: str | os.PathLike[str], *, force: bool = True
) -> None:
    """Write a picture as an 8-bit file tagged sRGB, in the format of the path's suffix.

    JPEG and WebP are written at quality 95, AVIF at 90, JPEG and AVIF without chroma subsampling.

    Args:
      picture: sRGB; values outside [0, 1] are clipped.
      path: with a known suffix.
      force: whether an existing file may be replaced.

    Raises: SavedElsewhereError, if it was saved under another name or as PNG, see
      `jphoto.files.save_or_rescue`; ImageError, if the picture has values that are not finite or
      cannot be written; nothing is left behind then, and an existing file is unchanged.
    """

    def save(target: Path, force: bool) -> None:
        levels = (quantized(values, 8) for _, values in _finite_strips(picture, target))
        _write(target, QuantizedPicture(levels, picture.shape, 8, srgb_profile()), force)

    save_or_rescue(save, Path(path), force=force, suffixes=_RESCUES)


def save_like(
    picture: Float32[np.ndarray, "h w 3"],
    original: Original,
    path: str | os.PathLike[str],
    *,
    metadata: Metadata,
    depth: int = 0,
    gray: bool = False,
    force: bool = True,
) -> None:
    """Write a picture like its original: with its color profile, its opacity and its bit depth.

    Args:
      picture: extended sRGB, of any size; colors outside the profile's gamut are clipped.
      original: supplies the color profile (a profile for other channels than the file's is replaced
        by sRGB) and the opacity, resized to the picture. JPEG and BMP hold no opacity, so the
        picture is blended on white.
      path: with a known suffix.
      metadata: embedded as far as the format can hold it.
      depth: bits per channel, 8 or 16; 0 for the original's, or 8 where the format has no 16.
      gray: whether to write a single channel, the luminance.
      force: whether an existing file may be replaced.

    Raises: ImageError, as `save_picture` and `check_depth`.
    """
    check_depth(path, depth)
    if not format_of(Path(path)).metadata and any(original.metadata[:3]):
        _logger.warning("output: %s: its format has no place for EXIF, XMP and IPTC", path)

    def save(target: Path, force: bool) -> None:
        bits = depth if depth != 16 or format_of(target).sixteen_bits else 8
        _write_like(picture, original, target, metadata, bits, gray, force)

    save_or_rescue(save, Path(path), force=force, suffixes=_RESCUES)


def _write_like(
    picture: Float32[np.ndarray, "h w 3"],
    original: Original,
    target: Path,
    metadata: Metadata,
    depth: int,
    gray: bool,
    force: bool,
) -> None:
    file_format = format_of(target)
    depth = depth or _kept_depth(original, file_format)
    alpha = original.alpha
    if alpha is not None:
        alpha = resize(alpha[..., None], picture.shape[:2])
    profile, to_device = _output_color(original, file_format, depth, gray)
    if original.profile is not None and not gray and not file_format.profile:
        _logger.warning(
            "%s: its colors are converted to sRGB, because its format takes no color profile; "
            "those beyond sRGB are clipped (PNG and TIFF keep them)", target,
        )  # fmt: skip

    def quantized_strips() -> Iterator[UInt[np.ndarray, "_ w c"]]:
        for rows, values in _finite_strips(picture, target):
            if alpha is not None and not file_format.alpha:
                values = blend_on_white(values, alpha[rows])
            values = to_device(values)
            noise = dither(rows, *values.shape[1:]) if depth == 8 else None
            colors = quantized(values, depth, noise)
            if alpha is not None and file_format.alpha:
                colors = np.concatenate([colors, quantized(alpha[rows], depth)], axis=-1)
            yield colors

    channels = (1 if gray else 3) + (alpha is not None and file_format.alpha)
    shape = (*picture.shape[:2], channels)
    _write(target, QuantizedPicture(quantized_strips(), shape, depth, profile, metadata), force)


def file_color(
    original: Original, path: str | os.PathLike[str], *, depth: int = 0, gray: bool = False
) -> FileColor:
    """Say which colors a file from `save_like` has, for its metadata; arguments as there.

    Raises: ImageError, if the suffix is unknown.
    """
    file_format = format_of(Path(path))
    depth = depth or _kept_depth(original, file_format)
    profile, _ = _output_color(original, file_format, depth, gray)
    channels = 1 if gray else 3
    jpeg_channels = channels if file_format is JPEG else 0
    return FileColor(color_space_of(profile), jpeg_channels, sized=file_format is TIFF)


def _kept_depth(original: Original, file_format: OutputFormat) -> int:
    return original.depth if file_format.sixteen_bits else 8


def _output_color(
    original: Original, file_format: OutputFormat, depth: int, gray: bool
) -> tuple[bytes, Callable[[Float32[np.ndarray, "h w _"]], Float32[np.ndarray, "h w _"]]]:
    """Choose the profile of a file, and the conversion to it, as `output_profile` does."""
    fits = file_format.profile and (file_format.gray or not gray)
    profile, to_device = output_profile(original.profile if fits else None, gray=gray, depth=depth)
    if gray and not file_format.gray:
        profile = srgb_profile()  # the file has three equal channels instead of gray
    return profile, to_device


def _finite_strips(
    picture: Float[np.ndarray, "h w 3"], target: Path
) -> Iterator[tuple[slice, Float32[np.ndarray, "_ w 3"]]]:
    """Split a picture into strips, each with the slice of its rows.

    Raises: ImageError, at the first strip with a value that is not finite.
    """
    for rows in strips(len(picture)):
        values = picture[rows].astype(np.float32, copy=False)
        if not np.isfinite(values).all():
            raise ImageError(f"output: {target} was not written: the picture has non-finite values")
        yield rows, values


def _write(target: Path, picture: QuantizedPicture, force: bool) -> None:
    file_format = format_of(target)
    try:
        with replacing(target, force=force) as draft:
            with draft.open("xb") as file:
                file_format.write(file, picture)
            if file_format is TIFF and picture.metadata.exif:
                add_exif(draft, picture.metadata.exif)
    except JphotoError:
        raise
    except OSError as cause:
        raise ImageError(f"output: {target} {unwritable(cause)}") from cause
    except Exception as cause:  # encoders raise nearly anything: ValueError, RuntimeError, ...
        raise ImageError(f"output: {target} cannot be written: {reason(cause)}") from cause


def _check_location(target: Path) -> None:
    format_of(target)
    folder = followed(target).parent
    if not folder.exists():
        raise ImageError(f"output: the folder {folder} does not exist; create it first")
    if not folder.is_dir():
        raise ImageError(f"output: {folder} is a file, not a folder")
    try:
        # `os.access` is not enough: it grants root everything, even on a read-only disk.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        raise ImageError(f"output: cannot write in {folder}: {reason(cause)}") from cause
