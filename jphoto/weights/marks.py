"""What the user has been told, or has answered: empty files beside the weights, to say it once."""

import contextlib
from typing import Literal, TypeAlias

from jphoto.errors import WeightsError
from jphoto.weights import store

Mark: TypeAlias = Literal["deeplab.declined", "vgg19.mentioned"]


def is_marked(mark: Mark) -> bool:
    """Whether there is such a file."""
    return any((folder / mark).exists() for folder in store.folders())


def set_mark(mark: Mark) -> None:
    """Write the file. Where nothing can be written, the user will be told or asked again."""
    with contextlib.suppress(WeightsError, OSError):
        store.target_path("deeplab").with_name(mark).touch()
