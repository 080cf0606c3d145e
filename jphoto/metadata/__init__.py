"""What a photo file says beside its pixels: EXIF, XMP and IPTC, read, edited and written as bytes.

`derived` decides what a new picture takes over; `exif`, `xmp` and `iptc` edit one format each;
`tiff_exif` and `tiff_tags` read and write the directories of TIFF files. Nothing here decodes
pixels: that is in `images`.
"""

from jphoto.metadata.derived import Metadata, derived_metadata, label_text

__all__ = ["Metadata", "derived_metadata", "label_text"]
