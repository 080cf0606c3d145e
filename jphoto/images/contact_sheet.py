"""Draws contact sheets: labeled pictures in rows, to be compared side by side."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageDraw, ImageFont

from jphoto.images.sizes import resize

_LONGEST = 16000
"""Pixels a side; WebP holds 16383."""
_LABEL_GRAY = 0.2  # dark gray, so that the labels do not outshine the photos


def side_by_side(
    pictures: Sequence[tuple[str, Float32[np.ndarray, "_ _ 3"]]], height: int | None = None
) -> Float32[np.ndarray, "sheet_h sheet_w 3"]:
    """Place pictures in a row on white, scaled to one height, with a label below each.

    Args:
      pictures: one or more labels, each with a picture in [0, 1].
      height: of every picture on the sheet, in pixels; by default the height of the last picture.
        It is less if the sheet would be larger than any format can hold.

    Returns: a picture that `save_picture` can write.
    """
    if height is None:
        height = pictures[-1][1].shape[0]
    shares = sum(picture.shape[1] / picture.shape[0] + 0.02 for _, picture in pictures) + 0.02
    height = max(1, min(height, round(_LONGEST / max(shares, 1.2))))
    tiles = [
        resize(picture, (height, max(1, round(picture.shape[1] * height / picture.shape[0]))))
        for _, picture in pictures
    ]
    gutter = max(4, height // 50)
    font = _fitting_font(
        [(label, tile.shape[1]) for (label, _), tile in zip(pictures, tiles, strict=True)], height
    )
    label_height = round(2 * font.size)
    width = sum(tile.shape[1] + gutter for tile in tiles) + gutter
    sheet = np.ones((gutter + height + label_height, width, 3), np.float32)
    left = gutter
    for (text, _), tile in zip(pictures, tiles, strict=True):
        right = left + tile.shape[1]
        sheet[gutter : gutter + height, left:right] = tile
        sheet[gutter + height :, left:right] = _label(text, font, label_height, right - left)
        left = right + gutter
    return sheet


def stack(
    rows: Sequence[Float32[np.ndarray, "_ _ 3"]],
) -> Float32[np.ndarray, "sheet_h sheet_w 3"]:
    """Stack rows below one another on white, aligned at the left.

    Args:
      rows: one or more, from `side_by_side`; narrower rows are filled up with white.
    """
    height, width = sum(len(row) for row in rows), max(row.shape[1] for row in rows)
    sheet = np.ones((height, width, 3), np.float32)
    top = 0
    for row in rows:
        sheet[top : top + len(row), : row.shape[1]] = row
        top += len(row)
    return sheet


def _fitting_font(labels: Sequence[tuple[str, int]], height: int) -> ImageFont.FreeTypeFont:
    """Choose one font size for all labels, in which none is wider than its picture.

    Args:
      labels: texts, each with the width of its picture in pixels.
      height: of the pictures, in pixels.
    """
    size = max(12.0, height / 22)
    font = _font(size)
    shrink = min(width / max(font.getlength(text), 1) for text, width in labels)
    return font if shrink >= 1 else _font(max(8.0, size * shrink))


def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # always so when a size is given
    return font


def _label(
    text: str, font: ImageFont.FreeTypeFont, height: int, width: int
) -> Float32[np.ndarray, "h w 1"]:
    label = Image.new("L", (width, height), 255)
    ImageDraw.Draw(label).text(
        (width / 2, height / 2), text, fill=round(255 * _LABEL_GRAY), font=font, anchor="mm"
    )
    return np.asarray(label, np.float32)[..., None] / 255
