"""The key frames of a clip on one page, before and after, each with its time."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from jphoto.images.contact_sheet import side_by_side, stack
from jphoto.video.container.clip import clock
from jphoto.video.transfer import KeyFrame

ROWS, HEIGHT = 40, 180
"""Most key frames on a sheet, and the height of each in pixels."""


def key_frame_sheet(key_frames: Sequence[KeyFrame]) -> Float32[np.ndarray, "h w 3"]:
    """A sheet with a row for each key frame.

    Args:
      key_frames: of a clip; of more than `ROWS`, as many are shown, evenly spread.
    """
    count = min(ROWS, len(key_frames))
    shown = [key_frames[index * len(key_frames) // count] for index in range(count)]
    rows = []
    for frame in shown:
        pictures = (
            levels.astype(np.float32) / np.float32(white)
            for levels, white in ((frame.content, 255), (frame.picture, 65535))
        )
        labels = clock(frame.seconds), "result"
        rows.append(side_by_side([*zip(labels, pictures, strict=True)], height=HEIGHT))
    return stack(rows)
