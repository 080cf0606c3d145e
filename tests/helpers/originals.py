"""Originals, and small files with metadata to read them from."""

import struct
from pathlib import Path

import numpy as np
import pytest

from jphoto.images import Original, read_original
from jphoto.images.color.own_profiles import srgb_profile
from jphoto.images.encoders import QuantizedPicture, write_png
from jphoto.metadata import Metadata

DEEP = np.random.default_rng(1).integers(0, 65536, (6, 9, 4)).astype(np.uint16)
"""Random levels of 16 bits: red, green, blue and opacity."""
DEEP_VALUES = DEEP.astype(np.float32) / np.float32(65535)

EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x06\0\0\0\x1a\0\0\0\0\0\0\0Maker\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
RECORDS = b"\x1c\x02\x78\0\x05words"
RESOURCES = b"Photoshop 3.0\0" + struct.pack(">4sHxxI", b"8BIM", 0x0404, 10) + RECORDS
NOTHING, FULL = Metadata(), Metadata(EXIF, XMP, RECORDS)


def original(source: object) -> Original:
    return read_original(source, role="content")


def an_original(
    *,
    alpha: np.ndarray | None = None,
    depth: int = 8,
    profile: bytes | None = None,
) -> Original:
    """An original for `save_like`, which uses all but its picture."""
    picture = np.zeros((*(alpha.shape if alpha is not None else (1, 1)), 3), np.float32)
    return Original(picture, alpha, False, depth, profile, Metadata())


def colors(height: int = 6, width: int = 9) -> np.ndarray:
    return np.random.default_rng(2).random((height, width, 3), np.float32)


def png(path: Path, levels: np.ndarray, profile: bytes = srgb_profile(), **metadata: bytes) -> Path:
    """A PNG of 8 or 16 bits; the tests of encoders compare this writer with other readers."""
    with path.open("wb") as file:
        depth = 8 * levels.itemsize
        picture = QuantizedPicture([levels], levels.shape, depth, profile, Metadata(**metadata))
        write_png(file, picture)
    return path


def tiff(path: Path, levels: np.ndarray, **options: object) -> Path:
    tifffile = pytest.importorskip("tifffile")
    options = {"photometric": "rgb" if levels.shape[2:] > (2,) else "minisblack"} | options
    tifffile.imwrite(path, levels, **options)
    return path


def heic(path: Path, levels: np.ndarray, *, twelve: bool = False, **info: object) -> Path:
    """HEIC without loss; of 10 or 12 bits if the levels have 16."""
    pillow_heif = pytest.importorskip("pillow_heif")
    height, width, channels = levels.shape
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels] + (";16" if levels.itemsize == 2 else "")
    file = pillow_heif.from_bytes(mode, (width, height), levels.tobytes())
    file.info.update(info)
    before = pillow_heif.options.SAVE_HDR_TO_12_BIT
    pillow_heif.options.SAVE_HDR_TO_12_BIT = twelve
    try:
        file.save(path, quality=-1, chroma=444, matrix_coefficients=0)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = before
    return path


def upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    return {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.swapaxes(0, 1),
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).swapaxes(0, 1),
        8: np.rot90(stored),
    }[orientation]
