"""Converts the numbers of a TIFF page to levels of gray, RGB or CMYK, by what its tags declare.

White is the largest number of the declared bits, or 1 for floating-point numbers: it never depends
on the values. Floating-point values beyond 1 are highlights.
Source: TIFF 6.0, sections 4 to 6, 16, 18, 20, 21; Adobe, Photoshop TIFF Technical Note 3.
"""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Real, Shaped

from jphoto.errors import ImageError
from jphoto.images.pixels import RANGE_TOLERANCE, Pixels

if TYPE_CHECKING:
    from tifffile import TiffPage

_WHITE_IS_ZERO, _PALETTE, _YCBCR = 0, 3, 6
_COLOR_CHANNELS = {_WHITE_IS_ZERO: 1, 1: 1, 2: 3, _PALETTE: 1, 5: 4, _YCBCR: 3}
"""By PhotometricInterpretation; 1 is gray, 2 RGB, 5 CMYK."""
_COLOR_NAMES = {4: "mask", 8: "Lab", 9: "Lab", 10: "Lab", 32844: "LogL", 32845: "LogLuv"}
_JPEG = (6, 7, 33007)  # compressions, of which imagecodecs converts YCbCr to RGB
_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED = 1, 2, 3, 4  # SampleFormat
_PREMULTIPLIED, _OPACITY = 1, 2  # ExtraSamples; 0 is any other channel, such as a saved selection
_INK_SET, _CMYK_INKS = 332, 1
_BRIGHTEST = np.float32(65504)  # the largest float16; products of larger ones might overflow

_logger = logging.getLogger(__name__)

_Levels = Real[np.ndarray, "h w c"]


def read_pixels(page: "TiffPage", name: str) -> Pixels:
    """Decode a page.

    Args:
      page: whose size and data were checked.
      name: of the photo in messages.

    Returns: the levels as they are stored, not turned, without profile and metadata.
    Raises: ImageError, if its numbers have no clear meaning; any other error, if it is damaged.
    """
    colors = _check_kind(page, name)
    bits = page.bitspersample
    if _has_whole_words(page):
        page.bitspersample = _word_size(bits)  # tifffile takes it from here
    stored = _stored(page)
    if stored.shape[2] < colors:
        raise ImageError(f"{name} has {stored.shape[2]} of {colors} channels; save it as RGB")
    alpha_index, premultiplied = _opacity(page, stored.shape[2] - colors)
    kept = [*range(colors), *([] if alpha_index is None else [colors + alpha_index])]
    if len(kept) < stored.shape[2]:
        _logger.warning("%s: channels that are neither color nor opacity were left out", name)
        stored = stored[..., kept]
    if page.photometric == _PALETTE:
        levels, white = _palette_levels(page, stored)
    else:
        levels, white = _levels(stored, bits, name)
    has_alpha = alpha_index is not None
    if page.photometric == _WHITE_IS_ZERO and levels.dtype.kind != "i":
        levels[..., 0] = levels.dtype.type(white) - levels[..., 0]
    if premultiplied:
        levels = _divided_by_opacity(levels, white)
    return Pixels(levels, white, has_alpha)


def is_stored_as_ycbcr(page: "TiffPage") -> bool:
    """Whether a page has YCbCr colors that imagecodecs does not convert to RGB."""
    together = page.planarconfig == 1
    return page.photometric == _YCBCR and not (page.compression in _JPEG and together)


def can_decompress(page: "TiffPage") -> bool:
    """Whether tifffile knows the compression of a page."""
    import tifffile

    return page.compression == 1 or page.compression in tifffile.TIFF.DECOMPRESSORS


def _check_kind(page: "TiffPage", name: str) -> int:
    """Return the number of color channels. Raises: ImageError, if they have no clear meaning."""
    inks = page.tags.valueof(_INK_SET, _CMYK_INKS)
    if page.photometric not in _COLOR_CHANNELS or inks != _CMYK_INKS or is_stored_as_ycbcr(page):
        colors = "ink" if inks != _CMYK_INKS else _COLOR_NAMES.get(page.photometric, "")
        colors = "YCbCr" if page.photometric == _YCBCR else colors or f"kind {page.photometric}"
        raise ImageError(f"{name} has {colors} colors; save it as RGB")
    kinds = {_UNSIGNED: "", _SIGNED: "signed ", _FLOAT: "floating-point ", _UNDEFINED: ""}
    if page.dtype is None or page.sampleformat not in kinds:
        numbers = f"{kinds.get(page.sampleformat, 'complex ')}numbers of {page.bitspersample}"
        raise ImageError(f"{name} has {numbers} bits; save it as RGB of 8 or 16 bits")
    if not can_decompress(page):
        raise ImageError(
            f"{name} has the compression {int(page.compression)}, which cannot be read; save it "
            f"uncompressed or as PNG"
        )
    return _COLOR_CHANNELS[page.photometric]


def _word_size(bits: int) -> int:
    return 16 if bits <= 16 else 32


def _has_whole_words(page: "TiffPage") -> bool:
    """Whether numbers of 9 to 31 bits are stored in 16 or 32 bits each, not packed as they should.

    The length of the data tells.
    """
    import tifffile

    bits, codecs = page.bitspersample, tifffile.TIFF
    if (
        not isinstance(bits, int)
        or not 8 < bits < 32
        or page.compression in codecs.IMAGE_COMPRESSIONS
    ):
        return False
    height, width = page.rowsperstrip, page.imagewidth
    if page.is_tiled:
        height, width = page.tilelength, page.tilewidth
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    needed = _word_size(bits) // 8 * samples * width * height
    if page.compression == 1:
        return page.databytecounts[0] >= needed
    file = page.parent.filehandle
    file.seek(page.dataoffsets[0])
    data = codecs.DECOMPRESSORS[page.compression](file.read(page.databytecounts[0]), out=needed)
    return len(data) >= needed


def _stored(page: "TiffPage") -> Shaped[np.ndarray, "h w c"]:
    """Decode the numbers of a page, the channels of a pixel together, the first of its layers."""
    array = page.asarray().reshape(page.shaped)[:, 0]
    return array[0] if len(array) == 1 else array[..., 0].transpose(1, 2, 0)


def _opacity(page: "TiffPage", extra: int) -> tuple[int | None, bool]:
    """Find opacity among the channels after the colors.

    Returns: its place among them, or None; whether colors were multiplied by it.
    """
    kinds = [int(kind) for kind in page.extrasamples][:extra]
    if not kinds and extra == 1:
        return 0, False  # a program that does not say what its fourth channel is means opacity
    for place, kind in enumerate(kinds):
        if kind in (_PREMULTIPLIED, _OPACITY):
            return place, kind == _PREMULTIPLIED
    return None, False


def _levels(stored: Shaped[np.ndarray, "h w c"], bits: Any, name: str) -> tuple[_Levels, float]:
    """Convert stored numbers to levels and their white."""
    if stored.dtype.kind == "f":
        return _float_levels(stored, name), 1.0
    if stored.dtype == np.bool_:
        return stored.astype(np.uint8) * np.uint8(255), 255.0
    if stored.dtype == np.uint64:
        return (stored >> np.uint64(32)).astype(np.uint32), float(2**32 - 1)
    if not isinstance(bits, int) or bits in (8, 16, 32):  # tifffile scales those of unequal bits
        return np.array(stored), float(np.iinfo(stored.dtype).max)
    white = 2**bits - 1
    if bits > 8:
        return np.minimum(stored, stored.dtype.type(white)), float(white)
    table = np.rint(np.arange(white + 1) * (255 / white)).astype(np.uint8)
    return table[stored], 255.0


@np.errstate(over="ignore")
def _float_levels(stored: Shaped[np.ndarray, "h w c"], name: str) -> Float32[np.ndarray, "h w c"]:
    levels: np.ndarray = stored.astype(np.float32)
    low, high = float(levels.min()), float(levels.max())
    if not np.isfinite([low, high]).all():  # a NaN anywhere makes both ends NaN
        raise ImageError(
            f"{name} has values that are infinite or not numbers; save it as RGB of 8 or 16 bits"
        )
    if high > 1 + RANGE_TOLERANCE:
        _logger.warning("%s: values beyond 1, up to %g, are read as highlights", name, high)
    return np.clip(levels, -_BRIGHTEST, _BRIGHTEST, out=levels)


def _palette_levels(
    page: "TiffPage", stored: Shaped[np.ndarray, "h w index"]
) -> tuple[_Levels, float]:
    """Look colors up: they have 16 bits in the file, which most programs make from 8."""
    palette = page.colormap
    if palette is None:
        raise ValueError("it has no table of colors")
    table = palette.T.astype(np.uint16)
    low, high = table & 255, table >> 8
    deep = bool(((low != 0) & (low != high)).any())
    index = stored[..., 0].astype(np.intp)
    if index.max() >= len(table):
        raise ValueError(f"it has color {index.max()} of {len(table)}")
    levels = (table if deep else high.astype(np.uint8))[index]
    if stored.shape[2] > 1:
        opacity = stored[..., 1:].astype(np.float32) / (2**page.bitspersample - 1)
        opacity = np.rint(opacity * np.iinfo(levels.dtype).max).astype(levels.dtype)
        levels = np.concatenate([levels, opacity], axis=-1)
    return levels, float(np.iinfo(levels.dtype).max)


def _divided_by_opacity(levels: _Levels, white: float) -> _Levels:
    """Divide colors by the opacity after them; where that is 0 they stay as they are."""
    opacity = levels[..., -1:].astype(np.float32) / np.float32(white)
    colors = levels[..., :-1] / np.where(opacity > 0, opacity, np.float32(1))
    if levels.dtype.kind != "f":
        colors = np.rint(np.minimum(colors, white))
    divided: np.ndarray = np.concatenate([colors, levels[..., -1:]], axis=-1)
    return divided.astype(levels.dtype)
