"""The first reading of a clip: its shots, its key frames, and the motion of all frames on disk."""

import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8

from jphoto.errors import VideoError
from jphoto.matting.bilateral_grid import Layout
from jphoto.video.motion import FrameMotion, motions
from jphoto.video.shots import Shot, ShotFinder


class Analysis(NamedTuple):
    """What is known of a clip after its first reading."""

    frames: int
    shots: list[Shot]
    pictures: dict[int, UInt8[np.ndarray, "h w 3"]]
    """The key frames, reduced, by number."""


class MotionFile:
    """The motion of all frames of a clip, in a temporary file: 15 kB for each frame."""

    def __init__(self, layout: Layout) -> None:
        rows, columns = layout.nodes
        self._record = np.dtype(
            [
                ("colors", "f2", (rows, columns, 3)),
                ("to_previous", "f2", (rows, columns, 2)),
                ("from_previous", "f2", (rows, columns, 2)),
            ]
        )
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object

    def append(self, motion: FrameMotion) -> FrameMotion:
        """Write the motion of the next frame.

        Returns: it, rounded as `read` will find it.
        """
        record = np.zeros((), self._record)
        for name, values in motion._asdict().items():
            record[name] = values
        try:
            self._file.write(record.tobytes())
        except OSError as cause:
            raise VideoError(
                f"the folder for temporary files ({tempfile.gettempdir()}) cannot be written: "
                f"{cause.strerror}; free some space, or set TMPDIR to another folder"
            ) from cause
        return _motion(record)

    def read(self, first: int, end: int) -> list[FrameMotion]:
        """The motion of frames `first` to `end` - 1."""
        self._file.flush()
        self._file.seek(first * self._record.itemsize)
        data = self._file.read((end - first) * self._record.itemsize)
        return [_motion(record) for record in np.frombuffer(data, self._record)]

    def __enter__(self) -> "MotionFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def _motion(record: np.ndarray | np.void) -> FrameMotion:
    fields: dict[str, Float32[np.ndarray, "gy gx _"]] = {
        name: record[name].astype(np.float32) for name in FrameMotion._fields
    }
    return FrameMotion(**fields)


def analyze(
    frames: Iterator[UInt8[np.ndarray, "h w 3"]],
    layout: Layout,
    store: MotionFile,
    watch: Callable[[int], None],
) -> Analysis:
    """Read all frames once.

    Args:
      frames: of the clip, reduced to the size at which key frames are solved.
      layout: of the grids over full-size frames.
      store: gets the motion of each frame.
      watch: called with the number of frames read so far; may raise an error to stop.

    Raises: VideoError, if there are no frames.
    """
    finder, shots = ShotFinder(), list[Shot]()
    candidates: dict[int, UInt8[np.ndarray, "h w 3"]] = {}
    pictures: dict[int, UInt8[np.ndarray, "h w 3"]] = {}
    count = 0

    def found(shot: Shot | None, keys: tuple[int, ...]) -> None:
        pictures.update({key: candidates[key] for key in keys})
        if shot is not None:
            shots.append(shot)
            for key in range(shot.first, shot.end):
                if key in pictures and key not in shot.keys:
                    del pictures[key]

    def passing() -> Iterator[UInt8[np.ndarray, "h w 3"]]:
        for number, frame in enumerate(frames):
            candidates[number] = frame
            candidates.pop(number - 2, None)
            yield frame

    for motion in motions(passing(), layout):
        found(*finder.add(store.append(motion)))
        count += 1
        watch(count)
    found(*finder.end())
    if not count:
        raise VideoError("the clip has no frames in the time chosen")
    return Analysis(count, shots, pictures)
