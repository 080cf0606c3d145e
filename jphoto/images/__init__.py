"""Reads photos and masks and writes pictures; only this room imports their libraries.

Arrays: a picture is float32, height x width x RGB, sRGB in [0, 1]. The picture of an `Original` may
have values outside that range: colors outside sRGB. The colors of a mask are uint8, height x width
x RGB. A size is (height, width); messages for people give the width first, as photo viewers do.

Reading: `source` opens files, `decoders` chooses a decoder by a file's first bytes, within the
`limits`; `pixels` holds the decoded values, `original` makes pictures of them, `masks` reads masks.
`loading` and `frames` are shared by decoders. `listing` finds the photos of a folder.
Writing: `output` checks paths and saves pictures, `encoders` has the formats and their limits,
rounds to 8 or 16 bits and writes them. Both directions use `sizes` (resizing, strips of rows) and
`color` (color spaces, ICC profiles).
For people to look at: `contact_sheet`, `legend` for the colors of a mask, and `reduced` copies.

Not here: EXIF, XMP and IPTC (in `metadata`), and the regions that masks define (in `regions`).
"""

from jphoto.images.contact_sheet import side_by_side, stack
from jphoto.images.encoders.formats import check_depth, check_size
from jphoto.images.encoders.thumbnail import jpeg_bytes, jpeg_of_levels, png_bytes, thumbnail
from jphoto.images.legend import legend, overlay
from jphoto.images.masks import read_mask
from jphoto.images.original import (
    Original,
    ReadAhead,
    on_white,
    read_original,
    read_picture,
    srgb_on_white,
)
from jphoto.images.output import check_output, file_color, save_like, save_picture
from jphoto.images.reduced import Reduced, read_reduced
from jphoto.images.sizes import resize, working_size
from jphoto.images.source import HeldFile, HeldSource, PictureSource, held, source_name

__all__ = [
    "HeldFile",
    "HeldSource",
    "Original",
    "PictureSource",
    "ReadAhead",
    "Reduced",
    "check_depth",
    "check_output",
    "check_size",
    "file_color",
    "held",
    "jpeg_bytes",
    "jpeg_of_levels",
    "legend",
    "on_white",
    "overlay",
    "png_bytes",
    "read_mask",
    "read_original",
    "read_picture",
    "read_reduced",
    "resize",
    "save_like",
    "save_picture",
    "side_by_side",
    "source_name",
    "srgb_on_white",
    "stack",
    "thumbnail",
    "working_size",
]
