"""PyAV and the FFmpeg within it: whether it is there, and that it keeps silent."""

import os
from importlib.util import find_spec
from pathlib import Path

from jphoto.errors import SettingsError
from jphoto.images.source import reason

INSTALL = "pip install 'jphoto[video]'"


def require() -> None:
    """Import PyAV, and keep the lines that FFmpeg and its encoders print from the terminal.

    Raises: SettingsError, if it is not installed.
    """
    if find_spec("av") is None:
        raise SettingsError(f"video needs one more package; install it: {INSTALL}")
    # SVT-AV1 does not print through FFmpeg's log; this is its own variable.
    os.environ.setdefault("SVT_LOG", "0")
    import av

    av.logging.set_level(None)


def url(path: Path) -> str:
    """A path as FFmpeg takes it: in full, so that a name with a colon in it is no protocol."""
    return str(path.absolute())


def words(cause: Exception) -> str:
    """What an error of FFmpeg or of the system says, without the name of a file and codes."""
    return getattr(cause, "strerror", None) or reason(cause)
