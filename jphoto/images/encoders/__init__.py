"""Encodes pictures as files: `png` and `tiff` strip by strip, the others by `pillow` and
`jpegxl`.

`quantization` rounds to 8 or 16 bits, `thumbnail` makes the small JPEG for EXIF.
"""

from jphoto.images.encoders.jpegxl import write_jpegxl
from jphoto.images.encoders.pillow import write_by_pillow
from jphoto.images.encoders.png import write_png
from jphoto.images.encoders.quantization import QuantizedPicture
from jphoto.images.encoders.tiff import write_tiff

__all__ = ["QuantizedPicture", "write_by_pillow", "write_jpegxl", "write_png", "write_tiff"]
