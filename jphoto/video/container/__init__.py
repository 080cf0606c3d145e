"""Reads and writes clips by PyAV, which the extra `jphoto[video]` installs.

`clip` says what a clip is, `opening` finds it out, `refusals` says why a file is none, `reading`
decodes frames one after another; `writing` encodes them with what `codecs` says goes together, and
copies `audio` and `tags`. `pixels` converts between stored pixels and R'G'B', `colors` between a
clip's R'G'B' and sRGB.

PyAV is imported when the first clip is opened, not with this package.
"""

from jphoto.video.container.clip import AudioTrack, Clip, ClipColors, Frame
from jphoto.video.container.codecs import CODECS, Output, check_codec
from jphoto.video.container.colors import from_srgb, to_srgb, unit
from jphoto.video.container.opening import open_clip
from jphoto.video.container.reading import read_frames
from jphoto.video.container.tags import label_text
from jphoto.video.container.writing import ClipWriter, check_output

__all__ = [
    "CODECS",
    "AudioTrack",
    "Clip",
    "ClipColors",
    "ClipWriter",
    "Frame",
    "Output",
    "check_codec",
    "check_output",
    "from_srgb",
    "label_text",
    "open_clip",
    "read_frames",
    "to_srgb",
    "unit",
]
