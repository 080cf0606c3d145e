"""Photos and masks in, photos out: the only rooms that know Pillow, libvips and libheif.

The array rule: a picture is float32, height x width x RGB, sRGB in [0, 1], or beyond for an
original's colors outside sRGB; a mask's colors are uint8, height x width x RGB; a size is
(height, width). Messages for people give sizes as Pillow and photo viewers do, width first.
"""

from jphoto.images.legend import legend, overlay
from jphoto.images.masks import read_mask
from jphoto.images.original import Original, read_original, read_picture, viewed
from jphoto.images.output import check_depth, check_output, save_like, save_picture
from jphoto.images.sheet import side_by_side, stack
from jphoto.images.sizes import resize, working_size
from jphoto.images.source import PictureSource
from jphoto.images.thumbnail import thumbnail

__all__ = [
    "Original",
    "PictureSource",
    "check_depth",
    "check_output",
    "legend",
    "overlay",
    "read_mask",
    "read_original",
    "read_picture",
    "resize",
    "save_like",
    "save_picture",
    "side_by_side",
    "stack",
    "thumbnail",
    "viewed",
    "working_size",
]
