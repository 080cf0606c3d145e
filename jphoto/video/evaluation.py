"""Measures of a clip beside its source, frame by frame: steadiness, style and structure.

Clips are measured as they are, in one pass over both.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jphoto import images, metrics, weights
from jphoto.errors import VideoError
from jphoto.evaluation import protocol
from jphoto.images import PictureSource
from jphoto.metrics import temporal
from jphoto.video import container
from jphoto.video.steadiness import (
    Frame,
    Steadiness,
    SteadinessSums,
    find_motion,
    read_motion,
)

MEASURED_FRAMES = 8
"""Frames, evenly spread, whose style and photorealism are measured."""


class VideoMeasures(NamedTuple):
    """The measures of a clip."""

    frames: int
    steadiness: Steadiness
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
      motion: an .npz file as of `steadiness.read_motion`. None finds the motion.
      style: the style photo, for style and color distance of whole frames.
      watch: called with the number of frames measured.

    Raises: VideoError, if the clips have other sizes or numbers of frames, or the motion does not
      fit; WeightsError, if AlexNet is not installed.
    """
    steadiness = SteadinessSums(find_motion if motion is None else read_motion(motion))
    measure = PictureMeasures(style)
    clipping, pictures = list[float](), list[dict[str, float]]()
    step = max(1, (container.open_clip(source).frames or MEASURED_FRAMES) // MEASURED_FRAMES)
    for number, (seconds, content, picture) in enumerate(_frames(source, result)):
        steadiness.add(seconds, content, picture)
        clipping.append(temporal.new_clipping(picture, content))
        if number % step == 0:
            pictures.append(measure(content, picture))
        if watch is not None:
            watch(number + 1)
    if not clipping:
        raise VideoError("the clips have no frames")
    return VideoMeasures(
        frames=len(clipping),
        steadiness=steadiness.measures(),
        clipping=float(np.mean(clipping)),
        pictures={key: float(np.median([one[key] for one in pictures])) for key in pictures[0]},
    )


def _frames(source: Path, result: Path) -> Iterator[tuple[Fraction, Frame, Frame]]:
    """Times of the source, and the frames of both clips in sRGB."""
    clips = [container.open_clip(path) for path in (source, result)]
    both = [container.read_frames(clip) for clip in clips]
    count = 0
    while True:
        content, picture = (next(frames, None) for frames in both)
        if content is None or picture is None:
            break
        pair = [_srgb(frame, clip) for frame, clip in zip((content, picture), clips, strict=True)]
        if pair[0].shape != pair[1].shape:
            (h, w, _), (height, width, _) = pair[0].shape, pair[1].shape
            raise VideoError(f"{source} is {w} x {h} pixels and {result} {width} x {height}")
        count += 1
        yield content.seconds, pair[0], pair[1]
    if content is not None or picture is not None:
        longer, shorter = (source, result) if picture is None else (result, source)
        raise VideoError(f"{longer} has more frames than {shorter}, which has {count}")


def _srgb(frame: container.Frame, clip: container.Clip) -> Frame:
    picture: Frame = container.to_srgb(container.unit(frame.rgb), clip).clip(0, 1)
    return picture


class PictureMeasures:
    """The measures of `jphoto eval` of single frames.

    Args:
      style: the style photo, for style and color distance of whole frames; None leaves them out.

    Raises: WeightsError, if AlexNet is not installed; ImageError, if the photo cannot be read.
    """

    def __init__(self, style: PictureSource | None) -> None:
        self._params = weights.load("alexnet").params
        photo = None if style is None else images.read_picture(style, role="style")
        self._style = None if photo is None else _at_protocol_size(photo)

    def __call__(self, content: Frame, picture: Frame) -> dict[str, float]:
        """Measures by key, of a frame of the clip beside that of its source."""
        content, picture = _at_protocol_size(content), _at_protocol_size(picture)
        found = protocol.measure_against_content(self._params, picture, content)
        if self._style is not None:
            whole = [np.ones((1, *one.shape[:2]), np.float32) for one in (picture, self._style)]
            style_distance = metrics.style_distance(self._params, picture, self._style, *whole)
            found["style_distance"] = style_distance
            found["color_distance"] = metrics.color_distance(picture, self._style, *whole)
        return found


def _at_protocol_size(picture: Frame) -> Frame:
    return images.resize(picture, images.working_size(picture.shape[:2], protocol.LONG_SIDE))
