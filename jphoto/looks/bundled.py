"""The looks that come with jphoto: made on first use from the photos in `photos/`, and cached.

They are made with the networks that are installed, so that a photo is compared with what the same
network finds in theirs.
"""

import dataclasses
import functools
import hashlib
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import platformdirs

from jphoto import files, weights
from jphoto.formats import LOOK_SUFFIX
from jphoto.looks.look import Look
from jphoto.settings import Settings
from jphoto.weights import LazyWeights
from jphoto.weights.digests import file_digest

KEY_DIGITS = 12
"""Hexadecimal digits in the names of cached looks, of a hash over what they are made from."""


@dataclasses.dataclass(frozen=True)
class BundledLook:
    """A look that comes with jphoto."""

    name: str
    text: str
    photos: tuple[str, ...]
    """Files of its photos."""


@functools.cache
def bundled_looks() -> dict[str, BundledLook]:
    """All of them, by name."""
    listed = tomllib.loads((_photos() / "looks.toml").read_text(encoding="utf-8"))["look"]
    return {
        look["name"]: BundledLook(
            look["name"], look["text"], tuple(photo["file"] for photo in look["photo"])
        )
        for look in listed
    }


@functools.lru_cache(4)
def look_colors(name: str, settings: Settings, segmenter: Path | None) -> Look:
    """A bundled look of which only the colors are learned, kept in memory.

    Args:
      name: of the look.
      settings: size and device are used.
      segmenter: the path of its weights, if it is installed.

    Raises: DeviceError.
    """
    contents = [(_photos() / file).read_bytes() for file in bundled_looks()[name].photos]
    learned = Look.colors_of_photos(contents, settings=settings)
    return _named(learned, name)


def look_file(name: str, settings: Settings) -> Path:
    """The file of a bundled look, made if it is not in the user's cache.

    Args:
      name: of the look.
      settings: size, backbone and device are used.

    Raises: WeightsError or DeviceError; LookError, if the cache cannot be written.
    """
    look, network = bundled_looks()[name], LazyWeights(settings.backbone)
    contents = [(_photos() / file).read_bytes() for file in look.photos]
    made_from = [network.digest, _segmenter(), str(settings.long_side)]
    made_from += [hashlib.sha256(content).hexdigest() for content in contents]
    key = hashlib.sha256(" ".join(made_from).encode()).hexdigest()[:KEY_DIGITS]
    path = platformdirs.user_cache_path("jphoto") / "looks" / f"{name}-{key}{LOOK_SUFFIX}"
    if not path.exists():
        learned = Look.from_photos(contents, settings=settings)
        files.make_folder(path.parent)
        _named(learned, name).save(path, force=True)
    return path


def _named(learned: Look, name: str) -> Look:
    """A bundled look with the names of its photos, for any photo."""
    photos = (
        dataclasses.replace(photo, name=file)
        for photo, file in zip(learned.photos, bundled_looks()[name].photos, strict=True)
    )
    return dataclasses.replace(learned, photos=tuple(photos), general=True)


def _photos() -> Traversable:
    return resources.files("jphoto") / "looks" / "photos"


def _segmenter() -> str:
    """The digest of the segmenter's weights; empty if it is not installed."""
    path = weights.find("deeplab")
    return "" if path is None else file_digest(path, "sha256")
