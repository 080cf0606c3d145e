"""Reads masks: painted colors, indexed PNGs and label maps all become plain RGB colors.

A mask is read exactly as it was painted: no color profile, no alpha, no blending, and resizing by
nearest neighbor only, because every new color would become a new region. A label v of a gray label
map becomes the color (v, v, v).
"""

import logging

import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image

from jphoto.errors import ImageError, MaskError
from jphoto.images.decoders import decode_file
from jphoto.images.decoders.loading import load_image
from jphoto.images.decoders.upright import orientation_of
from jphoto.images.pixels import turned
from jphoto.images.source import FileSource, PictureSource, held, source_name

# A mask scaled to one side of its photo may miss the other side by the larger of these two.
_LARGEST_MISFIT_SHARE = 0.02  # of the photo's side
_LARGEST_MISFIT_PIXELS = 3

_logger = logging.getLogger(__name__)


def read_mask(
    source: PictureSource, *, role: str, size: tuple[int, int], picture_size: tuple[int, int]
) -> UInt8[np.ndarray, "h w 3"]:
    """Read the colors of a mask at the working size of its photo.

    Args:
      source: a path, a Pillow image, an array h x w x 3 or x 4 of uint8 colors, or an array h x w
        of labels 0 to 255; False and True become black and white, as in a 1-bit file. Labels saved
        as full-range 16-bit gray (each times 257) become 0 to 255 again.
      role: "content mask" or "style mask", for messages.
      size: (height, width) of the result.
      picture_size: (height, width) of the photo before it was resized. A mask of another size but
        the same proportions is accepted, with a warning in the log.

    Returns: RGB colors, all of which occur in the source.
    Raises: MaskError, if the source cannot be read, its labels are not 0 to 255, or its
      proportions are not the photo's.
    """
    name = source_name(source, role)
    try:
        source = held(source, role)
    except ImageError as cause:
        raise MaskError(str(cause)) from cause
    if isinstance(source, np.ndarray):
        colors = _array_colors(source, name)
    elif isinstance(source, Image.Image):
        colors = turned(_image_colors(source, name), orientation_of(source.getexif, name))
    else:
        colors = _file_colors(source, name)
    _check_fit(colors.shape[0], colors.shape[1], picture_size, name)
    height, width = size
    resized = Image.fromarray(colors).resize((width, height), Image.Resampling.NEAREST)
    return np.array(resized)


def _file_colors(source: FileSource, name: str) -> UInt8[np.ndarray, "h w 3"]:
    try:
        pixels = decode_file(source, name)
    except ImageError as cause:
        raise MaskError(str(cause)) from cause
    levels = pixels.color
    if levels.dtype.kind == "f":
        raise MaskError(f"{name} holds floating-point values; labels must be integers 0 to 255")
    if levels.shape[2] not in (1, 3):
        raise MaskError(f"{name} has {levels.shape[2]} colors; a mask must be RGB or gray")
    if levels.shape[2] == 1 and pixels.white >= 255:
        return _label_colors(levels[..., 0], name)
    colors: np.ndarray = np.rint(levels * (255 / pixels.white)).astype(np.uint8)
    return np.broadcast_to(colors, (*colors.shape[:2], 3)).copy()


def _image_colors(image: Image.Image, name: str) -> UInt8[np.ndarray, "h w 3"]:
    try:
        image = load_image(image, name)
    except ImageError as cause:
        raise MaskError(str(cause)) from cause
    if image.mode == "F":
        raise MaskError(f"{name} holds floating-point values; labels must be integers 0 to 255")
    if image.mode.startswith("I"):
        return _label_colors(np.asarray(image), name)
    if image.has_transparency_data:
        image = image.convert("RGBA")  # from here to RGB, transparent pixels keep their color
    return np.array(image.convert("RGB"))


def _array_colors(array: np.ndarray, name: str) -> UInt8[np.ndarray, "h w 3"]:
    if array.size == 0:
        raise MaskError(f"{name} has no pixels: its shape is {array.shape}")
    if array.ndim == 3 and array.shape[2] in (3, 4) and array.dtype == np.uint8:
        return np.ascontiguousarray(array[..., :3])
    if array.ndim == 2 and array.dtype == np.bool_:
        return _label_colors(array.astype(np.uint8) * np.uint8(255), name)
    if array.ndim == 2 and np.issubdtype(array.dtype, np.integer):
        return _label_colors(array, name)
    raise MaskError(
        f"{name} is {array.dtype} of shape {array.shape}; "
        f"it must be uint8 colors h x w x 3, or integer labels h x w"
    )


def _label_colors(labels: Integer[np.ndarray, "h w"], name: str) -> UInt8[np.ndarray, "h w 3"]:
    low, high = int(labels.min()), int(labels.max())
    if low >= 0 and 255 < high <= 65535 and not (labels % 257).any():
        labels = labels // 257  # 8-bit gray that was saved as full-range 16-bit gray
    elif low < 0 or high > 255:
        raise MaskError(f"{name} holds labels from {low} to {high}; they must be 0 to 255")
    return np.repeat(labels.astype(np.uint8)[..., None], 3, axis=2)


def _check_fit(height: int, width: int, picture_size: tuple[int, int], name: str) -> None:
    picture_height, picture_width = picture_size
    if (height, width) == picture_size:
        return
    sizes = (
        f"{name} is {width} x {height} pixels and its photo {picture_width} x {picture_height} "
        f"(width x height)"
    )
    # How far each side is from the photo's when the mask is scaled to fit the other side.
    misfits = (
        (abs(height * picture_width / width - picture_height), picture_height),
        (abs(width * picture_height / height - picture_width), picture_width),
    )
    if any(
        misfit > max(_LARGEST_MISFIT_SHARE * side, _LARGEST_MISFIT_PIXELS)
        for misfit, side in misfits
    ):
        raise MaskError(f"{sizes}; a mask must have the proportions of its photo")
    _logger.warning("%s; the mask was resized to fit", sizes)
