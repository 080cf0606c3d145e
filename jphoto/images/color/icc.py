"""Color profiles of curves and a matrix, in floating point: nearly all that photos carry.

A curve takes a device level to linear light, the matrix linear light to XYZ relative to D50, so
that conversion is relative colorimetric; black point compensation is curves that begin at 0.
Little CMS, as libvips calls it, rounds XYZ to 16 bits of linear light and so is off by hundreds of
levels of 65535 in the shadows; as Pillow calls it, it rounds to 8 bits.
Source: ICC.1:2022, sections 7, 10.6, 10.18, F.3.
"""

import functools
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt16

GRID = 65536
"""Places of a table: one for each level of 16 bits."""
_POWER = 2.4  # roughly what makes steps of linear light even to the eye, so that tables serve it

# Of a color's brightest channel, what float32 may have left in a dark one; curves that begin
# steeply, as pure powers do, would make up to half a level of 255 of it.
_ROUNDING = np.float32(3e-7)

# Of the parameters g, a, b, c, d, e, f of a parametric curve, those that each kind lists.
_PARAMETERS = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}


class Shaper(NamedTuple):
    """A profile of curves, one for gray and three with a matrix for RGB."""

    curves: Float[np.ndarray, "c 65536"]
    """Linear light at each level of 16 bits, rising from 0."""
    matrix: Float[np.ndarray, "3 3"] | None
    """Linear device colors to XYZ."""


def color_space(profile: bytes) -> str:
    """Which pixels a profile is for: RGB, GRAY, CMYK, ...

    Raises: ValueError, if it is no profile.
    """
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise ValueError("it has no ICC header")
    return profile[16:20].decode("latin-1").strip()


def read_tags(profile: bytes) -> dict[str, bytes]:
    """The tags of a profile, by name.

    Raises: ValueError, if their table is cut off.
    """
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        entries = [struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(count)]
    except struct.error as cause:
        raise ValueError(str(cause)) from cause
    return {name.decode("latin-1"): profile[start : start + size] for name, start, size in entries}


def write_tags(header: bytes, space: str, tags: dict[str, bytes]) -> bytes:
    """Put a profile together, with the header of another but for its color space."""
    table, data = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        start = 132 + 12 * len(tags) + len(data)
        table += struct.pack(">4sII", name.encode(), start, len(tag))
        data += tag + bytes(-len(tag) % 4)
    body = header[4:16] + space.encode().ljust(4) + header[20:128] + table + data
    return struct.pack(">I", 4 + len(body)) + body


def read_shaper(profile: bytes) -> Shaper | None:
    """Read a profile's curves and matrix.

    Returns: None, if it is not of this kind but converts by tables of colors.
    Raises: ValueError, if it is broken.
    """
    space = color_space(profile)
    tags = read_tags(profile)
    by_tables = profile[20:24] != b"XYZ " or "A2B0" in tags or "A2B1" in tags
    if by_tables or space not in ("RGB", "GRAY"):
        return None
    try:
        if space == "GRAY":
            return Shaper(_curve(tags["kTRC"])[None], None)
        curves = np.stack([_curve(tags[f"{color}TRC"]) for color in "rgb"])
        columns = [struct.unpack_from(">3i", tags[f"{color}XYZ"], 8) for color in "rgb"]
    except KeyError as cause:
        raise ValueError(f"it lacks {cause}") from cause
    except struct.error as cause:
        raise ValueError(str(cause)) from cause
    matrix = np.transpose(columns) / 65536
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise ValueError("its primaries lie on one line")
    return Shaper(curves, matrix)


def to_linear(shaper: Shaper, levels: UInt16[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w c2"]:
    """Linear light of device levels; gray ones for a profile of RGB are three alike."""
    planes = np.broadcast_to(levels, (*levels.shape[:2], len(shaper.curves)))
    linear = np.empty(planes.shape, np.float32)
    for channel, curve in enumerate(shaper.curves.astype(np.float32)):
        linear[..., channel] = curve[planes[..., channel]]
    return linear


def from_linear(
    shaper: Shaper,
) -> Callable[[Float32[np.ndarray, "h w c"]], Float32[np.ndarray, "h w c"]]:
    """The way back: a function from linear light, which it clips, to device values in [0, 1]."""
    light = np.linspace(0, 1, GRID) ** _POWER
    places = np.linspace(0, 1, GRID)
    tables = [np.interp(light, curve, places).astype(np.float32) for curve in shaper.curves]

    def device(linear: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w c"]:
        brightest = functools.reduce(np.maximum, np.moveaxis(linear, -1, 0))
        positions: np.ndarray = np.clip(linear, 0, 1)
        positions *= positions > _ROUNDING * brightest[..., None]
        positions **= np.float32(1 / _POWER)
        for channel, table in enumerate(tables):
            positions[..., channel] = _between(table, positions[..., channel])
        return positions

    return device


def _between(
    table: Float32[np.ndarray, "65536"], positions: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """Linear interpolation in a table of [0, 1]; `np.interp` would search for even steps."""
    steps = positions * np.float32(GRID - 1)
    below = np.minimum(np.floor(steps), np.float32(GRID - 2))
    places = below.astype(np.int32)
    lower = table[places]
    between: np.ndarray = lower + (steps - below) * (table[places + 1] - lower)
    return between


@np.errstate(all="ignore")
def _curve(tag: bytes) -> Float[np.ndarray, "65536"]:
    places: np.ndarray = np.linspace(0, 1, GRID)
    if tag[:4] == b"para":
        values = _parametric(tag, places)
    elif tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        table = np.array(struct.unpack_from(f">{count}H", tag, 12))
        if count == 1:
            values = places ** (table[0] / 256)
        else:
            values = np.interp(places, np.linspace(0, 1, count), table / 65535) if count else places
    else:
        raise ValueError(f"it has a curve of the unknown kind {tag[:4]!r}")
    values = np.maximum.accumulate(np.clip(values, 0, 1))
    if not values[-1] > values[0]:  # also when there are NaNs
        raise ValueError("it has a curve that does not rise")
    rising: np.ndarray = (values - values[0]) / (1 - values[0])
    return rising


def _parametric(tag: bytes, places: Float[np.ndarray, "65536"]) -> Float[np.ndarray, "65536"]:
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind not in _PARAMETERS:
        raise ValueError(f"it has a parametric curve of the unknown kind {kind}")
    names = _PARAMETERS[kind]
    numbers = np.array(struct.unpack_from(f">{len(names)}i", tag, 12)) / 65536
    p = dict.fromkeys("gabcdef", 0.0) | {"a": 1.0} | dict(zip(names, numbers, strict=True))
    if kind in (1, 2):  # in these c is what is added, and the line below is flat
        p |= {"d": -p["b"] / p["a"] if p["a"] else 0.0, "e": p["c"], "f": p["c"], "c": 0.0}
    power = np.maximum(p["a"] * places + p["b"], 0) ** p["g"] + p["e"]
    values: np.ndarray = np.where(places >= p["d"], power, p["c"] * places + p["f"])
    return values
