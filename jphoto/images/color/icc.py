"""ICC profiles of tone curves and a matrix, in floating point: nearly all profiles of photos.

A tone curve converts device levels to linear light, the matrix converts linear light to XYZ
relative to D50, so that conversions are relative colorimetric. Each curve is shifted and scaled to
begin at 0, which is black point compensation.
Little CMS in float (imagecodecs) agrees within 0.1 of a 16-bit level by way of linear light, but
takes 8 s for 24 megapixels to linear light and 12 s back, on one core; here 4 s and the curve of
sRGB. Straight to sRGB it extends the curve otherwise: it errs by 4 times white beyond [0, 1]. As
libvips calls it, it rounds XYZ to 16 bits of linear light, an error of hundreds of 16-bit levels in
the shadows; as Pillow calls it, it rounds to 8 bits.
Source: ICC.1:2022, sections 7, 10.6, 10.18, F.3.
"""

import functools
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt16

from jphoto.images.pixels import Cicp

TABLE_SIZE = 65536
"""Entries in the table of a curve: one for each 16-bit level."""
_TABLE_GAMMA = 2.4  # spaces the entries of inverse tables about evenly to the eye

# Linear light in a dark channel that may be float32 rounding, as a share of the brightest channel.
# Curves that begin steeply, as pure powers do, would turn it into up to half an 8-bit level.
_ROUNDING_SHARE = np.float32(3e-7)

# Which of the parameters g, a, b, c, d, e, f each function type of a parametric curve lists.
_PARAMETERS = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}


class MatrixProfile(NamedTuple):
    """A profile of tone curves: one for gray; three, with a matrix, for RGB."""

    curves: Float[np.ndarray, "c 65536"]
    """Linear light at each 16-bit level, rising from 0."""
    matrix: Float[np.ndarray, "3 3"] | None
    """From linear device RGB to XYZ; None for gray."""


def color_space(profile: bytes) -> str:
    """Return the color space of the pixels that a profile is for: RGB, GRAY, CMYK, ...

    Raises: ValueError, if the bytes are not an ICC profile.
    """
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise ValueError("it has no ICC header")
    return profile[16:20].decode("latin-1").strip()


def read_tags(profile: bytes) -> dict[str, bytes]:
    """Return the contents of a profile's tags, by name.

    Raises: ValueError, if the tag table is cut off.
    """
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        entries = [struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(count)]
    except struct.error as cause:
        raise ValueError(str(cause)) from cause
    return {name.decode("latin-1"): profile[start : start + size] for name, start, size in entries}


def write_tags(header: bytes, space: str, tags: dict[str, bytes]) -> bytes:
    """Assemble a profile.

    Args:
      header: the 128 bytes of another profile; its size and color space are replaced.
      space: the color space of the pixels, such as "GRAY".
      tags: contents by name.
    """
    table, data = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        start = 132 + 12 * len(tags) + len(data)
        table += struct.pack(">4sII", name.encode(), start, len(tag))
        data += tag + bytes(-len(tag) % 4)
    body = header[4:16] + space.encode().ljust(4) + header[20:128] + table + data
    return struct.pack(">I", 4 + len(body)) + body


def read_cicp(profile: bytes) -> Cicp | None:
    """Read the code points that a profile names besides its curves or tables, if there are any.

    Raises: ValueError, if the profile is broken.
    Source: ICC.1:2022, section 10.3.
    """
    color_space(profile)
    tag = read_tags(profile).get("cicp", b"")
    return Cicp(tag[8], tag[9]) if tag[:4] == b"cicp" and len(tag) >= 12 else None


def read_matrix_profile(profile: bytes) -> MatrixProfile | None:
    """Read a profile's tone curves and matrix.

    Returns: None, if the profile is for other pixels than gray and RGB or is LUT-based.
    Raises: ValueError, if it is broken.
    """
    space = color_space(profile)
    tags = read_tags(profile)
    lut_based = profile[20:24] != b"XYZ " or "A2B0" in tags or "A2B1" in tags
    if lut_based or space not in ("RGB", "GRAY"):
        return None
    try:
        if space == "GRAY":
            return MatrixProfile(_tone_curve(tags["kTRC"])[None], None)
        curves = np.stack([_tone_curve(tags[f"{color}TRC"]) for color in "rgb"])
        columns = [struct.unpack_from(">3i", tags[f"{color}XYZ"], 8) for color in "rgb"]
    except KeyError as cause:
        raise ValueError(f"it lacks {cause}") from cause
    except struct.error as cause:
        raise ValueError(str(cause)) from cause
    matrix = np.transpose(columns) / 65536
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise ValueError("its primaries lie on one line")
    return MatrixProfile(curves, matrix)


def to_linear(
    profile: MatrixProfile,
    levels: UInt16[np.ndarray, "h w c"] | Float32[np.ndarray, "h w c"],
) -> Float32[np.ndarray, "h w c2"]:
    """Convert device levels to linear light; an RGB profile takes gray as three equal channels.

    Args:
      profile: of the levels.
      levels: of 16 bits, or floats in which 1 is white; beyond 1 are highlights.
    """
    channels = np.broadcast_to(levels, (*levels.shape[:2], len(profile.curves)))
    linear = np.empty(channels.shape, np.float32)
    for channel, curve in enumerate(profile.curves.astype(np.float32)):
        values = channels[..., channel]
        whole = values.dtype == np.uint16
        linear[..., channel] = curve[values] if whole else _extended(curve, values)
    return linear


def _extended(
    curve: Float32[np.ndarray, "65536"], values: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """Apply a curve that goes on above 1 by the power law at its end, and below 0 as its mirror."""
    magnitude = np.abs(values)
    linear = _interpolated(curve, np.minimum(magnitude, 1))
    lower = TABLE_SIZE - TABLE_SIZE // 16
    exponent = 1.0
    if curve[lower] > 0:
        exponent = np.log(curve[-1] / curve[lower]) / np.log((TABLE_SIZE - 1) / lower)
    np.multiply(magnitude ** np.float32(exponent), curve[-1], out=linear, where=magnitude > 1)
    np.copysign(linear, values, out=linear)
    return linear


def from_linear(
    profile: MatrixProfile,
) -> Callable[[Float32[np.ndarray, "h w c"]], Float32[np.ndarray, "h w c"]]:
    """Build the function that converts linear light, clipped to [0, 1], to device values in [0, 1].

    The function inverts each tone curve by a table.
    """
    light = np.linspace(0, 1, TABLE_SIZE) ** _TABLE_GAMMA
    device = np.linspace(0, 1, TABLE_SIZE)
    tables = [np.interp(light, curve, device).astype(np.float32) for curve in profile.curves]

    def to_device(linear: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w c"]:
        brightest = functools.reduce(np.maximum, np.moveaxis(linear, -1, 0))
        positions: np.ndarray = np.clip(linear, 0, 1)
        positions *= positions > _ROUNDING_SHARE * brightest[..., None]
        positions **= np.float32(1 / _TABLE_GAMMA)
        for channel, table in enumerate(tables):
            positions[..., channel] = _interpolated(table, positions[..., channel])
        return positions

    return to_device


def _interpolated(
    table: Float32[np.ndarray, "65536"], positions: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """Interpolate linearly in an evenly spaced table; `np.interp` would search for the entries.

    Args:
      table: values at `TABLE_SIZE` positions from 0 to 1.
      positions: in [0, 1].
    """
    entries = positions * np.float32(TABLE_SIZE - 1)
    below = np.minimum(np.floor(entries), np.float32(TABLE_SIZE - 2))
    index = below.astype(np.int32)
    lower = table[index]
    interpolated: np.ndarray = lower + (entries - below) * (table[index + 1] - lower)
    return interpolated


@np.errstate(all="ignore")
def _tone_curve(tag: bytes) -> Float[np.ndarray, "65536"]:
    """Read a tone curve, made to rise from 0 to its own last value.

    Raises: ValueError, if its type is unknown or it does not rise; struct.error, if it is cut off.
    """
    levels: np.ndarray = np.linspace(0, 1, TABLE_SIZE)
    if tag[:4] == b"para":
        values = _parametric_curve(tag, levels)
    elif tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        table = np.array(struct.unpack_from(f">{count}H", tag, 12))
        if count == 1:
            values = levels ** (table[0] / 256)
        else:
            values = np.interp(levels, np.linspace(0, 1, count), table / 65535) if count else levels
    else:
        raise ValueError(f"it has a curve of the unknown type {tag[:4]!r}")
    values = np.maximum.accumulate(np.clip(values, 0, 1))
    if not values[-1] > values[0]:  # also when there are NaNs
        raise ValueError("it has a curve that does not rise")
    rising: np.ndarray = (values - values[0]) / (1 - values[0])
    return rising


def _parametric_curve(tag: bytes, levels: Float[np.ndarray, "65536"]) -> Float[np.ndarray, "65536"]:
    """Evaluate a parametric curve: (a x + b)^g + e from x = d on, the line c x + f below d."""
    (function_type,) = struct.unpack_from(">H", tag, 8)
    if function_type not in _PARAMETERS:
        raise ValueError(f"it has a parametric curve of the unknown type {function_type}")
    names = _PARAMETERS[function_type]
    numbers = np.array(struct.unpack_from(f">{len(names)}i", tag, 12)) / 65536
    p = dict.fromkeys("gabcdef", 0.0) | {"a": 1.0} | dict(zip(names, numbers, strict=True))
    if function_type in (1, 2):  # c is an offset here, and the line is flat
        p |= {"d": -p["b"] / p["a"] if p["a"] else 0.0, "e": p["c"], "f": p["c"], "c": 0.0}
    power = np.maximum(p["a"] * levels + p["b"], 0) ** p["g"] + p["e"]
    values: np.ndarray = np.where(levels >= p["d"], power, p["c"] * levels + p["f"])
    return values
