"""The errors that jphoto raises, by cause.

A message says in one line what was wrong, what was found, and what to do. The command line prints
that line and exits with status 1; Python callers catch `JphotoError` or a subclass.
"""

TYPE_CHECKING = False  # as in the package itself, which is to be imported fast
if TYPE_CHECKING:
    from pathlib import Path


class JphotoError(Exception):
    """The parent of every error that jphoto raises on purpose."""


class SettingsError(JphotoError, ValueError):
    """One or more settings or arguments are wrong; the message names all of them."""


class ImageError(JphotoError):
    """A picture cannot be read or written, or is too small for the network."""


class SavedElsewhereError(ImageError):
    """A finished result could not be saved under its name, and was saved under another one."""

    def __init__(self, message: str, path: "Path") -> None:
        super().__init__(message)
        self.path = path
        """Of the file that was saved."""


class VideoError(JphotoError):
    """A clip cannot be read or written, or is of a kind that is not supported."""


class MaskError(JphotoError):
    """A mask is missing, does not fit its photo, or shares no region with the other mask."""


class LookError(JphotoError):
    """A look cannot be read, was made with another network, or does not fit the photo or mix."""


class WeightsError(JphotoError):
    """The weights of a network are missing or damaged, or cannot be downloaded or trusted."""


class DeviceError(JphotoError):
    """The requested device is not on this machine, or has too little memory."""


class StoppedError(JphotoError):
    """The caller stopped a run before this pair was solved."""
