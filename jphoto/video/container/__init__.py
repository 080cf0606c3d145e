"""Reads and writes clips by PyAV, which the extra `jphoto[video]` installs.

`clip` says what a clip is, `opening` finds it out, `refusals` says why a file is none, `reading`
decodes frames one after another. `colors` converts between a clip's R'G'B' and sRGB.

PyAV is imported when the first clip is opened, not with this package.
"""

from jphoto.video.container.clip import AudioTrack, Clip, ClipColors, Frame
from jphoto.video.container.colors import from_srgb, to_srgb
from jphoto.video.container.opening import open_clip
from jphoto.video.container.reading import read_frames

__all__ = [
    "AudioTrack",
    "Clip",
    "ClipColors",
    "Frame",
    "from_srgb",
    "open_clip",
    "read_frames",
    "to_srgb",
]
