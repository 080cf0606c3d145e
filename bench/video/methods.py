"""Ways to give a clip the look of a photo: one function for each, frames by their numbers."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

import jphoto
from jphoto.lut import apply_lut
from jphoto.video import fit_video_lut, transfer_video
from jphoto.video.container import open_clip, read_frames

Frames = dict[int, np.ndarray]
"""By number, sRGB in [0, 1]."""
Method = Callable[[Path, Path, Sequence[int]], Frames]
"""The results of a clip with the look of a photo: all frames, or at least those asked for."""


def _video(preset: str) -> Method:
    def run(clip: Path, style: Path, numbers: Sequence[int]) -> Frames:
        settings = jphoto.Settings.preset(preset)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.mkv"
            transfer_video(clip, style, out, codec="ffv1", settings=settings)
            return frames_of(out)

    return run


def _frame_by_frame(preset: str, everything: bool) -> Method:
    def run(clip: Path, style: Path, numbers: Sequence[int]) -> Frames:
        settings = jphoto.Settings.preset(preset)
        frames = frames_of(clip)
        return {
            number: jphoto.transfer(frames[number], style, settings=settings).picture
            for number in (frames if everything else numbers)
        }

    return run


def _lut(clip: Path, style: Path, numbers: Sequence[int]) -> Frames:
    table = fit_video_lut(clip, style)
    return {number: apply_lut(table, frame) for number, frame in frames_of(clip).items()}


def frames_of(path: Path) -> Frames:
    """All frames of a clip."""
    frames = read_frames(open_clip(path))
    return {frame.index: frame.rgb.astype(np.float32) / 255 for frame in frames}


METHODS: dict[str, Method] = {
    "jphoto video": _video("default"),
    "jphoto video --preview": _video("preview"),
    "frame by frame": _frame_by_frame("default", everything=False),
    "frame by frame, preview": _frame_by_frame("preview", everything=True),
    "one LUT": _lut,
}


@contextlib.contextmanager
def style_photo() -> Iterator[Path]:
    """The style photo of the bundled pair that most clips are made of."""
    with resources.as_file(resources.files("jphoto") / "photos" / "meadow") as folder:
        yield folder / "style.jpg"
