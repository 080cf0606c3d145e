"""Takes pixels and metadata from Pillow's images: JPEG, WebP, GIF, BMP and most PNG files."""

import logging
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.images.decoders.frames import tell_further_pictures
from jphoto.images.decoders.loading import load_image
from jphoto.images.decoders.upright import orientation_of, upright
from jphoto.images.pixels import (
    Calibration,
    Chromaticities,
    Cicp,
    Pixels,
    checked_floats,
    strip_exif_prefix,
)
from jphoto.metadata import Density, Metadata, declared_density, texts_of_comment
from jphoto.metadata.iptc import PHOTOSHOP_HEADER

_FURTHER_XMP = b"http://ns.adobe.com/xmp/extension/\0"

_logger = logging.getLogger(__name__)


def decode(source: BinaryIO | BytesIO | Image.Image, name: str) -> Pixels:
    """Decode the first picture of a file, or take a Pillow image, with its metadata.

    Args:
      source: a file, or an image whose pixels may not be loaded yet.
      name: of the source in messages.

    Raises: ImageError, if it is not a complete image or its values have no clear meaning.
    """
    image = load_image(source, name)
    cicp, calibration = _declared_color(image)
    if image is not source:
        tell_further_pictures(image, name)
    pixels = _pixels(image, name)._replace(
        metadata=_metadata(image, name), cicp=cicp, calibration=calibration
    )
    return upright(pixels, orientation_of(image.getexif, name))


def _pixels(image: Image.Image, name: str) -> Pixels:
    """Take the pixels and the color profile of a Pillow image, but not its metadata.

    Args:
      image: of any mode.
      name: of the source in messages.

    Raises: ImageError, if its values have no clear meaning.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "F" or image.mode.startswith("I"):
        return _high_depth_gray(image, name)._replace(profile=profile)
    has_alpha = image.has_transparency_data
    if image.mode == "1" or image.mode in ("L", "LA", "La"):
        mode = "LA" if has_alpha else "L"
    elif image.mode == "CMYK":
        mode = "CMYK"
    elif image.mode == "LAB":
        raise ImageError(f"{name} has Lab colors; save it as RGB")
    else:
        mode = "RGBA" if has_alpha else "RGB"
    levels = np.asarray(image if image.mode == mode else image.convert(mode))
    return Pixels(levels.reshape(*levels.shape[:2], -1), 255.0, has_alpha, profile)


def _high_depth_gray(image: Image.Image, name: str) -> Pixels:
    """Take gray of 16 or 32 bits, which Pillow's own conversion would round to 8."""
    values = np.asarray(image)[..., None]
    if image.mode == "F":
        return Pixels(checked_floats(values, name), 1.0)
    low, high, white = int(values.min()), int(values.max()), 65535
    if not 0 <= low <= high <= white:  # in Pillow, 32-bit integers hold 16-bit gray
        raise ImageError(
            f"{name} is {image.mode} gray with values from {low} to {high}; save it as 8- or 16-bit"
        )
    return Pixels(values.astype(np.uint16), float(white))


def _declared_color(image: Image.Image) -> tuple[Cicp | None, Calibration | None]:
    """Take what Pillow has read of a PNG's sRGB, cHRM and gAMA."""
    cicp = Cicp(1, 13) if "srgb" in image.info else None
    points, gamma = image.info.get("chromaticity"), image.info.get("gamma")
    chromaticities = None
    if points is not None and len(points) == 8:
        chromaticities = Chromaticities(*zip(points[::2], points[1::2], strict=True))
    if chromaticities is gamma is None:
        return cicp, None
    return cicp, Calibration(chromaticities, gamma)


def _metadata(image: Image.Image, name: str) -> Metadata:
    """Return the metadata that Pillow has read: EXIF, XMP, density, comments and, of JPEG, IPTC.

    Of TIFF files it is XMP only.
    """
    iptc = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        iptc = _jpeg_iptc(image.applist)
        further = [data for _, data in image.applist if data.startswith(_FURTHER_XMP)]
        if further:
            kilobytes = sum(map(len, further)) / 1000
            _logger.warning(
                "%s: its XMP goes on in further segments (%.0f kB), which were left out",
                name, kilobytes,
            )  # fmt: skip
    exif = strip_exif_prefix(image.info.get("exif"))
    comment = image.info.get("comment")
    texts = texts_of_comment(comment) if isinstance(comment, bytes) else ()
    xmp, density = image.info.get("xmp"), _density(image)
    return Metadata(exif=exif, xmp=xmp, iptc=iptc, density=density, texts=texts)


def _density(image: Image.Image) -> Density | None:
    """Take the density that a file declares besides EXIF: in JFIF's header, PNG's pHYs, BMP's.

    Pillow itself prefers EXIF's for JPEG files, and calls JFIF's aspect ratio a density.
    """
    if "jfif_density" in image.info:
        unit = {1: 1.0, 2: 2.54}.get(image.info.get("jfif_unit", 0))
        return declared_density(*(unit * n for n in image.info["jfif_density"])) if unit else None
    if image.format in ("JPEG", "MPO", "TIFF") or len(image.info.get("dpi", ())) != 2:
        return None
    return declared_density(*map(float, image.info["dpi"]))


def _jpeg_iptc(segments: list[tuple[str, bytes]]) -> bytes | None:
    """Join Photoshop's image resources, one of which is IPTC, from a JPEG's APP13 segments."""
    parts = [
        data.removeprefix(PHOTOSHOP_HEADER)
        for marker, data in segments
        if marker == "APP13" and data.startswith(PHOTOSHOP_HEADER)
    ]
    return PHOTOSHOP_HEADER + b"".join(parts) if parts else None
