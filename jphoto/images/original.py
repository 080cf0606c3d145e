"""Reads photos: files, Pillow images and arrays become float32 pictures with profile and metadata.

Pictures are extended sRGB here: a color outside sRGB has values outside [0, 1], see `srgb`.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images.color.resolver import to_extended_srgb
from jphoto.images.decoders import decode_file, pillow
from jphoto.images.pixels import Pixels, pixels_from_array
from jphoto.images.sizes import resize, strips
from jphoto.images.source import HeldSource, PictureSource, held, source_name
from jphoto.metadata import Metadata


@dataclass(frozen=True, eq=False)
class Original:
    """A photo at full resolution, upright, with the color profile and metadata of its file."""

    picture: Float32[np.ndarray, "h w 3"]
    """Extended sRGB; transparent pixels keep their color, nothing is blended."""
    alpha: Float32[np.ndarray, "h w"] | None
    """Opacity, 0 to 1; None if the source has none."""
    gray: bool
    """Whether the source has a single color channel."""
    depth: int
    """Bits per channel: 8 if the source has 8-bit levels, 16 if it has more."""
    profile: bytes | None
    """An ICC profile of the source's color space, its own or made of what the file declares; None
    for sRGB and for LUT-based profiles."""
    metadata: Metadata
    """Unchanged: the EXIF still has the orientation that was applied to the picture."""


class ReadAhead(os.PathLike[str]):
    """The path of a photo that a thread has begun to read, for the first `read_original` of it.

    Args:
      path: of a file.
      role: "content" or "style", for messages.
    """

    def __init__(self, path: Path, role: str) -> None:
        self._path, self._seen = path, _state(path)
        threads = ThreadPoolExecutor(1)
        self._original: Future[Original] | None = threads.submit(read_original, path, role=role)
        threads.shutdown(wait=False)

    def __fspath__(self) -> str:
        """The path."""
        return os.fspath(self._path)

    __str__ = __fspath__

    def wait(self) -> None:
        """Wait until the photo is read.

        Raises: ImageError, as `read_original`.
        """
        if self._original is not None:
            self._original.result()

    def take(self) -> Original | None:
        """The photo, which is let go of; None if it was taken, or if the file has changed since.

        Raises: ImageError, as `read_original`.
        """
        coming, self._original = self._original, None
        if coming is None or _state(self._path) != self._seen:
            return None
        return coming.result()


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of change of a file; None if it cannot be found."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def read_original(source: PictureSource, *, role: str) -> Original:
    """Read a photo at full resolution and depth, upright.

    Args:
      source: a path, the bytes of a file, a file open for reading bytes, a Pillow image, or an
        array h x w, h x w x 1, x 3 or x 4 that is uint8, uint16 (full range) or floating-point in
        [0, 1]. The EXIF orientation and the color
        profile of a file or Pillow image are applied.
      role: "content" or "style", for messages.

    Raises: ImageError, if the source cannot be read or its values have no clear meaning.
    """
    if isinstance(source, ReadAhead):
        if (original := source.take()) is not None:
            return original
        source = Path(source)
    name = source_name(source, role)
    pixels = _decode(held(source, role), name)
    if pixels.levels.dtype.kind == "i":
        bits = 8 * pixels.levels.itemsize
        found = f"signed numbers of {bits} bits"
        raise ImageError(f"{name} has {found}; save it as RGB of 8 or 16 bits")
    picture, profile = to_extended_srgb(pixels, name)
    alpha = None
    if pixels.has_alpha:
        alpha = pixels.levels[..., -1].astype(np.float32)
        alpha /= np.float32(pixels.white)
    return Original(
        picture=picture,
        alpha=alpha,
        gray=pixels.color.shape[2] == 1,
        depth=8 if pixels.levels.dtype == np.uint8 else 16,
        profile=profile,
        metadata=pixels.metadata,
    )


def srgb_on_white(original: Original) -> Float32[np.ndarray, "h w 3"]:
    """Convert a photo to what networks and viewers show of it: sRGB in [0, 1], blended on white.

    Returns: the original's own picture, not a copy, if nothing has to change.
    """
    picture = original.picture
    if original.alpha is None and picture.min() >= 0 and picture.max() <= 1:
        return picture
    return _clipped_on_white(original, np.empty_like(picture))


def read_picture(source: PictureSource, *, role: str) -> Float32[np.ndarray, "h w 3"]:
    """Read a photo as `read_original` does, and convert it as `srgb_on_white` does.

    Returns: sRGB values in [0, 1].
    Raises: ImageError, as `read_original`.
    """
    original = read_original(source, role=role)
    return _clipped_on_white(original, original.picture)


def _clipped_on_white(
    original: Original, out: Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w 3"]:
    for rows in strips(len(out)):
        np.clip(original.picture[rows], 0, 1, out=out[rows])
        if original.alpha is not None:
            out[rows] = blend_on_white(out[rows], original.alpha[rows, :, None])
    return out


def on_white(
    picture: Float32[np.ndarray, "h w 3"], original: Original
) -> Float32[np.ndarray, "h w 3"]:
    """A result of any size as viewers show it, blended on white where its photo is not opaque."""
    if original.alpha is None:
        return picture
    return blend_on_white(picture, resize(original.alpha[..., None], picture.shape[:2]))


def blend_on_white(
    picture: Float32[np.ndarray, "h w 3"], alpha: Float32[np.ndarray, "h w 1"]
) -> Float32[np.ndarray, "h w 3"]:
    """Blend a picture with white where it is not opaque."""
    blended: np.ndarray = picture * alpha + (1 - alpha)
    return blended


def _decode(source: HeldSource, name: str) -> Pixels:
    if isinstance(source, np.ndarray):
        return pixels_from_array(source, name)
    if isinstance(source, Image.Image):
        return pillow.decode(source, name)
    return decode_file(source, name)
