"""What a reader of the documentation has: tiny files by the names that its pages use."""

import functools
from fractions import Fraction
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from helpers import clips
from helpers.networks import narrow_vgg16
from helpers.originals import heic
from PIL import Image

import jphoto
from jphoto import functional, weights
from jphoto.looks import look, styles
from jphoto.regions.labels import ADE20K_CLASSES
from jphoto.segmentation import probabilities
from jphoto.weights import archive, store
from jphoto.weights.layout import layers

SIZES = {"content": (64, 36), "style": (192, 128)}
"""Width and height; a look needs photos of 128 pixels."""
COLORS = jphoto.Settings(steps=0, smoothing="none", regions="none", device="cpu")
CONTENTS = (
    "meadow.jpg", "content.jpg", "huge.jpg", "a.jpg", "b.jpg", "photos/1.jpg", "photos/2.jpg",
    "pairs/1/content.jpg", "mine/1.png", "theirs/1.png", "runs/1.png", "published/1.png",
    "truth/pairs/1/content.jpg", "truth/truth/1.png",
)  # fmt: skip
STYLES = (
    "dusk.jpg", "style.jpg", "evening/1.jpg", "evening/2.jpg", "pairs/1/style.jpg",
    "truth/pairs/1/style.jpg",
)  # fmt: skip


def prepare(folder: Path) -> None:
    """Write all files into a folder."""
    photos = {role: _small(role) for role in ("content", "style")}
    for role, names in (("content", CONTENTS), ("style", STYLES)):
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            photos[role].save(path)
    heic(folder / "IMG_2041.heic", np.asarray(photos["content"]))
    (folder / "regions").mkdir()
    for role, (width, height) in SIZES.items():
        mask = np.zeros((height, width, 3), np.uint8)
        mask[: height // 2, :, 2] = mask[height // 2 :, :, 1] = 255
        Image.fromarray(mask).save(folder / "regions" / f"{role}_mask.png")
    result = jphoto.transfer(folder / "IMG_2041.heic", folder / "dusk.jpg", settings=COLORS)
    result.save(folder / "at-dusk.tif")
    evening = [folder / "evening" / name for name in ("1.jpg", "2.jpg")]
    jphoto.Look.from_photos(evening, settings=COLORS).save(folder / "evening.look")
    clip = {"codec": "libx264", "pixel_format": "yuv420p", "size": (54, 96)}
    clips.make(folder / "walk.mp4", frames=11, rate=Fraction(1, 4), **clip)


def stand_ins(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A VGG-16 of few channels, a segmenter that finds sky above grass, one step in a solve, and
    the look of the reader for every bundled one.
    """
    network = weights.Weights("vgg16", "torchvision", narrow_vgg16(), "nothing", "0", "none")
    load = store.load
    for module in (store, weights):
        patch.setattr(module, "load", lambda name: network if name == "vgg16" else load(name))
    patch.setattr(look, "_check_channels", lambda statistics, network: None)
    patch.setattr(functional, "solve", _one_step)
    patch.setattr(styles, "look_file", lambda name, settings: Path("evening.look"))
    patch.setattr(styles, "look_colors", lambda *_: jphoto.Look.load("evening.look"))
    params = {
        name: {"kernel": np.zeros(shape, np.float32), "bias": np.zeros(shape[3], np.float32)}
        for name, shape in layers("deeplab").items()
    }
    untrained = weights.Weights("deeplab", "tensorflow", params, "nothing", "0", "none")
    patch.setenv("JPHOTO_WEIGHTS", str(folder))
    archive.write(untrained, folder / "deeplab.safetensors")
    patch.setattr(probabilities, "_classify", _sky_above_grass)


@functools.wraps(functional.solve)
def _one_step(*arrays: object, steps: object = None, **more: object) -> functional.Solved:
    return _one_step.__wrapped__(*arrays, steps=(1,), **more)


def _sky_above_grass(params: object, photo: np.ndarray) -> np.ndarray:
    height, width = photo.shape[0] // 4, photo.shape[1] // 4
    found = np.zeros((height, width, len(ADE20K_CLASSES)), np.float32)
    found[: height // 2, :, ADE20K_CLASSES.index("sky")] = 1
    found[height // 2 :, :, ADE20K_CLASSES.index("grass")] = 1
    return found


def _small(role: str) -> Image.Image:
    bundled = resources.files("jphoto") / "photos" / "meadow" / f"{role}.jpg"
    with Image.open(str(bundled)) as image:
        return image.resize(SIZES[role])
