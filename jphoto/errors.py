"""Everything that can go wrong by a user's doing or a machine's, by cause.

A message says what was wrong, what was found, and what to do about it, in one line. The command
line prints that line and exits with status 1; Python callers catch `JphotoError` or a child.
"""


class JphotoError(Exception):
    """The parent of every error that jphoto raises on purpose."""


class SettingsError(JphotoError, ValueError):
    """One or more settings are out of range; the message names all of them."""


class ImageError(JphotoError):
    """A picture cannot be read, is unfit for the network, or cannot be written."""


class MaskError(JphotoError):
    """A mask is missing, does not fit its photo, or shares no region with the other mask."""


class WeightsError(JphotoError):
    """The weights of a network are missing, damaged, not the pinned ones, or cannot be fetched."""


class DeviceError(JphotoError):
    """The device that was asked for is not on this machine, or has too little memory."""


class StoppedError(JphotoError):
    """The caller stopped a run before this pair was solved."""
