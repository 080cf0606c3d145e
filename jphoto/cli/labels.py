"""The labels of pictures and of clips."""

from pathlib import Path
from typing import TYPE_CHECKING

from jphoto import formats
from jphoto.errors import VideoError

if TYPE_CHECKING:
    from jphoto.label import Label


def label_of(path: Path) -> "Label":
    """Read from a picture or a clip how it was made.

    Raises: ImageError or VideoError, if it does not say that or cannot be read.
    """
    if formats.is_clip(path):
        return _clip_label(path)
    from jphoto.cli.run import held_photos
    from jphoto.pipeline import finish

    return finish.read_label(held_photos({"picture": path})["picture"])


def _clip_label(path: Path) -> "Label":
    from jphoto.label import Label
    from jphoto.video.container import label_text

    text = label_text(path)
    if text is None:
        raise VideoError(
            f"clip: {path} does not say how it was made: it was not made by jphoto, was made with "
            "--no-label, or another program has removed its metadata"
        )
    return Label.from_json(text)
