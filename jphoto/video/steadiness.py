"""How steady a clip is beside its source: sums over frames that are seen one after another.

Of each clip, three frames are in memory: the current one, the one before, and one of up to
`LONG_STEP` before. Where motion is not given, it is found by optical flow between frames of the
source, reduced to `FLOW_SIDE`.
"""

import math
import zipfile
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float32

from jphoto import images
from jphoto.errors import VideoError
from jphoto.metrics import flicker, temporal

FLOW_SIDE = 384
"""Long side in pixels of the frames between which motion is found."""
LONG_STEP = Fraction(1)
"""Seconds over which drift is measured; from one frame to the next it is too small to be seen."""
LEAST_SEEN = 0.05
"""Share of a frame that has to be seen in the one before; less is chance, after a cut."""

Frame: TypeAlias = Float32[np.ndarray, "h w 3"]


class Motion(NamedTuple):
    """The motion from one frame to an earlier one."""

    flow: Float32[np.ndarray, "h w 2"]
    valid: Bool[np.ndarray, "h w"]


KnownMotion: TypeAlias = Callable[[int, Frame, Frame], Motion]
"""For the number of a frame, that frame of the source and the one before: their motion."""


class Frames(NamedTuple):
    """Of both clips, at one time."""

    source: Frame
    picture: Frame


class Steadiness(NamedTuple):
    """The measures of steadiness of a clip."""

    warping: float
    """Mean warping error, in levels of 255."""
    source_warping: float
    """That of the source."""
    contrast: float
    """Mean `temporal.contrast_ratio`."""
    relative_warping: float
    """See `temporal.relative_error`; 1 if the clip is as steady as its source."""
    flicker: float
    """`flicker.flicker` from one frame to the next, in levels of 255."""
    drift: float
    """`flicker.flicker` over `LONG_STEP`, in levels of 255."""
    color_drift: float
    """Largest `flicker.color_drift` from the first frame, in levels of 255; for still scenes."""
    largest_change: float
    """Of a value from the first frame to any other, in levels of 255; for still scenes."""
    mean_change: float
    """Mean over values and frames of the change from the first frame, in levels of 255."""


class SteadinessSums:
    """Sums over the frames of a clip."""

    def __init__(self, motion: KnownMotion) -> None:
        self._motion = motion
        self._number = 0
        self._before: Frames | None = None
        self._errors = list[tuple[float, float, float]]()
        self._contrasts = list[float]()
        self._flicker: flicker.Moments = np.zeros((flicker.MOMENTS, flicker.MOMENTS))
        self._long = _LongSteps()
        self._still = _FromTheFirst()

    def add(self, seconds: Fraction, source: Frame, picture: Frame) -> None:
        """The next frame of the source and of the clip, and its time."""
        now = Frames(source, picture)
        contrast = temporal.contrast_ratio(picture, source)
        self._contrasts.append(contrast)
        self._still.add(now)
        if self._before is None:
            self._long.start(seconds, now)
        else:
            motion = self._motion(self._number, source, self._before.source)
            if motion.valid.mean() < LEAST_SEEN:
                motion = motion._replace(valid=np.zeros_like(motion.valid))
            error, source_error, moments = compared(now, self._before, motion)
            self._errors.append((error, source_error, error / contrast))
            self._flicker += moments
            self._long.add(seconds, now, self._before, motion)
        self._before = now
        self._number += 1

    def measures(self) -> Steadiness:
        """Means over all frames."""
        assert self._before is not None
        known = [errors for errors in self._errors if not math.isnan(errors[0])]
        none = (math.nan, math.nan, math.nan)
        error, source_error, even = map(float, np.mean(known, axis=0)) if known else none
        return Steadiness(
            warping=error,
            source_warping=source_error,
            contrast=float(np.mean(self._contrasts)),
            relative_warping=temporal.relative_error(even, source_error),
            flicker=flicker.flicker(self._flicker),
            drift=flicker.flicker(self._long.finished(self._before)),
            color_drift=self._still.color_drift,
            largest_change=self._still.largest_change,
            mean_change=self._still.mean_change,
        )


def compared(now: Frames, before: Frames, motion: Motion) -> tuple[float, float, flicker.Moments]:
    """The warping errors of a clip and of its source, and the moments of their changes.

    Args:
      now: frames of both.
      before: earlier frames.
      motion: from now to before.

    Returns: errors in levels of 255, NaN if nothing of the earlier frame is seen.
    """
    source_change, seen = temporal.warped_change(now.source, before.source, *motion)
    change, _ = temporal.warped_change(now.picture, before.picture, *motion)
    moments = flicker.change_moments(change, source_change, now.source, seen)
    if not seen.any():
        return math.nan, math.nan, moments
    error, source_error = (
        temporal.LEVELS * float(np.sqrt(np.mean(one[seen] ** 2))) for one in (change, source_change)
    )
    return error, source_error, moments


class _LongSteps:
    """Changes over steps of up to `LONG_STEP`, by motion that is chained from frame to frame."""

    def __init__(self) -> None:
        self._moments: flicker.Moments = np.zeros((flicker.MOMENTS, flicker.MOMENTS))
        self._motion: Motion | None = None

    def start(self, seconds: Fraction, now: Frames) -> None:
        self._since, self._earlier, self._motion = seconds, now, None

    def add(self, seconds: Fraction, now: Frames, before: Frames, motion: Motion) -> None:
        if not motion.valid.any():  # a cut: the shot before it has ended
            self._moments = self.finished(before)
            self.start(seconds, now)
            return
        if self._motion is None:
            self._motion = motion
        else:
            self._motion = Motion(*flicker.chained_motion(*motion, *self._motion))
        if seconds - self._since >= LONG_STEP:
            self._moments = self.finished(now)
            self.start(seconds, now)

    def finished(self, now: Frames) -> flicker.Moments:
        """All moments, with those of the step that ends with a frame."""
        if self._motion is None:
            return self._moments
        moments: flicker.Moments = self._moments + compared(now, self._earlier, self._motion)[2]
        return moments


class _FromTheFirst:
    """Changes of a clip from its first frame, as if its scene were still."""

    color_drift = largest_change = 0.0

    def __init__(self) -> None:
        self._first: Frame | None = None
        self._sum, self._count = 0.0, 0

    def add(self, now: Frames) -> None:
        colors = flicker.color_map(now.picture, now.source)
        if self._first is None:
            self._first, self._colors = now.picture, colors
            return
        change = np.abs(now.picture - self._first)
        self._sum += temporal.LEVELS * float(change.mean())
        self._count += 1
        self.largest_change = max(self.largest_change, temporal.LEVELS * float(change.max()))
        drift = flicker.color_drift(colors, self._colors, now.source)
        self.color_drift = max(self.color_drift, drift)

    @property
    def mean_change(self) -> float:
        return self._sum / max(1, self._count)


def find_motion(_number: int, frame: Frame, earlier: Frame) -> Motion:
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


def read_motion(path: Path) -> KnownMotion:
    """The motion that a file knows.

    Args:
      path: an .npz file with `flow`, n x h x w x 2, and `valid`, n x h x w, from each frame to the
        one before; those of the first frame are not used.

    Raises: VideoError, if it cannot be read; the motion raises it where it does not fit.
    """
    try:
        with path.open("rb") as file:
            arrays = np.load(file)
            flows, valids = arrays["flow"], arrays["valid"].astype(bool)
    except (OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile, zlib.error) as cause:
        raise VideoError(
            f"motion: {path} cannot be read: {cause}; it must be an .npz file with flow and valid"
        ) from cause
    if flows.ndim != 4 or flows.shape[3] != 2 or valids.shape != flows.shape[:3]:
        raise VideoError(
            f"motion: {path} has flow of shape {flows.shape} and valid of shape {valids.shape}; "
            "they must be frames x height x width x 2 and frames x height x width"
        )

    def motion(number: int, frame: Frame, _: Frame) -> Motion:
        if len(flows) <= number or flows.shape[1:3] != frame.shape[:2]:
            height, width = frame.shape[:2]
            raise VideoError(
                f"motion: {path} is for {len(flows)} frames of {flows.shape[2]} x "
                f"{flows.shape[1]} pixels, and the clip has {number + 1} or more of {width} x "
                f"{height}"
            )
        return Motion(flows[number].astype(np.float32), valids[number])

    return motion
