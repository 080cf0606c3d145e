"""What the colors of a mask stand for: the photo under its mask, and swatches with names."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw, ImageFont

from jphoto.images.sizes import resize

_COLOR = 0.5  # share of a mask's color over its photo
_INK = (51, 51, 51)


def overlay(
    photo: Float32[np.ndarray, "h w 3"], mask: UInt8[np.ndarray, "_ _ 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """A photo under the colors of its mask, which is brought to the photo's size."""
    colors = resize(mask.astype(np.float32) / 255, photo.shape[:2])
    blended: np.ndarray = photo + np.float32(_COLOR) * (colors - photo)
    return blended


def legend(
    entries: Sequence[tuple[str, int]], width: int, height: int
) -> Float32[np.ndarray, "h {width} 3"]:
    """Swatches with their names on white, in as many lines as they take.

    Args:
      entries: name, and color as red * 65536 + green * 256 + blue.
      width: of the legend, in pixels.
      height: of a line.
    """
    font = ImageFont.load_default(height / 2)
    places, left, line = [], height // 2, 0
    for name, _ in entries:
        wide = round(1.8 * height + font.getlength(name))
        if left + wide > width and left > height // 2:
            left, line = height // 2, line + 1
        places.append((left, line * height))
        left += wide
    sheet = Image.new("RGB", (width, (line + 1) * height), "white")
    draw = ImageDraw.Draw(sheet)
    for (name, color), (x, y) in zip(entries, places, strict=True):
        box = (x, y + height // 5, x + height, y + height - height // 5)
        draw.rectangle(box, fill=f"#{color:06x}", outline=_INK)
        draw.text((x + 1.3 * height, y + height / 2), name, fill=_INK, font=font, anchor="lm")
    return np.asarray(sheet, np.float32) / 255
