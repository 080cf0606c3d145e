"""The file of a look: safetensors, a format of numbers and text that cannot hold code.

Gram matrices of features after a ReLU are symmetric and not negative. What is kept of one are the
correlations above its diagonal, in 16 bits, and the root of its diagonal. The metadata beside the
numbers is text that anyone can read: what made the look, and its photos by name and digest. A
sha256 over the numbers finds damage.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from jphoto.errors import LookError
from jphoto.looks.statistics import LAYERS, SIZES, WHOLE, ColorSamples, Statistics

FAMILY, VERSION = "jphoto-look", 1
"""Name and version of the format, in the metadata of each file."""
MOST_BYTES = 2**30
"""Of a file: a look of all kinds has 20 MB."""
COLORS, THUMBNAIL = "colors.", "thumbnail."
GRAM, ROOTS = ".gram", ".gram-roots"
MOST_LEVEL = 2**16 - 1
"""Of a correlation of 1."""


class Archive(NamedTuple):
    """What a file holds."""

    statistics: Statistics
    record: dict[str, Any]
    """What the look says of itself, as values of JSON."""
    thumbnails: dict[str, np.ndarray]
    """Small pictures by the names of their photos, h x w x 3 of uint8; mostly none."""


def to_bytes(archive: Archive) -> bytes:
    """The content of a file."""
    tensors = _tensors(archive.statistics)
    tensors |= {f"{THUMBNAIL}{name}": picture for name, picture in archive.thumbnails.items()}
    metadata = {
        "format": f"{FAMILY}-{VERSION}",
        "kinds": json.dumps(archive.statistics.kinds),
        "look": json.dumps(archive.record),
        "sha256": _digest(tensors),
    }
    content: bytes = safetensors.numpy.save(tensors, metadata)
    return content


def digest(statistics: Statistics) -> str:
    """A sha256 over the kinds and numbers as a file has them."""
    kinds = hashlib.sha256(json.dumps(statistics.kinds).encode())
    kinds.update(_digest(_tensors(statistics)).encode())
    return kinds.hexdigest()


def read(path: Path) -> Archive:
    """The content of a file, with every byte of its numbers checked.

    Raises: LookError, if it is no look, was made by a newer jphoto, or is damaged.
    """
    metadata, tensors = _read(path)
    kind, _, version = metadata.get("format", "").rpartition("-")
    if kind != FAMILY:
        raise LookError(f"{path} is not a look of jphoto; `jphoto look make` makes one from photos")
    if version != str(VERSION):
        raise LookError(
            f"{path} has version {version} of the format of looks, and this jphoto reads version "
            f"{VERSION}; upgrade jphoto, or make the look again"
        )
    if metadata.get("sha256") != _digest(tensors):
        raise LookError(f"{path} is damaged: its numbers have changed; make or copy it again")
    try:
        return _unpacked(metadata, tensors)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise LookError(f"{path} is damaged: {error}; make or copy it again") from None


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LookError(f"{path} is not a look of jphoto: it is larger than any look")
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "its beginning is not that of a look"
        raise LookError(f"{path} is damaged or not a look of jphoto: {reason}") from None


def _unpacked(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Archive:
    kinds = tuple(json.loads(metadata["kinds"]))
    colors = ColorSamples(**{name: tensors[COLORS + name] for name in ColorSamples._fields})
    averages = {}
    for size, layers in LAYERS.items():
        averages[f"{size}.details"] = tensors[f"{size}.details"]
        for layer in layers:
            averages[f"{size}.{layer}.mean"] = tensors[f"{size}.{layer}.mean"]
            name = f"{size}.{layer}{GRAM}"
            averages[name] = _unpacked_grams(tensors[name], tensors[f"{size}.{layer}{ROOTS}"])
    statistics = Statistics(kinds, averages, colors)
    _check(statistics)
    pictures = {
        name.removeprefix(THUMBNAIL): array
        for name, array in tensors.items()
        if name.startswith(THUMBNAIL)
    }
    if any(array.dtype != np.uint8 or array.shape[2:] != (3,) for array in pictures.values()):
        raise ValueError("its thumbnails are no pictures")
    return Archive(statistics, json.loads(metadata["look"]), pictures)


def _check(look: Statistics) -> None:
    """Raises: ValueError, if parts of a look do not fit each other, or have senseless numbers."""
    kinds, averages, colors = look
    if not all(isinstance(kind, str) for kind in kinds) or len({*kinds}) < len(kinds):
        raise ValueError("its kinds have no names of their own")
    shape = len(colors.weights), len(kinds)
    expected = [shape] * 3 + [(*shape, len(SIZES), 3), (*shape, len(SIZES), 3, 3)]
    if [array.shape for array in colors] != expected or kinds[-1] != WHOLE:
        raise ValueError("its colors and kinds do not fit each other")
    if any(len(array) != len(kinds) for array in averages.values()):
        raise ValueError("its averages and kinds do not fit each other")
    if not all(np.isfinite(array).all() for array in (*colors, *averages.values())):
        raise ValueError("some of its numbers are not finite")
    if not (colors.weights >= 0).all() or not (look.weights > 0).all():
        raise ValueError("its weights are not positive")


def _tensors(statistics: Statistics) -> dict[str, np.ndarray]:
    tensors = {COLORS + name: array for name, array in statistics.colors._asdict().items()}
    for name, array in statistics.averages.items():
        tensors |= _packed(name, array) if name.endswith(GRAM) else {name: array}
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def _packed(name: str, grams: np.ndarray) -> dict[str, np.ndarray]:
    """The correlations of channels, in 16 bits, and the root of each channel's mean square."""
    roots = np.sqrt(np.diagonal(grams, axis1=1, axis2=2))
    rows, columns = np.triu_indices(grams.shape[-1], 1)
    products = np.maximum(roots[:, rows] * roots[:, columns], np.finfo(np.float32).tiny)
    correlations = np.clip(grams[:, rows, columns] / products, 0, 1)
    packed = np.rint(MOST_LEVEL * correlations).astype(np.uint16)
    return {name: packed, name.replace(GRAM, ROOTS): roots}


def _unpacked_grams(packed: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """The matrices of `_packed`."""
    rows, columns = np.triu_indices(roots.shape[1], 1)
    grams = np.zeros((*roots.shape, roots.shape[1]), np.float32)
    found = packed.astype(np.float32) / np.float32(MOST_LEVEL)
    grams[:, rows, columns] = found * roots[:, rows] * roots[:, columns]
    grams += np.swapaxes(grams, 1, 2)
    diagonal = np.arange(roots.shape[1])
    grams[:, diagonal, diagonal] = roots**2
    return grams


def _digest(tensors: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(tensors.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
