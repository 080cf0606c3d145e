"""Files to pixels: by Pillow, or, where that would round to 8 bits, by libvips; HEIC by libheif.

Which of them, the first bytes decide. Of 24 megapixels of 8 bits Pillow decodes a JPEG in 0.4 s and
a PNG in 0.9 s, libvips in 0.3 s and 0.4 s: too little to have two readers of the same files.
"""

import os
from io import BufferedReader
from pathlib import Path

import numpy as np

from jphoto.errors import ImageError
from jphoto.images import libvips
from jphoto.images.pixels import Pixels, bare_exif, from_image, image_metadata
from jphoto.images.source import decoding, loaded, open_file, refuse_bomb, upright
from jphoto.metadata import Metadata
from jphoto.metadata.tiff_exif import read_exif
from jphoto.metadata.tiff_tags import (
    BITS,
    COMPRESSION,
    EXTRA_SAMPLES,
    IPTC,
    SAMPLES,
    XMP,
    Tags,
    read_tags,
)

_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}

_OPACITY = (1, 2)  # extra samples, premultiplied or not; any other is an editor's selection
_LZMA, _ZSTD, _WEBP = 34925, 50000, 50001  # compressions that libvips' wheels lack


def from_file(path: str | os.PathLike[str], name: str) -> Pixels:
    """Read the first picture of a file.

    Raises: ImageError, if it cannot be read or its values have no clear meaning.
    """
    with open_file(path, name, ImageError) as file:
        head = file.peek(64)
        tags = None
        with decoding(name, ImageError):
            if head.startswith(_TIFF):
                tags = read_tags(file)
                file.seek(0)
            pixels = _deep(file, head, tags, name)
        if pixels is None:
            image = loaded(file, name, ImageError)
            pixels = from_image(upright(image, name), name)
            pixels = pixels._replace(metadata=image_metadata(image))
    if tags is not None:
        blobs = tags.blobs.get(XMP), tags.blobs.get(IPTC)
        pixels = pixels._replace(metadata=Metadata(read_exif(Path(path)), *blobs))
    return pixels


def _deep(file: BufferedReader, head: bytes, tags: Tags | None, name: str) -> Pixels | None:
    """The pixels of a file that Pillow would round or cannot read; None for another file."""
    if head.startswith(_PNG) and head[24] == 16 and head[25] != 0:  # 16 bits, and not gray alone
        return libvips.decode(file, "png", name)
    if tags is not None and _is_deep(tags):
        extra = tags.numbers.get(EXTRA_SAMPLES, (0,))[0]
        return libvips.decode(file, "tiff", name, opacity=extra in _OPACITY)
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[start : start + 4] for start in (8, *range(16, size, 4))}
        if brands & _AVIF:
            return libvips.decode(file, "heif", name)
        if brands & _HEIC:
            return _heic(file)
    return None


def _is_deep(tags: Tags) -> bool:
    bits = max(tags.numbers.get(BITS, (1,)))
    (samples, *_), (compression, *_) = (tags.numbers.get(t, (1,)) for t in (SAMPLES, COMPRESSION))
    deep = bits == 16 or (bits > 16 and samples > 1)
    return deep and compression not in (_LZMA, _ZSTD, _WEBP)


def _heic(file: BufferedReader) -> Pixels:
    import pi_heif  # type: ignore[import-untyped]

    # It turns by the container's own notes; HEIF has EXIF's orientation disregarded.
    heif = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    refuse_bomb(*heif.size)
    levels = np.array(heif)  # a copy: the decoder's memory goes with it
    white = float(2 ** heif.info["bit_depth"] - 1)
    metadata = Metadata(exif=bare_exif(heif.info.get("exif")), xmp=heif.info.get("xmp"))
    levels = levels.reshape(*levels.shape[:2], -1)
    return Pixels(levels, white, heif.has_alpha, heif.info.get("icc_profile"), metadata)
