"""Photos and masks in, photos out: the only rooms of the project that know Pillow.

The array rule: a picture is float32, height x width x RGB, sRGB in [0, 1]; a mask's colors are
uint8, height x width x RGB; a size is (height, width). Messages for people give sizes as Pillow
and photo viewers do, width first.
"""

from jphoto.images.legend import legend, overlay
from jphoto.images.masks import read_mask
from jphoto.images.output import check_output, save_picture
from jphoto.images.pictures import read_picture
from jphoto.images.sheet import side_by_side, stack
from jphoto.images.sizes import resize, working_size
from jphoto.images.source import PictureSource

__all__ = [
    "PictureSource",
    "check_output",
    "legend",
    "overlay",
    "read_mask",
    "read_picture",
    "resize",
    "save_picture",
    "side_by_side",
    "stack",
    "working_size",
]
