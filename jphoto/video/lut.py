"""One lookup table for a whole clip, for programs that grade video."""

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from jphoto.looks.styles import StyleSource, style_of
from jphoto.lut import Lut, fit_lut
from jphoto.settings import Settings
from jphoto.video.analysis import MotionFile
from jphoto.video.progress import VideoProgress, Watch
from jphoto.video.transfer import Run, open_checked


def fit_video_lut(
    clip: str | os.PathLike[str],
    style: StyleSource | Sequence[StyleSource],
    *,
    start: float | int | None = None,
    end: float | int | None = None,
    style_weights: Sequence[float | int] | None = None,
    style_for: Mapping[str, StyleSource] | None = None,
    settings: Settings | None = None,
    progress: Callable[[VideoProgress], bool | None] | None = None,
) -> Lut:
    """Fit one table of colors to all key frames of a clip, in the clip's own colors.

    Args: as of `transfer_video`.

    Raises: as `transfer_video`; StoppedError, if `progress` returned False.
    """
    source, chosen = open_checked(clip, (start, end), settings)
    given = style_of(style, None, style_weights, style_for, chosen)
    run = Run(source, (start, end), given, Watch(progress))
    with MotionFile(run.layout) as store:
        _, key_frames, _ = run.solve(run.analyze(store), store)
    contents = [key.content.reshape(-1, 1, 3) / np.float32(255) for key in key_frames]
    pictures = [key.picture.reshape(-1, 1, 3) / np.float32(65535) for key in key_frames]
    return fit_lut(np.concatenate(contents), np.concatenate(pictures))
