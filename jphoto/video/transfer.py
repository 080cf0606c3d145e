"""One clip: a file in, a file out, with the look of a photo or of a `Look`."""

import dataclasses
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

import jphoto
from jphoto import images
from jphoto.errors import SettingsError
from jphoto.label import Label
from jphoto.looks import Look
from jphoto.looks.styles import Style, StyleSource, style_of
from jphoto.matting.bilateral_grid import fit_grid, layout_of
from jphoto.pipeline.digests import digests_of
from jphoto.pipeline.reading import read_style
from jphoto.settings import Settings
from jphoto.solver.progress import Progress, Status
from jphoto.video import container
from jphoto.video.analysis import Analysis, MotionFile, analyze
from jphoto.video.carrying import Key, link_between, reconciled
from jphoto.video.container import Clip
from jphoto.video.container.reading import check_range
from jphoto.video.key_frames import (
    SolvedTiles,
    VideoStyle,
    groups,
    kept_folder,
    reduced,
    solve_tiles,
)
from jphoto.video.progress import READING, SOLVING, VideoProgress, Watch
from jphoto.video.rendering import grids_of, write_frames
from jphoto.video.shots import Shot
from jphoto.weights.digests import file_digest

OF_PHOTOS = "out_size", "depth", "gray"
"""Settings of photos that clips do not have: a clip keeps its size and its depth."""


class KeyFrame(NamedTuple):
    """A key frame and its result."""

    seconds: Fraction
    """From the beginning of the clip."""
    content: UInt8[np.ndarray, "h w 3"]
    """In the clip's own colors, reduced."""
    picture: UInt16[np.ndarray, "h w 3"]
    """The same frame with the new look."""


@dataclasses.dataclass(frozen=True)
class VideoResult:
    """A finished clip."""

    path: Path
    """Of its file; another one than was asked for, if it was stopped or the name was taken."""
    status: Status
    """FINISHED, or STOPPED: then the file holds the frames until there."""
    frames: int
    """In the file."""
    shots: int
    key_frames: tuple[KeyFrame, ...]
    label: Label
    notes: tuple[str, ...]
    """What was lost or is unusual, a line each, for people."""
    seconds: dict[str, float]
    """Time spent by part: read, solve, write, total."""


def transfer_video(
    clip: str | os.PathLike[str],
    style: StyleSource | Sequence[StyleSource],
    out: str | os.PathLike[str],
    *,
    start: float | int | None = None,
    end: float | int | None = None,
    codec: str | None = None,
    crf: int | None = None,
    style_weights: Sequence[float | int] | None = None,
    style_for: Mapping[str, StyleSource] | None = None,
    settings: Settings | None = None,
    force: bool = False,
    progress: Callable[[VideoProgress], bool | None] | None = None,
) -> VideoResult:
    """Give a clip the look of a photo, steady in time, and keep its times, audio and colors.

    Key frames are solved; their local affine maps are carried to all other frames at full size.
    Needs the extra `jphoto[video]`.

    Args:
      clip: the path of a video file.
      style: as of `jphoto.transfer`; regions are found.
      out: the path of the result, whose suffix decides the container.
      start: seconds from the beginning of the clip; by default its first frame.
      end: seconds from the beginning of the clip; by default after its last frame.
      codec: "h264", "hevc", "av1", "vp9", "prores" or "ffv1"; by default that of the suffix.
      crf: quality of the encoder, lower is better; by default a high one.
      style_weights: as of `jphoto.transfer`.
      style_for: as of `jphoto.transfer`.
      settings: as of `jphoto.transfer`; size is the long side of a key frame; several
        that are solved at once are smaller.
      force: whether an older file may be replaced.
      progress: called after each frame and each step; returning False stops. While frames are
        written, those written so far are kept in a file named STEM-unfinished.

    Raises: a `JphotoError`, by cause: VideoError for files, SettingsError, or as of
      `jphoto.transfer`; StoppedError, if it was stopped before frames were written.
    Source: Luan et al. 2017, for key frames; Chen et al. 2016 and Bonneel et al. 2013, for the
      frames between.
    """
    source, chosen = open_checked(clip, (start, end), settings)
    target = Path(out)
    container.check_codec(target, source, codec, crf)
    container.check_output(target, source, force=force)
    given = style_of(style, None, style_weights, style_for, chosen)

    def writer(label: Label) -> container.ClipWriter:
        return container.ClipWriter(
            target, source, codec=codec, crf=crf, start=start, end=end, force=force,
            label=label.to_json() if chosen.label else None,
            strip_location=chosen.strip_location,
        )  # fmt: skip

    run = Run(source, (start, end), given, Watch(progress))
    with MotionFile(run.layout) as store:
        return run.result(store, writer)


def open_checked(
    clip: str | os.PathLike[str],
    times: tuple[float | int | None, float | int | None],
    settings: Settings | None,
) -> tuple[Clip, Settings]:
    """Open a clip; check the settings, and the part of it that is wanted.

    Args: as of `transfer_video`; times are its start and end.

    Returns: the clip and its settings.
    Raises: VideoError, for the file and the part; SettingsError, for settings that clips lack.
    """
    chosen, default = settings or Settings(), Settings()
    changed = [name for name in OF_PHOTOS if getattr(chosen, name) != getattr(default, name)]
    if changed:
        raise SettingsError(f"{', '.join(changed)}: only for photos; a clip keeps size and depth")
    source = container.open_clip(Path(clip))
    check_range(source, *times)
    return source, chosen


class Run:
    """One call of `transfer_video`: what its parts share."""

    def __init__(
        self,
        clip: Clip,
        times: tuple[float | int | None, float | int | None],
        style: Style,
        watch: Watch,
    ) -> None:
        self.clip, self.times, self.watch = clip, times, watch
        size = (clip.height, clip.width)
        self.tile = images.working_size(size, style.settings.long_side)
        self.style, self.digests = _held(style)
        self.layout = layout_of(size)
        self.seconds: dict[int, Fraction] = {}
        self.kept = kept_folder()

    def result(
        self, store: MotionFile, writer: Callable[[Label], container.ClipWriter]
    ) -> VideoResult:
        """Make the clip."""
        times = [time.perf_counter()]
        found = self.analyze(store)
        times.append(time.perf_counter())
        keys, key_frames, label = self.solve(found, store)
        times.append(time.perf_counter())
        grids = grids_of(found.shots, keys, store)
        writing = writer(label)
        written = write_frames(
            writing, self.clip, self.times, grids, self.layout, found.frames, self.watch
        )
        times.append(time.perf_counter())
        parts = zip(("read", "solve", "write"), itertools.pairwise(times), strict=True)
        seconds = {part: end - begin for part, (begin, end) in parts}
        seconds["total"] = times[-1] - times[0]
        notes = (*self.clip.notes, *writing.output.notes)
        return VideoResult(*written, len(found.shots), tuple(key_frames), label, notes, seconds)

    def analyze(self, store: MotionFile) -> Analysis:
        """Read all frames, reduced."""
        expected = self._expected_frames()

        def frames() -> Iterator[UInt8[np.ndarray, "h w 3"]]:
            for frame in container.read_frames(self.clip, *self.times, size=self.tile):
                self.seconds[frame.index] = frame.seconds
                yield frame.rgb

        def watch(count: int) -> None:
            self.watch.check(READING, count, max(expected, count) if expected else 0)

        return analyze(frames(), self.layout, store, watch)

    def solve(
        self, found: Analysis, store: MotionFile
    ) -> tuple[list[list[Key]], list[KeyFrame], Label]:
        """Solve the key frames of all shots."""
        total = sum(len(group) for shot in found.shots for group in groups(shot.keys))
        keys, key_frames, labels, done = list[list[Key]](), list[KeyFrame](), list[Label](), 0
        for shot in found.shots:
            frames: dict[int, KeyFrame] = {}
            for group in groups(shot.keys):
                solved = self._solved([found.pictures[key] for key in group], done, total)
                done += len(group)
                labels.append(solved.label)
                for key, tile in zip(group, solved.tiles, strict=True):
                    content = reduced(found.pictures[key], max(tile.shape))
                    frames[key] = KeyFrame(self.seconds[key], content, self._levels(tile))
            keys.append(self._keys(shot, frames, store))
            key_frames += frames.values()
        inputs = {"content": file_digest(self.clip.path, "sha256"), **self.digests}
        settings = dataclasses.replace(labels[0].settings, size=max(self.tile))
        return keys, key_frames, dataclasses.replace(labels[0], inputs=inputs, settings=settings)

    def _solved(self, pictures: list[np.ndarray], done: int, total: int) -> SolvedTiles:
        """Key frames of a group, solved; those after the first group by its kind of regions."""

        def watch(progress: Progress) -> bool:
            return self.watch(SOLVING, done + progress.share * len(pictures), total)

        tiles = [self._srgb(picture) for picture in pictures]
        solved = solve_tiles(tiles, self.style, self.kept, watch)
        self.style = self.style.with_regions(solved.label.settings.regions)
        self.watch.check(SOLVING, done + len(pictures), total)
        return solved

    def _keys(self, shot: Shot, frames: Mapping[int, KeyFrame], store: MotionFile) -> list[Key]:
        """The maps of a shot's key frames, from their results."""
        grids = [
            fit_grid(
                container.unit(frames[key].content),
                container.unit(frames[key].picture),
                self.layout,
            )
            for key in shot.keys
        ]
        links = [
            link_between(store.read(left, right + 1))
            for left, right in itertools.pairwise(shot.keys)
        ]
        return [
            Key(key, grid, store.read(key, key + 1)[0])
            for key, grid in zip(shot.keys, reconciled(grids, links), strict=True)
        ]

    def _srgb(self, levels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """A picture in the clip's own colors, in sRGB."""
        picture = container.to_srgb(container.unit(levels), self.clip).clip(0, 1)
        srgb: np.ndarray = np.rint(255 * picture).astype(np.uint8)
        return srgb

    def _levels(self, picture: Float32[np.ndarray, "h w 3"]) -> UInt16[np.ndarray, "h w 3"]:
        """A picture in sRGB, in the clip's own colors."""
        own = container.from_srgb(picture, self.clip).clip(0, 1)
        levels: np.ndarray = np.rint(65535 * own).astype(np.uint16)
        return levels

    def _expected_frames(self) -> int:
        """About how many frames will be read; 0 if the file does not say."""
        start, end = (self.times[0] or 0.0), self.times[1]
        last = float(self.clip.seconds) if end is None else min(end, float(self.clip.seconds))
        return round((last - start) * float(self.clip.rate)) if self.clip.seconds else 0


def _held(style: Style) -> tuple[VideoStyle, dict[str, str]]:
    """The style, read once for all key frames, and digests by role."""
    source = style.source if isinstance(style.source, Look) else images.held(style.source, "style")
    digests = digests_of({"style": source})
    known = json.dumps([jphoto.__version__, digests, style.settings.to_json()])
    return VideoStyle(read_style(source), style.settings, known), digests
