"""The second reading of a clip: every frame mapped at full size and written."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jax import Array

from jphoto.errors import SavedElsewhereError
from jphoto.matting.bilateral_grid import Layout, apply_grid
from jphoto.solver.progress import Status
from jphoto.video import container
from jphoto.video.analysis import MotionFile
from jphoto.video.carrying import CarriedGrid, Key, carried_grids
from jphoto.video.container import Clip, ClipWriter, Frame
from jphoto.video.progress import WRITING, Watch
from jphoto.video.shots import Shot


class Written(NamedTuple):
    """A file of frames."""

    path: Path
    status: Status
    frames: int


def write_frames(
    writer: ClipWriter,
    clip: Clip,
    times: tuple[float | int | None, float | int | None],
    grids: Iterator[CarriedGrid],
    layout: Layout,
    count: int,
    watch: Watch,
) -> Written:
    """Map and write all frames.

    Args:
      writer: of the result.
      clip: that is read again.
      times: start and end, as of `read_frames`.
      grids: of the frames, in order.
      layout: of the grids.
      count: number of frames.
      watch: is told of each frame; if it stops the work, the frames so far are kept.
    """
    with writer:
        waiting: tuple[Frame, Array] | None = None
        written = 0
        for frame, carried in zip(container.read_frames(clip, *times), grids, strict=False):
            mapped = apply_grid(
                carried.grid, frame.rgb, carried.gain, carried.offset, cell=layout.cell
            )
            # The device maps this frame while the one before is encoded.
            if waiting is not None:
                writer.write(waiting[0], np.asarray(waiting[1]))
                written += 1
                if not watch(WRITING, written, count):
                    return Written(writer.keep_unfinished(), Status.STOPPED, written)
            waiting = frame, mapped
        if waiting is not None:
            writer.write(waiting[0], np.asarray(waiting[1]))
        try:
            writer.finish()
        except SavedElsewhereError as error:
            return Written(error.path, Status.FINISHED, written + 1)
    return Written(writer.path, Status.FINISHED, written + 1)


def grids_of(
    shots: Sequence[Shot], keys: Sequence[Sequence[Key]], store: MotionFile
) -> Iterator[CarriedGrid]:
    """The grids of all frames of a clip, in order.

    Args:
      shots: of the clip.
      keys: the solved key frames of each shot.
      store: has the motion of all frames.
    """
    for shot, solved in zip(shots, keys, strict=True):
        bounds: list[Key | None] = [None, *solved, None]
        for left, right in itertools.pairwise(bounds):
            first = shot.first if left is None else left.number
            end = shot.end if right is None else right.number
            if first < end:
                frames = store.read(first, end if right is None else end + 1)
                yield from carried_grids(frames, first, left, right)
