"""Photos in: any file, Pillow image or array becomes a float32 picture, with all that it carried.

A picture here is extended sRGB: a color outside sRGB has values outside [0, 1], see `srgb`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images.color.profiles import to_extended
from jphoto.images.decoders import from_file
from jphoto.images.pixels import Pixels, from_array, from_image, image_metadata
from jphoto.images.sizes import strips
from jphoto.images.source import PictureSource, loaded, source_name, upright
from jphoto.metadata import Metadata


@dataclass(frozen=True, eq=False)
class Original:
    """A photo as its file has it: all pixels, upright, and what else the file says."""

    picture: Float32[np.ndarray, "h w 3"]
    """Extended sRGB, not blended with anything where it is transparent."""
    alpha: Float32[np.ndarray, "h w"] | None
    """Opacity, 0 to 1; None if the source has none."""
    gray: bool
    """Whether the source has one channel of color."""
    depth: int
    """8 or 16, the bits that hold all that the source has."""
    profile: bytes | None
    """The ICC profile of its pixels; None for sRGB, CMYK, and where there is none."""
    metadata: Metadata
    """As the source has it; EXIF's orientation is applied to the picture and still in the blob."""


def read_original(source: PictureSource, *, role: str) -> Original:
    """Read a photo at its own resolution and depth, upright.

    Args:
      source: a path, a Pillow image, or an array h x w, h x w x 1, x 3 or x 4 that is uint8,
        uint16 (full range is 1) or floating in [0, 1]. A file's or Pillow image's EXIF
        orientation and color profile are applied.
      role: "content" or "style", for messages.

    Raises: ImageError, if the source cannot be read or its values have no clear meaning.
    """
    name = source_name(source, role)
    pixels = _read(source, name)
    picture, profile = to_extended(pixels, name)
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


def viewed(original: Original) -> Float32[np.ndarray, "h w 3"]:
    """What the networks are shown of a photo: clipped to [0, 1], what is transparent on white.

    Returns: sRGB values; the original's own picture if it is already so.
    """
    picture = original.picture
    if original.alpha is None and picture.min() >= 0 and picture.max() <= 1:
        return picture
    return _viewed(original, np.empty_like(picture))


def read_picture(source: PictureSource, *, role: str) -> Float32[np.ndarray, "h w 3"]:
    """Read a photo as `read_original` does, and return what the networks are shown of it.

    Returns: sRGB values in [0, 1]; what is transparent lies on white.
    Raises: ImageError, as `read_original`.
    """
    original = read_original(source, role=role)
    return _viewed(original, original.picture)


def _viewed(original: Original, out: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    for rows in strips(len(out)):
        np.clip(original.picture[rows], 0, 1, out=out[rows])
        if original.alpha is not None:
            out[rows] = on_white(out[rows], original.alpha[rows, :, None])
    return out


def on_white(
    picture: Float32[np.ndarray, "h w 3"], alpha: Float32[np.ndarray, "h w 1"]
) -> Float32[np.ndarray, "h w 3"]:
    """Blend a picture with white where it is not opaque."""
    blended: np.ndarray = picture * alpha + (1 - alpha)
    return blended


def _read(source: PictureSource, name: str) -> Pixels:
    if isinstance(source, np.ndarray):
        return from_array(source, name)
    if not isinstance(source, Image.Image):
        return from_file(source, name)
    image = loaded(source, name, ImageError)
    return from_image(upright(image, name), name)._replace(metadata=image_metadata(image))
