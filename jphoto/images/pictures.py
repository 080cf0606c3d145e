"""Photos in: any file, Pillow image or array becomes a float32 sRGB picture in [0, 1].

Gray keeps its 16 bits; color is decoded to 8 bits, which is all that Pillow gives.
"""

import numpy as np
from jaxtyping import Float32
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images.profiles import to_srgb
from jphoto.images.source import PictureSource, open_image, source_name

_SLACK = 1e-3  # how far resampling in other programs may have pushed a float array out of [0, 1]


def read_picture(source: PictureSource, *, role: str) -> Float32[np.ndarray, "h w 3"]:
    """Read a photo at its own resolution, upright, in sRGB; what is transparent lies on white.

    Args:
      source: a path, a Pillow image, or an array h x w, h x w x 1, x 3 or x 4 that is uint8,
        uint16 (full range is 1) or floating in [0, 1]. A file's or Pillow image's EXIF
        orientation and color profile are applied.
      role: "content" or "style", for messages.

    Returns: values in [0, 1].
    Raises: ImageError, if the source cannot be read or its values have no clear meaning.
    """
    name = source_name(source, role)
    if isinstance(source, np.ndarray):
        return _from_array(source, name)
    image = open_image(source, name, ImageError)
    profile = image.info.get("icc_profile")
    if image.mode == "F" or image.mode.startswith("I"):
        return _from_deep_gray(image, profile, name)
    image, alpha = _without_alpha(image)
    picture = _unit(np.asarray(to_srgb(image, profile, name)))
    return picture if alpha is None else _on_white(picture, _unit(np.asarray(alpha)[..., None]))


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split an image into its color, in a mode that its profile may be for, and its opacity."""
    if image.mode == "1":
        return image.convert("L"), None
    if not image.has_transparency_data:
        return image, None
    color = "L" if image.mode in ("L", "LA") else "RGB"
    image = image.convert("RGBA")
    return image.convert(color), image.getchannel("A")


def _from_deep_gray(
    image: Image.Image, profile: bytes | None, name: str
) -> Float32[np.ndarray, "h w 3"]:
    """Gray of 16 or 32 bits, without the rounding to 8 that Pillow's own conversion means."""
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    # As in Pillow itself, 32-bit integers hold 16-bit gray and floats either [0, 1] or [0, 255].
    full = 65535.0 if image.mode != "F" else 1.0 if high <= 1 + _SLACK else 255.0
    if not -_SLACK * full <= low <= high <= full * (1 + _SLACK):
        raise ImageError(
            f"{name} is {image.mode} gray with values from {low:g} to {high:g}; "
            f"save it as 8- or 16-bit"
        )
    gray = np.clip(values.astype(np.float32) / np.float32(full), 0, 1)
    if profile is None:
        return np.repeat(gray[..., None], 3, axis=2)
    levels = np.arange(256, dtype=np.uint8)[None]
    curve = _unit(np.asarray(to_srgb(Image.fromarray(levels), profile, name)))[0]
    places = np.linspace(0, 1, 256)
    planes = [np.interp(gray, places, channel).astype(np.float32) for channel in curve.T]
    return np.stack(planes, axis=-1)


def _from_array(array: np.ndarray, name: str) -> Float32[np.ndarray, "h w 3"]:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageError(
            f"{name} has shape {array.shape}; it must be h x w, h x w x 1, h x w x 3 or h x w x 4"
        )
    if array.size == 0:
        raise ImageError(f"{name} has no pixels: its shape is {array.shape}")
    values = _array_values(array if array.ndim == 3 else array[..., None], name)
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2)
    return values if values.shape[2] == 3 else _on_white(values[..., :3], values[..., 3:])


def _array_values(array: np.ndarray, name: str) -> Float32[np.ndarray, "h w c"]:
    if array.dtype in (np.uint8, np.uint16):
        return _unit(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise ImageError(f"{name} is {array.dtype}; it must be uint8, uint16 or floating in [0, 1]")
    low, high = float(array.min()), float(array.max())
    # A NaN anywhere makes both ends NaN, and every comparison with it is false.
    if not -_SLACK <= low <= high <= 1 + _SLACK:
        raise ImageError(
            f"{name} has values from {low:g} to {high:g}; floating values must lie in [0, 1]"
        )
    return np.clip(array.astype(np.float32), 0, 1)


def _unit(levels: np.ndarray) -> Float32[np.ndarray, "..."]:
    """Unsigned integers as fractions of their largest possible value."""
    values = levels.astype(np.float32)
    values /= np.float32(np.iinfo(levels.dtype).max)
    return values


def _on_white(
    picture: Float32[np.ndarray, "h w 3"], alpha: Float32[np.ndarray, "h w 1"]
) -> Float32[np.ndarray, "h w 3"]:
    blended: np.ndarray = picture * alpha + (1 - alpha)
    return blended
