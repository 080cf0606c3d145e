"""The key frames of a shot, solved together as one picture, so that all get the same look.

Tiles of several key frames make one content photo. Regions are found in all of them at once and
have the same names in all; one set of targets, one set of color statistics and one descent serve
them. Of a long shot, groups of tiles are solved one after another, and consecutive groups share a
key frame. What is solved is kept in files, by digest, for another run.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import math
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import platformdirs
from jaxtyping import Float32, Num, UInt8

from jphoto import files, images
from jphoto.arrays.tiles import join_tiles, split_tiles
from jphoto.errors import JphotoError, StoppedError
from jphoto.label import Label
from jphoto.looks import Look
from jphoto.pipeline.transfer import Result, transfer
from jphoto.settings import Settings
from jphoto.solver.progress import Progress, Status

MOST_TILES = 4
"""Key frames that are solved at once."""
SHEET_SHARE = 1.6
"""Pixels of all key frames that are solved at once, in those of one at the working size: several
are smaller, so that they take little more time and memory than one photo."""
MARGIN = 16
"""Pixels around each of several tiles."""
KEPT_DAYS = 30
"""How long solved key frames are kept after their last use."""

Tile = Float32[np.ndarray, "h w 3"]


class VideoStyle(NamedTuple):
    """The style of a clip, as each solve takes it."""

    style: Float32[np.ndarray, "hs ws 3"] | Look
    settings: Settings
    """Their size is not used: a tile has the size it has."""
    digest: str
    """Of style and all settings but the method of regions."""

    def reduced(self, side: int) -> Float32[np.ndarray, "h w 3"] | Look:
        """The style at the size of the key frames, so that texture keeps its scale."""
        if isinstance(self.style, Look):
            return self.style
        return images.resize(self.style, images.working_size(self.style.shape[:2], side))

    def with_regions(self, method: Any) -> "VideoStyle":
        """The same with regions found by one method, which the first key frames have chosen."""
        return self._replace(settings=dataclasses.replace(self.settings, regions=method))


class Sheet(NamedTuple):
    """Several tiles as one picture, row by row, with mirrored margins between them.

    A descent treats the seam between two tiles as an edge of the photo, and spoils the colors
    beside it.
    """

    rows: int
    columns: int

    def joined(self, tiles: Sequence[Num[np.ndarray, "h w 3"]]) -> Num[np.ndarray, "_ _ 3"]:
        """One picture of all tiles."""
        margin = self._margin
        wide = [
            np.pad(tile, ((margin, margin), (margin, margin), (0, 0)), "symmetric")
            for tile in tiles
        ]
        return join_tiles(wide, (self.rows, self.columns))

    def split(self, picture: Float32[np.ndarray, "_ _ 3"]) -> list[Tile]:
        """The tiles of one picture."""
        inner = slice(self._margin, -self._margin or None)
        return [tile[inner, inner] for tile in split_tiles(picture, (self.rows, self.columns))]

    @property
    def _margin(self) -> int:
        return MARGIN if self.rows * self.columns > 1 else 0


class SolvedTiles(NamedTuple):
    """The results of a few key frames."""

    tiles: list[Tile]
    """sRGB in [0, 1]."""
    label: Label
    """How they were made; its inputs are those of the solve."""


def sheet_for(count: int, landscape: bool) -> Sheet:
    """How so many tiles, at most `MOST_TILES`, are arranged to be about as wide as high."""
    if count == MOST_TILES:
        return Sheet(2, 2)
    return Sheet(count, 1) if landscape else Sheet(1, count)


def groups(keys: Sequence[int]) -> list[list[int]]:
    """Key frames of a shot in groups of about the same size; each begins with the last of the
    group before.
    """
    count = max(1, -(-(len(keys) - 1) // (MOST_TILES - 1)))
    ends = [round(number * (len(keys) - 1) / count) for number in range(count + 1)]
    return [list(keys[first : last + 1]) for first, last in itertools.pairwise(ends)]


def solve_tiles(
    tiles: Sequence[UInt8[np.ndarray, "h w 3"]],
    style: VideoStyle,
    folder: Path,
    progress: Callable[[Progress], bool | None],
) -> SolvedTiles:
    """Solve a few key frames together, unless a file has their result.

    Args:
      tiles: at most `MOST_TILES` key frames, sRGB, at working size.
      style: for all of them; a photo at its own size.
      folder: of kept results.
      progress: as of `transfer`.

    Returns: as large as they were solved, see `SHEET_SHARE`.
    Raises: a `JphotoError`, as `transfer`; StoppedError, if `progress` returned False.
    """
    height, width, _ = tiles[0].shape
    sheet = sheet_for(len(tiles), width >= height)
    side = round(max(height, width) * min(1, math.sqrt(SHEET_SHARE / len(tiles))))
    content = sheet.joined([reduced(tile, side) for tile in tiles])
    known = hashlib.sha256(content.tobytes() + repr(content.shape).encode())
    known.update(f"{style.digest} {style.settings.regions}".encode())
    path = folder / f"{known.hexdigest()}.npz"
    solved = _kept(path)
    if solved is None:
        settings = dataclasses.replace(style.settings, size=max(content.shape[:2]))
        result = transfer(
            content, style.reduced(side), settings=settings, progress=progress,
            content_tiles=(sheet.rows, sheet.columns),
        )  # fmt: skip
        if result.status is Status.STOPPED:
            raise StoppedError("stopped before the key frames were solved; nothing was written")
        solved = _keep(path, result)
    picture, label = solved
    return SolvedTiles(sheet.split(picture.astype(np.float32) / 65535), label)


def reduced(tile: UInt8[np.ndarray, "h w 3"], side: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """A key frame with a long side of at most so many pixels."""
    size = images.working_size(tile.shape[:2], side)
    if size == tile.shape[:2]:
        return tile
    picture: np.ndarray = images.resize(tile.astype(np.float32) / 255, size)
    levels: np.ndarray = np.rint(255 * picture).astype(np.uint8)
    return levels


def kept_folder() -> Path:
    """The folder for solved key frames, in the user's cache. Those long unused are deleted."""
    folder = platformdirs.user_cache_path("jphoto") / "key-frames"
    files.make_folder(folder)
    for path in folder.glob("*.npz"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT_DAYS * 86400:
                path.unlink()
    return folder


def _kept(path: Path) -> tuple[np.ndarray, Label] | None:
    """A kept result; None if there is none, or a damaged one."""
    damaged = EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, JphotoError
    with contextlib.suppress(OSError, *damaged), path.open("rb") as file:
        arrays = np.load(file)
        kept = arrays["picture"], Label.from_json(str(arrays["label"]))
        path.touch()
        return kept
    return None


def _keep(path: Path, result: Result) -> tuple[np.ndarray, Label]:
    """Keep a result in a file, if the disk has room, and return it as `_kept` will."""
    picture = np.rint(65535 * result.solved).astype(np.uint16)
    with contextlib.suppress(OSError), files.replacing(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, picture=picture, label=np.array(result.label.to_json()))
    return picture, result.label
