"""Decodes PNG files: by Pillow those of 8 bits, by imagecodecs those of 16, which Pillow rounds.

`chunks` reads color, EXIF and XMP. libvips decodes 24 megapixels of 16 bits in 1.6 s,
imagecodecs in 2.2 s: too small a gain for another library.
"""

from typing import BinaryIO

import numpy as np
from jaxtyping import UInt

from jphoto.images.decoders import pillow
from jphoto.images.decoders.frames import tell_frames
from jphoto.images.decoders.png.chunks import SIGNATURE, Chunks, read_chunks
from jphoto.images.decoders.upright import orientation_of_block, upright
from jphoto.images.limits import refuse_too_large
from jphoto.images.pixels import Pixels
from jphoto.metadata import Metadata


def decodes(head: bytes) -> bool:
    """Whether a file that begins with these bytes is for this decoder."""
    return head.startswith(SIGNATURE)


def decode(file: BinaryIO, name: str) -> Pixels:
    """Decode a file. Raises: any error, if it is damaged; ImageError, see `pillow.decode`."""
    file.seek(0)
    header = file.read(33)
    chunks = read_chunks(file, name)
    tell_frames(chunks.frames, name)
    deep = header[12:16] == b"IHDR" and header[24:25] == b"\x10"
    pixels = _decode_deep(header, chunks) if deep else pillow.decode(chunks.pixels, name)
    if chunks.narrow_range:
        pixels = pixels._replace(levels=_full_range(pixels.levels, pixels.has_alpha))
    pixels = pixels._replace(
        profile=chunks.profile,
        cicp=chunks.cicp,
        calibration=chunks.calibration,
        metadata=Metadata(chunks.exif, chunks.xmp, chunks.iptc, chunks.density, chunks.texts),
    )
    return upright(pixels, orientation_of_block(chunks.exif, name))


def _decode_deep(header: bytes, chunks: Chunks) -> Pixels:
    """Decode the pixels of 16 bits. Raises: any error, if they are damaged or cut short."""
    import imagecodecs

    refuse_too_large(int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big"))
    if not chunks.complete:
        raise EOFError("it ends before its last chunk")
    levels = imagecodecs.png_decode(chunks.pixels.read())
    levels = levels.reshape(*levels.shape[:2], -1)
    return Pixels(levels, 65535.0, levels.shape[2] in (2, 4))


def _full_range(levels: UInt[np.ndarray, "h w c"], has_alpha: bool) -> UInt[np.ndarray, "h w c"]:
    """Stretch colors from narrow range. Source: ITU-R BT.2100-3, table 9."""
    white, unit = np.iinfo(levels.dtype).max, 2 ** (8 * levels.itemsize - 8)
    values = (levels.astype(np.float32) - 16 * unit) * np.float32(white / (219 * unit))
    full: np.ndarray = np.rint(values).clip(0, white).astype(levels.dtype)
    if has_alpha:
        full[..., -1] = levels[..., -1]
    return full
