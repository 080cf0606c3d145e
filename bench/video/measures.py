"""Measures of the frames of one method on one clip, as `jphoto eval-video` defines them."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.video.clips import Made
from bench.video.methods import Frames
from jphoto import images, metrics, weights
from jphoto.evaluation import protocol
from jphoto.metrics import flicker, temporal

MEASURED = 8, 24, 40
"""Frames that are measured by themselves, and, by methods that are slow, beside the one before."""


def numbers() -> list[int]:
    """The frames that every method has to give at least."""
    return sorted({number for last in MEASURED for number in (last - 1, last)})


def measured(made: Made, sources: Frames, frames: Frames, style: Path) -> dict[str, Any]:
    """All measures.

    Args:
      made: the clip, whose motion is known.
      sources: its frames.
      frames: the results, of all frames or of `numbers`.
      style: the style photo.
    """
    first = min(frames)
    changes = [float(np.abs(one - frames[first]).max()) for one in frames.values()]
    found = {
        **_steadiness(made, sources, frames),
        "largest_change": temporal.LEVELS * max(changes),
        "clipping": float(np.mean([temporal.new_clipping(frames[n], sources[n]) for n in frames])),
    }
    singles = [_quality(sources[number], frames[number], style) for number in MEASURED]
    return found | {key: float(np.median([one[key] for one in singles])) for key in singles[0]}


def _steadiness(made: Made, sources: Frames, frames: Frames) -> dict[str, float]:
    size, count, errors = sources[0].shape[:2], len(sources), []
    moments = np.zeros((flicker.MOMENTS, flicker.MOMENTS))
    for number in frames:
        if number - 1 not in frames:
            continue
        flow, valid = made.motion(number / count, (number - 1) / count, size)
        (change, seen), (source_change, _) = (
            temporal.warped_change(own[number], own[number - 1], flow, valid)
            for own in (frames, sources)
        )
        moments += flicker.change_moments(change, source_change, sources[number], seen)
        if not seen.any():
            continue
        error, source_error = (
            temporal.LEVELS * float(np.sqrt(np.mean(one[seen] ** 2)))
            for one in (change, source_change)
        )
        even = error / temporal.contrast_ratio(frames[number], sources[number])
        errors.append((error, source_error, even))
    if not errors:
        return {}
    error, source_error, even = (float(value) for value in np.mean(errors, axis=0))
    return {
        "flicker": flicker.flicker(moments),
        "warping": error,
        "source_warping": source_error,
        "relative_warping": temporal.relative_error(even, source_error),
    }


def _quality(source: np.ndarray, frame: np.ndarray, style: Path) -> dict[str, float]:
    params = weights.load("alexnet").params
    photo = images.read_picture(style, role="style")
    photo = images.resize(photo, images.working_size(photo.shape[:2], protocol.LONG_SIDE))
    whole = [np.ones((1, *one.shape[:2]), np.float32) for one in (frame, photo)]
    return {
        "style_distance": metrics.style_distance(params, frame, photo, *whole),
        "color_distance": metrics.color_distance(frame, photo, *whole),
        **protocol.measure_against_content(params, frame, source),
    }
