"""Reads, edits and writes the metadata of photo files: EXIF, XMP and IPTC, all as bytes.

`derived` makes the metadata of a new picture from those of its content photo, with one editor for
each format: `exif` (which works on an `exif_block`), `xmp` (on the tree of an `xmp_packet`) and
`iptc`. `exif_outdated` and `xmp_properties` know what is about a file and not about its picture;
`exif_color`, `xmp_measures` and `density` make the rest agree with the new file, and `texts` and
`xmp_texts` carry words from elsewhere into XMP. Of TIFF files,
`tiff_directories` reads and writes directories, and `tiff_exif` reads and adds EXIF.

Not here: decoding and encoding of pixels (in `images`), and what a label says (in `label`).
"""

from jphoto.metadata.density import Density, declared_density
from jphoto.metadata.derived import Metadata, derived_metadata, label_text
from jphoto.metadata.exif_color import FileColor
from jphoto.metadata.texts import texts_of_comment, texts_of_png

__all__ = [
    "Density",
    "FileColor",
    "Metadata",
    "declared_density",
    "derived_metadata",
    "label_text",
    "texts_of_comment",
    "texts_of_png",
]
