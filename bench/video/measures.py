"""Measures of the frames of one method on one clip, as `jphoto eval-video` defines them."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from bench.video import methods
from bench.video.clips import Made
from jphoto.metrics import flicker, temporal
from jphoto.video.evaluation import PictureMeasures
from jphoto.video.steadiness import Frames, Motion, compared

MEASURED = 8, 24, 40
"""Frames that are measured by themselves, and, by methods that are slow, beside the one before."""


def numbers() -> list[int]:
    """The frames that every method has to give at least."""
    return sorted({number for last in MEASURED for number in (last - 1, last)})


def measured(
    made: Made, sources: methods.Frames, frames: methods.Frames, style: Path
) -> dict[str, Any]:
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
    measure = PictureMeasures(style)
    singles = [measure(sources[number], frames[number]) for number in MEASURED]
    return found | {key: float(np.median([one[key] for one in singles])) for key in singles[0]}


def _steadiness(made: Made, sources: methods.Frames, frames: methods.Frames) -> dict[str, float]:
    size, count, errors = sources[0].shape[:2], len(sources), []
    moments = np.zeros((flicker.MOMENTS, flicker.MOMENTS))
    for number in frames:
        if number - 1 not in frames:
            continue
        flow, valid = made.motion(number / count, (number - 1) / count, size)
        now, before = (Frames(sources[n], frames[n]) for n in (number, number - 1))
        error, source_error, one = compared(now, before, Motion(flow, valid))
        moments += one
        if not math.isnan(error):
            even = error / temporal.contrast_ratio(*reversed(now))
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
