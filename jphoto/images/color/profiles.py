"""Color profiles: from what a file embeds to extended sRGB, and back for the files that we write.

Conversions are relative colorimetric with black point compensation, as photo editors do by
default: white stays white, black stays black. Profiles of curves and a matrix are converted in
floating point, both ways. Those of tables (of CMYK, of some scanners) have no good way back:
libvips converts them to sRGB, and from then on the photo is one of sRGB.
"""

import functools
import io
import logging
import struct
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, Real, UInt16
from PIL import ImageCms

from jphoto.images import libvips
from jphoto.images.color import icc, srgb
from jphoto.images.pixels import Pixels
from jphoto.images.sizes import strips
from jphoto.images.source import reason

_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}

_COARSEST = 1e-3  # linear light of the first of 255 levels: 3e-4 in sRGB, 4e-3 in linear profiles

_logger = logging.getLogger(__name__)

_Levels = Real[np.ndarray, "h w c"]
_Strip = Float32[np.ndarray, "h w _"]
_Convert = Callable[[_Levels, float], _Strip]


@functools.cache
def srgb_profile() -> bytes:
    """Make a small sRGB profile; its date is fixed, so that equal pictures give equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return profile[:24] + date + profile[36:]  # bytes 24 to 35 of every ICC header


@functools.cache
def gray_profile() -> bytes:
    """Make a small profile of gray with the curve of sRGB."""
    tags = icc.read_tags(srgb_profile())
    kept = {name: tags[name] for name in ("desc", "cprt", "wtpt")}
    return icc.write_tags(srgb_profile()[:128], "GRAY", kept | {"kTRC": tags["rTRC"]})


def to_extended(pixels: Pixels, name: str) -> tuple[Float32[np.ndarray, "h w 3"], bytes | None]:
    """Convert pixels to extended sRGB.

    Args:
      pixels: if their profile is broken or for other channels, it is ignored with a warning.
      name: how the log calls the photo.

    Returns: the picture, and the profile for files of pictures made from it: None for sRGB, also
      if the photo has one of the many profiles that hardly differ from sRGB.
    """
    convert: _Convert = _plain
    kept = None
    if pixels.profile:
        try:
            convert, kept = _conversion(pixels.profile, pixels.color.shape[2])
        except ValueError as cause:
            text = reason(cause)
            _logger.warning("%s: its color profile is broken and was ignored (%s)", name, text)
    picture = np.empty((*pixels.color.shape[:2], 3), np.float32)
    for rows in strips(len(picture)):
        picture[rows] = convert(pixels.color[rows], pixels.white)
    return picture, kept


def from_extended(
    profile: bytes | None, *, gray: bool, depth: int
) -> tuple[bytes, Callable[[_Strip], _Strip]]:
    """Choose the profile of a file, and the way to its pixels.

    Args:
      profile: from `to_extended`. It is replaced by sRGB if it is for other channels than the
        file's, or so nearly linear that 8 bits of it show steps in the shadows.
      gray: whether the file has the one channel of gray.
      depth: bits of each channel.

    Returns: the profile to embed, and a function from extended sRGB to device values.
    """
    shaper = icc.read_shaper(profile) if profile else None
    unfit = shaper is None or gray != (shaper.matrix is None)
    if shaper is not None and depth == 8:
        unfit |= shaper.curves[:, 257].max() > _COARSEST
    if profile is None or shaper is None or unfit:
        return (gray_profile(), _gray) if gray else (srgb_profile(), lambda picture: picture)
    matrix = srgb.LUMINANCE if shaper.matrix is None else _between(shaper.matrix, _srgb_to_xyz())
    device = icc.from_linear(shaper)
    return profile, lambda picture: device(srgb.decoded(picture) @ matrix.T)


def _conversion(profile: bytes, channels: int) -> tuple[_Convert, bytes | None]:
    """The way from levels to extended sRGB, and the profile to keep."""
    space = icc.color_space(profile)
    # Gray files often carry the RGB profile of their editor.
    if space != _SPACES[channels] and (space, channels) != ("RGB", 1):
        raise ValueError(f"it is for {space} pixels and these are {_SPACES[channels]}")
    shaper = icc.read_shaper(profile)
    matrix = None
    if shaper is None:
        _check_tables(profile, _MODES[space])
    elif shaper.matrix is not None:
        matrix = _between(_srgb_to_xyz(), shaper.matrix)

    def convert(levels: _Levels, white: float) -> _Strip:
        deep = _sixteen_bits(levels, white)
        if space == "RGB":
            deep = np.broadcast_to(deep, (*deep.shape[:2], 3))
        if shaper is None:
            return libvips.convert(deep, profile)
        linear = icc.to_linear(shaper, deep)
        return srgb.encoded(linear if matrix is None else linear @ matrix.T)

    # All combinations of a few levels; in sRGB they come back within a level of 255.
    axes = [np.arange(0, 256, 51, dtype=np.uint8)] * channels
    levels = np.stack(np.meshgrid(*axes), axis=-1).reshape(1, -1, channels)
    after = convert(levels, 255.0)
    if channels != 4 and np.abs(255 * after - levels).max() <= 1:
        return _plain, None
    return convert, None if shaper is None else profile


def _check_tables(profile: bytes, mode: str) -> None:
    """Raise ValueError for broken profiles, for which libvips would quietly take one of its own."""
    try:
        start = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        end = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
        ImageCms.buildTransform(start, end, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    except (ImageCms.PyCMSError, OSError) as cause:
        raise ValueError(reason(cause)) from cause


def _plain(levels: _Levels, white: float) -> _Strip:
    """Levels without a profile: gray and RGB are sRGB's; ink takes away its share of light."""
    values = levels.astype(np.float32)
    values /= np.float32(white)
    return values if levels.shape[2] < 4 else (1 - values[..., :3]) * (1 - values[..., 3:])


def _sixteen_bits(levels: _Levels, white: float) -> UInt16[np.ndarray, "h w c"]:
    if levels.dtype == np.uint8:
        return levels.astype(np.uint16) * np.uint16(257)
    if white == 65535:
        return levels.astype(np.uint16, copy=False)
    deep: np.ndarray = np.rint(levels * np.float32(65535 / white)).astype(np.uint16)
    return deep


def _gray(picture: _Strip) -> _Strip:
    return srgb.encoded(srgb.decoded(picture) @ srgb.LUMINANCE.T)


@functools.cache
def _srgb_to_xyz() -> Float[np.ndarray, "3 3"]:
    shaper = icc.read_shaper(srgb_profile())
    assert shaper is not None and shaper.matrix is not None  # our own profile is of that kind
    return shaper.matrix


def _between(
    target: Float[np.ndarray, "3 3"], source: Float[np.ndarray, "3 3"]
) -> Float32[np.ndarray, "3 3"]:
    """From one profile's linear light to another's, by way of XYZ."""
    matrix: np.ndarray = (np.linalg.inv(target) @ source).astype(np.float32)
    return matrix
