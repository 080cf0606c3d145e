"""Measures of a clip beside its source, frame by frame: steadiness, style and structure.

Clips are measured as they are, two frames in memory. Where motion is not given, it is found by
optical flow between frames of the source, reduced to `FLOW_SIDE`.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from jphoto import images, metrics, weights
from jphoto.errors import VideoError
from jphoto.evaluation import protocol
from jphoto.images import PictureSource
from jphoto.metrics import temporal
from jphoto.video import container

FLOW_SIDE = 384
"""Long side in pixels of the frames between which motion is found."""
MEASURED_FRAMES = 8
"""Frames, evenly spread, whose style and photorealism are measured."""

Frame = Float32[np.ndarray, "h w 3"]


class Motion(NamedTuple):
    """The motion from one frame to the frame before."""

    flow: Float32[np.ndarray, "h w 2"]
    valid: Bool[np.ndarray, "h w"]


class VideoMeasures(NamedTuple):
    """The measures of a clip."""

    frames: int
    warping: float
    """Mean warping error, in levels of 255."""
    source_warping: float
    """That of the source."""
    contrast: float
    """Mean `temporal.contrast_ratio`."""
    relative_warping: float
    """See `temporal.relative_error`; 1 if the clip is as steady as its source."""
    largest_change: float
    """Of a value from the first frame to any other, in levels of 255; for still scenes."""
    clipping: float
    """Share of values that are newly black or white."""
    pictures: dict[str, float]
    """Medians of the measures of `jphoto eval` over some frames, by key."""


def evaluate_video(
    source: Path,
    result: Path,
    *,
    motion: Path | None = None,
    style: PictureSource | None = None,
    watch: Callable[[int], None] | None = None,
) -> VideoMeasures:
    """Measure a clip.

    Args:
      source: the clip that it was made from.
      result: the clip.
      motion: an .npz file with `flow`, n x h x w x 2, and `valid`, n x h x w, from each frame to
        the one before; those of the first frame are not used. None finds the motion.
      style: the style photo, for style and color distance of whole frames.
      watch: called with the number of frames measured.

    Raises: VideoError, if the clips have other sizes or numbers of frames, or the motion does not
      fit; WeightsError, if AlexNet is not installed.
    """
    run = _Run(style, motion)
    pairs = _frames(source, result)
    total = _count(source)
    for number, (content, picture) in enumerate(pairs):
        run.add(number, content, picture, number % max(1, total // MEASURED_FRAMES) == 0)
        if watch is not None:
            watch(number + 1)
    return run.measures()


def _count(path: Path) -> int:
    return container.open_clip(path).frames or MEASURED_FRAMES


def _frames(source: Path, result: Path) -> Iterator[tuple[Frame, Frame]]:
    """The frames of both clips, in sRGB."""
    clips = [container.open_clip(path) for path in (source, result)]
    both = [container.read_frames(clip) for clip in clips]
    numbers = [0, 0]
    while True:
        frames = [next(frames, None) for frames in both]
        if frames[0] is None or frames[1] is None:
            break
        pictures = []
        for index, (clip, frame) in enumerate(zip(clips, frames, strict=True)):
            assert frame is not None
            numbers[index] += 1
            white = 255 if frame.rgb.dtype == np.uint8 else 65535
            unit = frame.rgb.astype(np.float32) / np.float32(white)
            pictures.append(container.to_srgb(unit, clip).clip(0, 1))
        if pictures[0].shape != pictures[1].shape:
            (h, w, _), (height, width, _) = pictures[0].shape, pictures[1].shape
            raise VideoError(f"{source} is {w} x {h} pixels and {result} {width} x {height}")
        yield pictures[0], pictures[1]
    if frames[0] is not None or frames[1] is not None:
        longer, shorter = (source, result) if frames[1] is None else (result, source)
        raise VideoError(f"{longer} has more frames than {shorter}, which has {max(numbers)}")


class _Run:
    """Sums over the frames of a clip."""

    def __init__(self, style: PictureSource | None, motion: Path | None) -> None:
        self._params = weights.load("alexnet").params
        self._style = None if style is None else images.read_picture(style, role="style")
        self._motion = None if motion is None else _read_motion(motion)
        self._before: tuple[Frame, Frame] | None = None
        self._first: Frame | None = None
        self._warping, self._clipping = list[tuple[float, float, float]](), list[float]()
        self._contrasts, self._change = list[float](), 0.0
        self._pictures = list[dict[str, float]]()

    def add(self, number: int, content: Frame, picture: Frame, measured: bool) -> None:
        """The next frame of the source and of the clip."""
        self._first = picture if self._first is None else self._first
        self._change = max(self._change, float(np.abs(picture - self._first).max()))
        self._clipping.append(temporal.new_clipping(picture, content))
        self._contrasts.append(temporal.contrast_ratio(picture, content))
        if self._before is not None:
            flow, valid = self._motion_at(number, content, self._before[0])
            error, source_error = (
                temporal.warping_error(frame, earlier, flow, valid)
                for frame, earlier in zip((picture, content), self._before[::-1], strict=True)
            )
            self._warping.append((error, source_error, error / self._contrasts[-1]))
        self._before = content, picture
        if measured:
            self._pictures.append(self._measured(content, picture))

    def _motion_at(self, number: int, frame: Frame, earlier: Frame) -> Motion:
        if self._motion is None:
            return find_motion(frame, earlier)
        flow, valid = self._motion
        if len(flow) <= number or flow.shape[1:3] != frame.shape[:2]:
            raise VideoError(
                f"the motion is for {len(flow)} frames of {flow.shape[2]} x {flow.shape[1]} "
                f"pixels, which is not what the clip has"
            )
        return Motion(flow[number].astype(np.float32), valid[number])

    def _measured(self, content: Frame, picture: Frame) -> dict[str, float]:
        size = images.working_size(content.shape[:2], protocol.LONG_SIDE)
        content, picture = images.resize(content, size), images.resize(picture, size)
        found = protocol.measure_against_content(self._params, picture, content)
        if self._style is not None:
            own = images.working_size(self._style.shape[:2], protocol.LONG_SIDE)
            style = images.resize(self._style, own)
            whole = np.ones((1, *size), np.float32), np.ones((1, *own), np.float32)
            found["style_distance"] = metrics.style_distance(self._params, picture, style, *whole)
            found["color_distance"] = metrics.color_distance(picture, style, *whole)
        return found

    def measures(self) -> VideoMeasures:
        """Means and medians over all frames."""
        if not self._contrasts:
            raise VideoError("the clips have no frames")
        known = [errors for errors in self._warping if not math.isnan(errors[0])]
        none = (math.nan, math.nan, math.nan)
        error, source_error, even = map(float, np.mean(known, axis=0)) if known else none
        return VideoMeasures(
            frames=len(self._contrasts),
            warping=error,
            source_warping=source_error,
            contrast=float(np.mean(self._contrasts)),
            relative_warping=temporal.relative_error(even, source_error),
            largest_change=temporal.LEVELS * self._change,
            clipping=float(np.mean(self._clipping)),
            pictures={
                key: float(np.median([one[key] for one in self._pictures]))
                for key in self._pictures[0]
            },
        )


def find_motion(frame: Frame, earlier: Frame) -> Motion:
    """The motion between two frames of a source, by optical flow."""
    size = images.working_size(frame.shape[:2], FLOW_SIDE)
    gray = [images.resize(one, size).mean(-1) for one in (frame, earlier)]
    flow = temporal.optical_flow(gray[0], gray[1])
    back = temporal.optical_flow(gray[1], gray[0])
    valid = temporal.agreeing(flow, back).astype(np.float32)
    scale = frame.shape[1] / size[1]
    wide = images.resize(
        np.concatenate([flow, valid[..., None]], axis=-1), frame.shape[:2], clip=False
    )
    return Motion(wide[..., :2] * np.float32(scale), wide[..., 2] > 0.99)


def _read_motion(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(path) as arrays:
            found: dict[str, Any] = {name: arrays[name] for name in ("flow", "valid")}
    except (OSError, ValueError, KeyError) as cause:
        raise VideoError(
            f"motion: {path} cannot be read: {cause}; it must be an .npz file with flow and valid"
        ) from cause
    return found["flow"], found["valid"]
