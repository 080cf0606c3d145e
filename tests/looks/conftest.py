"""Small photos, and looks of them learned with the real VGG-16."""

from importlib import resources

import numpy as np
import pytest
from helpers.looks import SETTINGS
from PIL import Image

import jphoto
from jphoto import images

SIZE = (192, 128)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Photos of 192 x 128 pixels with masks of the same two colors: day, dusk, red and gray."""
    folder = tmp_path_factory.mktemp("looks")
    bundled = resources.files("jphoto") / "photos" / "meadow"
    for name, role in (("day", "content"), ("dusk", "style")):
        with Image.open(str(bundled / f"{role}.jpg")) as image:
            image.resize(SIZE).save(folder / f"{name}.png")
    day = np.asarray(Image.open(folder / "day.png"), np.float32) / 255
    images.save_picture(day * [1, 0.4, 0.3], folder / "red.png")
    images.save_picture(day.mean(-1, keepdims=True) * np.ones(3), folder / "gray.png")
    mask = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    mask[:70, :, 2] = mask[70:, :, 1] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    return folder


@pytest.fixture(scope="session")
def look_of(files, own_cache):
    """The look of some of these photos, with masks."""
    made = {}

    def look(*names):
        if names not in made:
            photos = [files / f"{name}.png" for name in names]
            masks = [files / "mask.png"] * len(photos)
            made[names] = jphoto.Look.from_photos(photos, masks=masks, settings=SETTINGS)
        return made[names]

    return look
