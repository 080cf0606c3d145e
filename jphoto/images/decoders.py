"""Files to pixels: by Pillow, or, where that would round to 8 bits, by libvips; HEIC by libheif.

Which of them, the first bytes decide. Of 24 megapixels of 8 bits Pillow decodes a JPEG in 0.4 s and
a PNG in 0.9 s, libvips in 0.3 s and 0.4 s: too little to have two readers of the same files.
"""

import os
from io import BufferedReader
from pathlib import Path

import numpy as np
from PIL import TiffImagePlugin

from jphoto.errors import ImageError
from jphoto.images import libvips
from jphoto.images.metadata import Metadata
from jphoto.images.pixels import Pixels, bare_exif, from_image, image_metadata
from jphoto.images.source import decoding, loaded, open_file, refuse_bomb, upright
from jphoto.images.tiff import read_exif

_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}

_BITS, _COMPRESSION, _SAMPLES, _EXTRA = 258, 259, 277, 338  # tags of TIFF
_LZMA, _ZSTD, _WEBP = 34925, 50000, 50001  # compressions that libvips' wheels lack


def from_file(path: str | os.PathLike[str], name: str) -> Pixels:
    """Read the first picture of a file.

    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(path, name, ImageError) as file:
        head = file.peek(64)
        with decoding(name, ImageError):
            pixels = _deep(file, head, name)
        if pixels is None:
            image = loaded(file, name, ImageError)
            pixels = from_image(upright(image, name), name)
            pixels = pixels._replace(metadata=image_metadata(image))
    if head.startswith(_TIFF):
        metadata = pixels.metadata._replace(exif=read_exif(Path(path)))
        pixels = pixels._replace(metadata=metadata)
    return pixels


def _deep(file: BufferedReader, head: bytes, name: str) -> Pixels | None:
    """The pixels of a file that Pillow would round or cannot read; None for another file."""
    if head.startswith(_PNG) and head[24] == 16 and head[25] != 0:  # 16 bits, and not gray alone
        return libvips.decode(file, "png", name)
    if head.startswith(_TIFF):
        tags = _tiff_tags(file)
        bits = max(tags.get(_BITS, (1,)))
        deep = bits == 16 or (bits > 16 and tags.get(_SAMPLES, 1) > 1)
        if deep and tags.get(_COMPRESSION) not in (_LZMA, _ZSTD, _WEBP):
            return libvips.decode(file, "tiff", name, tags.get(_EXTRA, (0,))[0])
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[start : start + 4] for start in (8, *range(16, size, 4))}
        if brands & _AVIF:
            return libvips.decode(file, "heif", name)
        if brands & _HEIC:
            return _heic(file)
    return None


def _tiff_tags(file: BufferedReader) -> TiffImagePlugin.ImageFileDirectory_v2:
    head = file.read(8)
    if b"+" in head[2:4]:  # BigTIFF
        head += file.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    file.seek(tags.next)
    tags.load(file)
    file.seek(0)
    return tags


def _heic(file: BufferedReader) -> Pixels:
    import pi_heif  # type: ignore[import-untyped]

    # It turns by the container's own notes; HEIF has EXIF's orientation disregarded.
    heif = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    refuse_bomb(*heif.size)
    # Copied, as the decoder's memory goes with it; cut, as it may have wider rows than the picture.
    levels = np.array(heif)[:, : heif.size[0]]
    white = float(2 ** heif.info["bit_depth"] - 1)
    metadata = Metadata(exif=bare_exif(heif.info.get("exif")), xmp=heif.info.get("xmp"))
    levels = levels.reshape(*levels.shape[:2], -1)
    return Pixels(levels, white, heif.has_alpha, heif.info.get("icc_profile"), metadata)
