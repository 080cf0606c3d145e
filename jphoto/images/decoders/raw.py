"""Develops raw photos by LibRaw, which the extra `jphoto[raw]` installs.

The camera's white balance is applied, and no brightness that depends on the picture: the sensor's
white becomes white, so that equal exposures give equal levels. Without the extra, raw photos are
refused, since the previews within them are small and developed to someone else's taste.
"""

import io
import re
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

from jphoto.errors import ImageError
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Cicp, Pixels, strip_exif_prefix
from jphoto.images.source import reason
from jphoto.metadata import Metadata
from jphoto.metadata.tiff_exif import read_exif

if TYPE_CHECKING:
    import rawpy

# RAF, RW2, three of ORF, X3F, MRW, CRW, CR3; and, behind TIFF's signature, CR2 and IIQ. DNG, NEF,
# ARW, PEF, SRW, 3FR and others have TIFF's signature without a mark.
_SIGNATURE = re.compile(
    rb"FUJIFILMCCD-RAW|IIU\0|IIRO|IIRS|MMOR|FOVb|\0MRM|II....HEAPCCDR|....ftypcrx "
    rb"|II\*\0....(?:CR|IIII)|MM\0\*....MMMM",
    re.DOTALL,
)
_TIFF_HEADERS = {b"II*\0": b"II*\0", b"MM\0*": b"MM\0*", b"IIRO": b"II*\0", b"IIRS": b"II*\0",
                 b"MMOR": b"MM\0*"}  # fmt: skip
"""By the first bytes of raw photos that are TIFF files; of ORF only these bytes differ."""

# ITU-T H.273: the primaries of BT.2020, which hold all that cameras tell apart, with sRGB's curve.
_COLORS = Cicp(primaries=9, transfer=13)
_SRGB_CURVE = (2.4, 12.92)  # its power and its slope at 0


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder.

    Raw photos with nothing but TIFF's signature are told by their pages, see `tiff.pages.raw_page`.
    """
    return _SIGNATURE.match(head) is not None


def decode(file: BinaryIO, name: str, *, exposure: float = 0.0) -> Pixels:
    """Develop a raw photo to 16 bits, upright.

    Args:
      file: at any position.
      name: of the photo in messages.
      exposure: stops by which the values of the sensor are brightened.

    Raises: ImageError, if LibRaw is not installed or does not know the camera; any error of
      LibRaw, if the file is damaged.
    """
    try:
        import rawpy
    except ImportError:
        raise ImageError(
            f'{name} is a raw photo; install the raw developer (pip install "jphoto[raw]") or '
            f"export it as TIFF"
        ) from None
    file.seek(0)
    data = file.read()
    try:
        with rawpy.imread(io.BytesIO(data)) as photo:
            refuse_too_large(photo.sizes.width, photo.sizes.height)
            levels = photo.postprocess(
                output_color=rawpy.ColorSpace.Rec2020,
                gamma=_SRGB_CURVE,
                output_bps=16,
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,  # otherwise the brightest value may become white
                bright=2.0**exposure,
            )
            exif = _exif(data, photo, name)
    except (rawpy.LibRawFileUnsupportedError, rawpy.NotSupportedError) as cause:
        raise ImageError(
            f"{name} is a raw photo that LibRaw cannot read ({_words(cause)}); export it as TIFF"
        ) from cause
    except rawpy.LibRawError as cause:
        raise ValueError(_words(cause)) from cause
    colors = _COLORS if levels.shape[2] == 3 else None  # the sensors of some cameras see gray only
    return Pixels(levels, 65535.0, cicp=colors, metadata=Metadata(exif))


def _exif(data: bytes, photo: "rawpy.RawPy", name: str) -> bytes | None:
    """Read the EXIF of a raw photo: that of a TIFF file, otherwise that of the embedded preview."""
    import rawpy

    header = _TIFF_HEADERS.get(data[:4])
    if header is not None:
        return read_exif(io.BytesIO(header + data[4:]), name)
    try:
        preview = photo.extract_thumb()
        if preview.format is not rawpy.ThumbFormat.JPEG:
            return None
        with Image.open(io.BytesIO(bytes(preview.data))) as image:
            return strip_exif_prefix(image.info.get("exif"))
    except Exception:  # a preview that is absent or broken is no reason to refuse the photo
        return None


def _words(cause: Exception) -> str:
    """Return the message of an error of LibRaw, which is bytes."""
    text = cause.args[0] if cause.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else reason(cause)
