"""One lookup table for a whole clip, for programs that grade video."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from jphoto.looks.styles import Masks, StyleSource, style_of
from jphoto.lut import Lut, fit_lut
from jphoto.settings import Settings
from jphoto.video import container
from jphoto.video.analysis import MotionFile
from jphoto.video.container.reading import check_range
from jphoto.video.progress import VideoProgress, Watch
from jphoto.video.transfer import Run, check_settings


def fit_video_lut(
    clip: str | os.PathLike[str],
    style: StyleSource | Sequence[StyleSource],
    *,
    start: float | int | None = None,
    end: float | int | None = None,
    style_mask: Masks = None,
    style_weights: Sequence[float | int] | None = None,
    style_for: Mapping[str, StyleSource] | None = None,
    settings: Settings | None = None,
    progress: Callable[[VideoProgress], bool | None] | None = None,
) -> Lut:
    """Fit one table of colors to all key frames of a clip, in the clip's own colors.

    Args: as of `transfer_video`.

    Raises: as `transfer_video`; StoppedError, if `progress` returned False.
    """
    chosen = settings or Settings()
    check_settings(chosen)
    source = container.open_clip(Path(clip))
    check_range(source, start, end)
    given = style_of(style, style_mask, style_weights, style_for, chosen)
    run = Run(source, (start, end), given, Watch(progress))
    with MotionFile(run.layout) as store:
        _, key_frames, _ = run.solve(run.analyze(store), store)
    contents = [key.content.reshape(-1, 1, 3) / np.float32(255) for key in key_frames]
    pictures = [key.picture.reshape(-1, 1, 3) / np.float32(65535) for key in key_frames]
    return fit_lut(np.concatenate(contents), np.concatenate(pictures))
