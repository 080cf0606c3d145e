"""Converts pixels from a color profile to extended sRGB, and pictures back for their files.

Conversions are relative colorimetric with black point compensation, as in photo editors by
default: white stays white, black stays black. Profiles of tone curves and a matrix are applied in
both directions, see `icc`. LUT-based profiles (of CMYK, of some scanners) have no accurate inverse:
Little CMS converts such photos to sRGB, and files made from them are sRGB.
"""

import functools
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Real, UInt16

from jphoto.images.color import icc, lut_profiles, srgb
from jphoto.images.color.own_profiles import adobe_rgb_profile, gray_profile, srgb_profile

_COLOR_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}

# The most linear light that level 1 of 255 may be: it is 3e-4 in sRGB and 4e-3 in linear profiles,
# where 8 bits show steps in the shadows.
_LARGEST_FIRST_STEP = 1e-3
_SAME_COLORS = 2e-3  # in linear light and XYZ: half an 8-bit level

_Levels = Real[np.ndarray, "h w c"]
_Strip = Float32[np.ndarray, "h w _"]
Convert = Callable[[_Levels, float], _Strip]
"""From levels and the level of white to extended sRGB, for a strip of rows."""


def color_space_of(profile: bytes) -> Literal["srgb", "adobe-rgb", "other"]:
    """Say which of the two color spaces that EXIF knows a profile is, by its colors.

    Args:
      profile: an ICC profile of RGB or gray pixels. Gray is sRGB if it has the curve of sRGB.

    Raises: ValueError, if it is broken or for other pixels.
    """
    channels = 1 if icc.color_space(profile) == "GRAY" else 3
    same_as_srgb = profile_conversion(profile, channels)[1] is None
    parsed = icc.read_matrix_profile(profile)
    if same_as_srgb:
        return "srgb" if parsed else "other"
    adobe = icc.read_matrix_profile(adobe_rgb_profile())
    if parsed is None or parsed.matrix is None or adobe is None or adobe.matrix is None:
        return "other"
    near = np.abs(parsed.matrix - adobe.matrix).max() < _SAME_COLORS
    return (
        "adobe-rgb"
        if near and np.abs(parsed.curves - adobe.curves).max() < _SAME_COLORS
        else "other"
    )


def output_profile(
    profile: bytes | None, *, gray: bool, depth: int
) -> tuple[bytes, Callable[[_Strip], _Strip]]:
    """Choose the color profile of a file to write, and the conversion to it.

    Args:
      profile: from `profile_conversion`. It is replaced by sRGB if it is for other channels than
        the file's, or so nearly linear that 8 bits would show steps in the shadows.
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
def profile_conversion(profile: bytes, channels: int) -> tuple[Convert, bytes | None]:
    """Build the conversion from levels to extended sRGB, and choose the profile to keep.

    Returns: the conversion, and the profile for files of pictures made from the photo, or None for
      sRGB. It is None too if the photo's profile hardly differs from sRGB, as many do.
    Raises: ValueError, if the profile is broken or for other channels.
    """
    space = icc.color_space(profile)
    # Gray files often embed the RGB profile of the editor that saved them.
    if space != _COLOR_SPACES[channels] and (space, channels) != ("RGB", 1):
        raise ValueError(f"it is for {space} pixels and these are {_COLOR_SPACES[channels]}")
    parsed = icc.read_matrix_profile(profile)
    matrix = None if parsed is None or parsed.matrix is None else linear_to_srgb(profile)

    def convert(levels: _Levels, white: float) -> _Strip:
        if levels.dtype.kind != "f" or parsed is None:
            levels = _to_sixteen_bits(levels, white)
        if space == "RGB":
            levels = np.broadcast_to(levels, (*levels.shape[:2], 3))
        if parsed is None:
            return lut_profiles.to_extended_srgb(levels, profile, space)
        linear = icc.to_linear(parsed, levels)
        return srgb.encode(linear if matrix is None else linear @ matrix.T)

    # All combinations of a few levels: a profile that changes none by more than an 8-bit level is
    # taken for sRGB.
    axes = [np.arange(0, 256, 51, dtype=np.uint8)] * channels
    levels = np.stack(np.meshgrid(*axes), axis=-1).reshape(1, -1, channels)
    converted = convert(levels, 255.0)
    if channels != 4 and np.abs(255 * converted - levels).max() <= 1:
        return convert_without_profile, None
    return convert, None if parsed is None else profile


def convert_without_profile(levels: _Levels, white: float) -> _Strip:
    """Take gray and RGB as sRGB, and each ink of CMYK as removing its share of the light."""
    values = levels.astype(np.float32)
    values /= np.float32(white)
    return values if levels.shape[2] < 4 else (1 - values[..., :3]) * (1 - values[..., 3:])


def _to_sixteen_bits(levels: _Levels, white: float) -> UInt16[np.ndarray, "h w c"]:
    if levels.dtype == np.uint8:
        return levels.astype(np.uint16) * np.uint16(257)
    if white == 65535:
        return levels.astype(np.uint16, copy=False)
    rounded: np.ndarray = np.rint(levels * np.float32(65535 / white))
    return rounded.clip(0, 65535).astype(np.uint16)


def _to_gray(picture: _Strip) -> _Strip:
    return srgb.encode(srgb.decode(picture) @ srgb.LUMINANCE_WEIGHTS.T)


def linear_to_srgb(profile: bytes) -> Float32[np.ndarray, "3 3"]:
    """Compute the matrix from an RGB profile's linear light to that of sRGB.

    Raises: ValueError, if it is not a profile with a matrix.
    """
    parsed = icc.read_matrix_profile(profile)
    if parsed is None or parsed.matrix is None:
        raise ValueError("it has no matrix")
    return _linear_conversion(parsed.matrix, _srgb_to_xyz())


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
