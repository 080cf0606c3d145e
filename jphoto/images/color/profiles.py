"""Converts photos from their color profile to extended sRGB, and pictures back for their files.

Conversions are relative colorimetric with black point compensation, as in photo editors by
default: white stays white, black stays black. Profiles of tone curves and a matrix are applied in
floating point, in both directions. LUT-based profiles (of CMYK, of some scanners) have no accurate
inverse: libvips converts such photos to sRGB, and files made from them are sRGB.
"""

import functools
import io
import logging
import struct
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Real, UInt16
from PIL import ImageCms

from jphoto.images import libvips
from jphoto.images.color import icc, srgb
from jphoto.images.pixels import Pixels
from jphoto.images.sizes import strips
from jphoto.images.source import reason

_COLOR_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_PILLOW_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}

# The most linear light that level 1 of 255 may be: it is 3e-4 in sRGB and 4e-3 in linear profiles,
# where 8 bits show steps in the shadows.
_LARGEST_FIRST_STEP = 1e-3

# Adobe RGB (1998), section 4.3: its primaries in XYZ relative to D50, and its gamma.
_ADOBE_MATRIX = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
_ADOBE_GAMMA = 563 / 256

_logger = logging.getLogger(__name__)

_Levels = Real[np.ndarray, "h w c"]
_Strip = Float32[np.ndarray, "h w _"]
_Convert = Callable[[_Levels, float], _Strip]


@functools.cache
def srgb_profile() -> bytes:
    """Make a small sRGB profile with a fixed date, so that equal pictures give equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return profile[:24] + date + profile[36:]  # bytes 24 to 35 of every ICC header


@functools.cache
def gray_profile() -> bytes:
    """Make a small gray profile with the curve of sRGB."""
    tags = icc.read_tags(srgb_profile())
    kept = {name: tags[name] for name in ("desc", "cprt", "wtpt")}
    return icc.write_tags(srgb_profile()[:128], "GRAY", kept | {"kTRC": tags["rTRC"]})


def color_space_of(profile: bytes) -> Literal["srgb", "adobe-rgb", "other"]:
    """Say which of the two color spaces that EXIF knows a profile is, by its colors.

    Args:
      profile: an ICC profile of RGB or gray pixels. Gray is sRGB if it has the curve of sRGB.
    """
    channels = 1 if icc.color_space(profile) == "GRAY" else 3
    if (
        icc.color_space(profile) in ("RGB", "GRAY")
        and not _profile_conversion(profile, channels)[1]
    ):
        return "srgb" if icc.read_matrix_profile(profile) else "other"
    parsed = icc.read_matrix_profile(profile)
    if parsed is None or parsed.matrix is None:
        return "other"
    gamma = np.linspace(0, 1, icc.TABLE_SIZE) ** _ADOBE_GAMMA
    same_matrix = np.abs(parsed.matrix - _ADOBE_MATRIX).max() < 2e-3
    return "adobe-rgb" if same_matrix and np.abs(parsed.curves - gamma).max() < 2e-3 else "other"


def to_extended_srgb(
    pixels: Pixels, name: str
) -> tuple[Float32[np.ndarray, "h w 3"], bytes | None]:
    """Convert pixels to extended sRGB.

    Args:
      pixels: a profile that is broken or for other channels is ignored, with a warning in the log.
      name: of the photo in the log.

    Returns: the picture, and the profile for files of pictures made from it, or None for sRGB. It
      is None too if the photo's profile hardly differs from sRGB, as many do.
    """
    convert: _Convert = _convert_without_profile
    kept = None
    if pixels.profile:
        try:
            convert, kept = _profile_conversion(pixels.profile, pixels.color.shape[2])
        except ValueError as cause:
            _logger.warning(
                "%s: its color profile is broken and was ignored (%s)", name, reason(cause)
            )
    picture = np.empty((*pixels.color.shape[:2], 3), np.float32)
    for rows in strips(len(picture)):
        picture[rows] = convert(pixels.color[rows], pixels.white)
    return picture, kept


def output_profile(
    profile: bytes | None, *, gray: bool, depth: int
) -> tuple[bytes, Callable[[_Strip], _Strip]]:
    """Choose the color profile of a file to write, and the conversion to it.

    Args:
      profile: from `to_extended_srgb`. It is replaced by sRGB if it is for other channels than the
        file's, or so nearly linear that 8 bits would show steps in the shadows.
      gray: whether the file has a single channel.
      depth: bits per channel.

    Returns: the profile to embed, and a function from extended sRGB to device values.
    """
    parsed = icc.read_matrix_profile(profile) if profile else None
    unsuitable = parsed is None or gray != (parsed.matrix is None)
    if parsed is not None and depth == 8:
        unsuitable |= parsed.curves[:, 257].max() > _LARGEST_FIRST_STEP
    if profile is None or parsed is None or unsuitable:
        return (gray_profile(), _to_gray) if gray else (srgb_profile(), lambda picture: picture)
    matrix = srgb.LUMINANCE_WEIGHTS
    if parsed.matrix is not None:
        matrix = _linear_conversion(_srgb_to_xyz(), parsed.matrix)
    to_device = icc.from_linear(parsed)
    return profile, lambda picture: to_device(srgb.decode(picture) @ matrix.T)


@functools.lru_cache(maxsize=4)
def _profile_conversion(profile: bytes, channels: int) -> tuple[_Convert, bytes | None]:
    """Build the conversion from levels to extended sRGB, and choose the profile to keep.

    Raises: ValueError, if the profile is broken or for other channels.
    """
    space = icc.color_space(profile)
    # Gray files often embed the RGB profile of the editor that saved them.
    if space != _COLOR_SPACES[channels] and (space, channels) != ("RGB", 1):
        raise ValueError(f"it is for {space} pixels and these are {_COLOR_SPACES[channels]}")
    parsed = icc.read_matrix_profile(profile)
    matrix = None
    if parsed is None:
        _check_lut_profile(profile, _PILLOW_MODES[space])
    elif parsed.matrix is not None:
        matrix = _linear_conversion(parsed.matrix, _srgb_to_xyz())

    def convert(levels: _Levels, white: float) -> _Strip:
        levels = _to_sixteen_bits(levels, white)
        if space == "RGB":
            levels = np.broadcast_to(levels, (*levels.shape[:2], 3))
        if parsed is None:
            return libvips.convert_to_srgb(levels, profile)
        linear = icc.to_linear(parsed, levels)
        return srgb.encode(linear if matrix is None else linear @ matrix.T)

    # All combinations of a few levels: a profile that changes none by more than an 8-bit level is
    # taken for sRGB.
    axes = [np.arange(0, 256, 51, dtype=np.uint8)] * channels
    levels = np.stack(np.meshgrid(*axes), axis=-1).reshape(1, -1, channels)
    converted = convert(levels, 255.0)
    if channels != 4 and np.abs(255 * converted - levels).max() <= 1:
        return _convert_without_profile, None
    return convert, None if parsed is None else profile


def _check_lut_profile(profile: bytes, mode: str) -> None:
    """Refuse broken profiles, in place of which libvips would silently use one of its own.

    Raises: ValueError, if Little CMS cannot use the profile for images of this Pillow mode.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
        ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    except (ImageCms.PyCMSError, OSError) as cause:
        raise ValueError(reason(cause)) from cause


def _convert_without_profile(levels: _Levels, white: float) -> _Strip:
    """Take gray and RGB as sRGB, and each ink of CMYK as removing its share of the light."""
    values = levels.astype(np.float32)
    values /= np.float32(white)
    return values if levels.shape[2] < 4 else (1 - values[..., :3]) * (1 - values[..., 3:])


def _to_sixteen_bits(levels: _Levels, white: float) -> UInt16[np.ndarray, "h w c"]:
    if levels.dtype == np.uint8:
        return levels.astype(np.uint16) * np.uint16(257)
    if white == 65535:
        return levels.astype(np.uint16, copy=False)
    rounded: np.ndarray = np.rint(levels * np.float32(65535 / white)).astype(np.uint16)
    return rounded


def _to_gray(picture: _Strip) -> _Strip:
    return srgb.encode(srgb.decode(picture) @ srgb.LUMINANCE_WEIGHTS.T)


@functools.cache
def _srgb_to_xyz() -> Float[np.ndarray, "3 3"]:
    profile = icc.read_matrix_profile(srgb_profile())
    assert profile is not None and profile.matrix is not None  # true of our own profile
    return profile.matrix


def _linear_conversion(
    source_to_xyz: Float[np.ndarray, "3 3"], target_to_xyz: Float[np.ndarray, "3 3"]
) -> Float32[np.ndarray, "3 3"]:
    """Compute the matrix from one profile's linear RGB to another's, by way of XYZ."""
    matrix: np.ndarray = (np.linalg.inv(target_to_xyz) @ source_to_xyz).astype(np.float32)
    return matrix
