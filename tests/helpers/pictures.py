"""Small pictures on disk, and how the tests of images read them back."""

from pathlib import Path

import numpy as np
from PIL import Image

from jphoto.images import read_mask, read_picture

LEVEL = 1 / 255


def photo(height: int = 6, width: int = 9) -> np.ndarray:
    """Random 8-bit colors, the same ones at every call."""
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def read(source: object) -> np.ndarray:
    return read_picture(source, role="content")


def mask_of(source: object, height: int, width: int) -> np.ndarray:
    size = (height, width)
    return read_mask(source, role="content mask", size=size, picture_size=size)
