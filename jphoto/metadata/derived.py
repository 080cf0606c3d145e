"""What a photo file says beside its pixels, and what of it a picture made from that photo says.

EXIF, XMP and IPTC are bytes here, free of what a file format wraps them in. What comes out fits
into every format: JPEG allows each at most one segment of 64 KB.
"""

from typing import NamedTuple

from jphoto.metadata import exif, iptc, xmp


class Metadata(NamedTuple):
    """The three blocks of a file.

    EXIF begins with its TIFF header, without "Exif" and zeros before it; XMP is the packet; IPTC
    is the payload of a JPEG's APP13 segment or the value of TIFF tag 33723.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None


def derived_metadata(
    metadata: Metadata,
    *,
    size: tuple[int, int],
    thumbnail: bytes | None,
    strip_location: bool,
    label: str | None,
    software: str,
) -> Metadata:
    """Choose what a new picture's file says, from what its content photo says.

    All stays but what would be wrong of the new picture: orientation and size are its own, older
    thumbnails and an older label go. What is broken is left out, with a line in the log, and so
    is what would not fit into a JPEG file: of EXIF first the thumbnail, of XMP the largest
    properties.

    Args:
      metadata: of the content photo, whatever bytes they are.
      size: (height, width) of the new picture.
      thumbnail: a small JPEG of the new picture, for EXIF if there is any; or None.
      strip_location: whether GPS coordinates go, and the fields of XMP and IPTC that name places;
        not what titles, captions, keywords and maker notes tell of places.
      label: tells how the picture was made, any text; with it go Software in EXIF, and in XMP
        CreatorTool and the digital source type "algorithmically enhanced", unless the content
        photo was made by a machine and says so. None to add nothing.
      software: the name and version for Software and CreatorTool, in ASCII.

    Returns: the new picture's; without metadata and label, none.
    """
    return Metadata(
        exif.edited(
            metadata.exif,
            size=size,
            thumbnail=thumbnail,
            strip_location=strip_location,
            software=None if label is None else software,
        ),
        xmp.edited(
            metadata.xmp, size=size, strip_location=strip_location, label=label, software=software
        ),
        iptc.edited(metadata.iptc, strip_location=strip_location) if metadata.iptc else None,
    )


def label_text(metadata: Metadata) -> str | None:
    """The label that `derived_metadata` added, or None if there is none.

    Characters that XML cannot hold come back as their escapes in JSON.
    """
    return xmp.label_of(metadata.xmp) if metadata.xmp else None
