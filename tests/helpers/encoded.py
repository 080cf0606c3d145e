"""A photo as a small file of every format that is read, in bits and channels of choice."""

import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from helpers import raws
from helpers.originals import heic
from PIL import Image

from jphoto.images.color import srgb

HEIGHT, WIDTH = 44, 60
_DOWN, _ACROSS = np.mgrid[0:HEIGHT, 0:WIDTH] / np.array([[[HEIGHT - 1]], [[WIDTH - 1]]])
PHOTO = np.stack([(_DOWN + _ACROSS) / 2, _DOWN, _ACROSS], axis=-1)
"""Slow gradients from 0 to 1, so that 8 bits and more can be told apart."""


class CannotBeMadeError(Exception):
    """The format, or the library that makes the file, has no such bits or channels."""


def levels_of(bits: int, channels: str) -> np.ndarray:
    """The photo in integer levels: L, RGB, CMYK, each with A for opacity."""
    colors = channels.removesuffix("A")
    values = {"L": PHOTO[..., 2:], "RGB": PHOTO, "CMYK": np.dstack([1 - PHOTO, 0 * _DOWN])}[colors]
    if channels.endswith("A"):
        values = np.dstack([values, 0.5 + 0.5 * _DOWN])
    levels = np.rint(values * (2**bits - 1))
    return levels.astype(np.uint8 if bits <= 8 else np.uint16)


def _by_pillow(kind: str, modes: tuple[str, ...], **options: object) -> Callable[..., None]:
    def encode(path: Path, bits: int, channels: str) -> None:
        if bits != 8 or channels not in modes:
            raise CannotBeMadeError
        image = Image.fromarray(levels_of(8, channels).squeeze())
        if channels == "CMYK":  # not RGBA
            image = Image.frombytes("CMYK", image.size, image.tobytes())
        image.save(path, kind, **options)

    return encode


def _by_codec(encode: Callable[..., bytes], bits: tuple[int, ...], *modes: str, **options: object):
    def write(path: Path, depth: int, channels: str) -> None:
        if depth not in bits or channels not in modes:
            raise CannotBeMadeError
        path.write_bytes(encode(levels_of(depth, channels).squeeze(), depth, **options))

    return write


def _declared(levels: np.ndarray) -> np.ndarray:
    """Levels as imagecodecs declares them in JPEG XL: those of 16 bits are linear light."""
    if levels.dtype == np.uint8:
        return levels
    values = levels.astype(np.float32) / np.float32(65535)
    colors = values.shape[2] if values.ndim == 3 else 0
    plain = slice(None, -1) if colors in (2, 4) else slice(None)
    values[..., plain] = srgb.decode(values[..., plain]) if colors else srgb.decode(values)
    return np.rint(values * 65535).astype(np.uint16)


def _tiff(path: Path, bits: int, channels: str) -> None:
    kind = {"L": "minisblack", "RGB": "rgb", "CMYK": "separated"}[channels.removesuffix("A")]
    extra = {"extrasamples": ["unassalpha"]} if channels.endswith("A") else {}
    if bits == 32:
        values = (levels_of(16, channels) / 65535).astype(np.float32)
        tifffile.imwrite(path, values.squeeze(), photometric=kind, **extra)
        return
    if bits < 8 and channels != "L":
        raise CannotBeMadeError
    levels = levels_of(bits, channels).squeeze()
    packed = {} if bits in (8, 16) else {"bitspersample": bits}
    tifffile.imwrite(path, levels, photometric=kind, **packed, **extra)


def _jpeg(path: Path, bits: int, channels: str) -> None:
    if bits == 8:
        modes = ("L", "RGB", "CMYK")
        _by_pillow("JPEG", modes, quality=100, subsampling=0)(path, bits, channels)
    elif bits in (12, 16) and channels in ("L", "RGB"):
        levels = levels_of(bits, channels).squeeze()
        options = {"level": 99, "bitspersample": bits, "lossless": bits == 16}
        path.write_bytes(imagecodecs.jpeg_encode(levels, **options))
    else:
        raise CannotBeMadeError


def _heic(path: Path, bits: int, channels: str) -> None:
    if bits not in (8, 10, 12) or channels not in ("L", "RGB", "RGBA"):
        raise CannotBeMadeError
    heic(path, levels_of(bits, channels) << (16 - bits if bits > 8 else 0), twelve=bits == 12)


def _netpbm(path: Path, bits: int, channels: str) -> None:
    if bits == 32 and channels in ("L", "RGB"):
        values = levels_of(16, channels)[::-1] / 65535
        kind = b"Pf" if channels == "L" else b"PF"
        path.write_bytes(
            b"%s\n%d %d\n-1.0\n" % (kind, WIDTH, HEIGHT) + values.astype("<f4").tobytes()
        )
        return
    if bits > 16 or channels.startswith("CMYK"):
        raise CannotBeMadeError
    levels = levels_of(bits, channels)
    data = levels.astype(">u2" if bits > 8 else "u1").tobytes()
    size, white = b"%d %d" % (WIDTH, HEIGHT), 2**bits - 1
    if channels in ("L", "RGB"):
        header = b"P%d %s %d\n" % (5 if channels == "L" else 6, size, white)
    else:
        kind = {"LA": b"GRAYSCALE_ALPHA", "RGBA": b"RGB_ALPHA"}[channels]
        header = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n" % (
            WIDTH, HEIGHT, len(channels), white, kind,
        )  # fmt: skip
    path.write_bytes(header + data)


def _raw(path: Path, bits: int, channels: str) -> None:
    if (bits, channels) != (16, "RGB"):
        raise CannotBeMadeError
    raws.dng(path, srgb.decode(PHOTO.astype(np.float32)))


def _psd(path: Path, bits: int, channels: str) -> None:
    """Only the flattened picture, as Photoshop writes it without layers."""
    if bits != 8 or channels not in ("L", "RGB", "CMYK"):
        raise CannotBeMadeError
    levels = levels_of(8, channels)
    planes = np.moveaxis(255 - levels if channels == "CMYK" else levels, -1, 0)
    mode = {"L": 1, "RGB": 3, "CMYK": 4}[channels]
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, len(planes), HEIGHT, WIDTH, 8, mode)
    path.write_bytes(header + bytes(12) + b"\0\0" + planes.tobytes())


ENCODERS: dict[str, Callable[[Path, int, str], None]] = {
    "PNG": _by_codec(
        lambda levels, bits: imagecodecs.png_encode(levels), (8, 16), "L", "LA", "RGB", "RGBA"
    ),
    "TIFF": _tiff,
    "WebP": _by_pillow("WEBP", ("RGB", "RGBA"), lossless=True, exact=True),
    "JPEG": _jpeg,
    "BMP": _by_pillow("BMP", ("L", "RGB", "RGBA")),
    "HEIC": _heic,
    "AVIF": _by_codec(
        lambda levels, bits: imagecodecs.avif_encode(levels, level=100, bitspersample=bits),
        (8, 10, 12), "L", "RGB", "RGBA",
    ),
    "JPEG XL": _by_codec(
        lambda levels, bits: imagecodecs.jpegxl_encode(_declared(levels), lossless=True),
        (8, 16), "L", "LA", "RGB", "RGBA",
    ),
    "JPEG 2000": _by_codec(
        lambda levels, bits: imagecodecs.jpeg2k_encode(
            levels, level=0, reversible=True, bitspersample=bits
        ),
        (8, 10, 12, 14, 16), "L", "RGB", "RGBA",
    ),
    "MPO": _by_pillow("MPO", ("L", "RGB"), quality=100, subsampling=0),
    "PSD": _psd,
    "GIF": _by_pillow("GIF", ("L",)),
    "PPM": _netpbm,
    "TGA": _by_pillow("TGA", ("L", "RGB", "RGBA")),
    "SGI": _by_pillow("SGI", ("L", "RGB", "RGBA")),
    "PCX": _by_pillow("PCX", ("L", "RGB")),
    "QOI": _by_codec(lambda levels, bits: imagecodecs.qoi_encode(levels), (8,), "RGB", "RGBA"),
    "raw": _raw,
}  # fmt: skip
"""By the names in the list of formats: each writes a file of some bits and channels."""
