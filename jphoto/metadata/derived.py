"""Makes the metadata of a new picture from those of its content photo.

EXIF, XMP and IPTC are bytes here, without the wrapping of a file format. The results fit into
every format; JPEG is the strictest, with one segment of 64 KB for each.
"""

from typing import NamedTuple

from jphoto.metadata import exif, iptc, xmp
from jphoto.metadata.density import Density, density_of_exif
from jphoto.metadata.exif_color import FileColor
from jphoto.metadata.texts import Texts


class Metadata(NamedTuple):
    """The metadata of a photo file; None for each that it does not have."""

    exif: bytes | None = None
    """From the TIFF header on, without the "Exif" and zeros before it."""
    xmp: bytes | None = None
    """The packet."""
    iptc: bytes | None = None
    """The payload of a JPEG's APP13 segment, or the value of TIFF tag 33723."""
    density: Density | None = None
    """Of the picture in print; of a photo, what its file declares besides EXIF."""
    texts: Texts = ()
    """What the file says in words besides EXIF, XMP and IPTC."""


def derived_metadata(
    metadata: Metadata,
    *,
    size: tuple[int, int],
    color: FileColor,
    thumbnail: bytes | None,
    strip_location: bool,
    label: str | None,
    software: str,
) -> Metadata:
    """Make the metadata of a new picture from those of its content photo.

    Everything is kept except what is not true of the new picture: orientation, size and color space
    become its own, and old thumbnails, an older label and all that is about the old file are
    removed. XMP gets what only IPTC records and texts of the file say, since most formats have no
    place for these. Left out, with a line in the log, are broken blocks and what would not fit into
    a JPEG file: first the thumbnail of EXIF, and the largest properties of XMP.

    Args:
      metadata: of the content photo; the bytes may be broken.
      size: (height, width) of the new picture.
      color: of the new file.
      thumbnail: a small JPEG of the new picture, added to EXIF if there is any; or None.
      strip_location: whether to remove GPS coordinates and the fields of XMP and IPTC that name
        places. Places in titles, captions, keywords and maker notes stay.
      label: any text about how the picture was made. It also sets Software in EXIF, CreatorTool in
        XMP, and XMP's digital source type to "algorithmically enhanced", unless the content photo
        is marked as generated. None to add nothing.
      software: the name and version for Software and CreatorTool, in ASCII.

    Returns: the new metadata; empty if the content photo has none and there is no label. The
      density is that of the photo, from EXIF if its file declares it nowhere else.
    """
    density = metadata.density
    if density is None and metadata.exif:
        density = density_of_exif(metadata.exif)
    records = metadata.iptc
    if records is not None:
        records = iptc.edited(records, strip_location=strip_location)
    return Metadata(
        exif.edited(
            metadata.exif,
            size=size,
            color=color,
            density=density,
            thumbnail=thumbnail,
            strip_location=strip_location,
            software=None if label is None else software,
        ),
        xmp.edited(
            metadata.xmp,
            texts=(iptc.texts(records) if records else ()) + metadata.texts,
            size=size,
            density=density,
            color_space=color.number,
            strip_location=strip_location,
            label=label,
            software=software,
        ),
        records,
        density,
    )


def label_text(metadata: Metadata) -> str | None:
    """Return the label that `derived_metadata` added, or None if there is none.

    Characters that XML cannot hold come back as JSON escapes.
    """
    return xmp.label_of(metadata.xmp) if metadata.xmp else None
