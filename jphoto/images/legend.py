"""Shows what the colors of a mask mean: the mask over its photo, and swatches with names."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw, ImageFont

from jphoto.images.sizes import resize

_MASK_OPACITY = 0.5  # share of a mask's color in the blend with its photo
_TEXT_COLOR = (51, 51, 51)  # dark gray, 8-bit RGB


def overlay(
    photo: Float32[np.ndarray, "h w 3"], mask: UInt8[np.ndarray, "_ _ 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """Blend the colors of a mask, resized to the photo's size, over the photo."""
    colors = resize(mask.astype(np.float32) / 255, photo.shape[:2])
    blended: np.ndarray = photo + np.float32(_MASK_OPACITY) * (colors - photo)
    return blended


def legend(
    entries: Sequence[tuple[str, int]], width: int, height: int
) -> Float32[np.ndarray, "h {width} 3"]:
    """Draw swatches with their names on white, wrapped into as many lines as needed.

    Args:
      entries: names and colors, a color as red * 65536 + green * 256 + blue.
      width: of the legend, in pixels.
      height: of one line, in pixels.

    Returns: a picture in [0, 1].
    """
    font = ImageFont.load_default(height / 2)
    corners, left, line = [], height // 2, 0
    for name, _ in entries:
        entry_width = round(1.8 * height + font.getlength(name))
        if left + entry_width > width and left > height // 2:
            left, line = height // 2, line + 1
        corners.append((left, line * height))
        left += entry_width
    sheet = Image.new("RGB", (width, (line + 1) * height), "white")
    draw = ImageDraw.Draw(sheet)
    for (name, color), (x, y) in zip(entries, corners, strict=True):
        box = (x, y + height // 5, x + height, y + height - height // 5)
        draw.rectangle(box, fill=f"#{color:06x}", outline=_TEXT_COLOR)
        position = (x + 1.3 * height, y + height / 2)
        draw.text(position, name, fill=_TEXT_COLOR, font=font, anchor="lm")
    return np.asarray(sheet, np.float32) / 255
