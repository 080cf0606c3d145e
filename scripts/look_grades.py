"""Grades: the changes of light and color that make a photo of a bundled look from another photo.

A grade takes a picture (sRGB in [0, 1], height x width x 3, float64) to another of the same size.
Most depend on the colors alone. Fog also needs to know where the horizon is.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy import ndimage
from scipy.interpolate import PchipInterpolator
from skimage import color

Picture = Float64[np.ndarray, "h w 3"]
Plane = Float64[np.ndarray, "h w"]

LUMA = np.array([0.2126, 0.7152, 0.0722])


def golden_hour(picture: Picture) -> Picture:
    """Light of a low sun: a warm white balance, amber highlights, shadows that keep some blue."""
    light = _linear(picture) * [1.16, 0.98, 0.74]
    lab = color.rgb2lab(_encoded(light))
    weight = _smoothstep(lab[..., 0], 25, 85)
    lab[..., 1] += 5 * weight
    lab[..., 2] += 9 * weight - 3 * (1 - weight)
    return _rgb(lab)


def blue_hour(picture: Picture, *, exposure: float = -1.4, lamps: float = 0.0) -> Picture:
    """Half an hour after sunset: little light, all of it blue, but for lamps and what they light.

    Args:
      picture: the photo.
      exposure: change of what no lamp lights, in stops.
      lamps: how far what is orange counts as lit by lamps and keeps its color, from 0 to 1.
    """
    hue, chroma, _ = _hue_and_chroma(picture)
    orange = _smoothstep(hue, 10, 35) * (1 - _smoothstep(hue, 88, 105))
    lit = (lamps * orange * _smoothstep(chroma, 22, 45))[..., None]
    light = _linear(picture)
    blue = _saturated(light, 0.6) * 2**exposure * [0.6, 0.85, 1.55]
    lab = color.rgb2lab(_encoded(light * lit + blue * (1 - lit)))
    shift = (1 - lit) * _smoothstep(lab[..., :1], 10, 60)
    lab[..., 1:] += shift * [5, -14]
    lab[..., 0] = 100 * _curve(lab[..., 0] / 100, (0, 0), (0.25, 0.2), (0.5, 0.52), (1, 1))
    return _rgb(lab)


def fog(picture: Picture, *, horizon: float, near: float = 0.25, far: float = 2.2) -> Picture:
    """Fog that thickens with distance: Koschmieder's law with distance by height in the frame.

    Args:
      picture: the photo.
      horizon: its height in the frame, as a share from the top.
      near: optical depth at the lower edge.
      far: optical depth at the horizon and above.
    """
    rows = np.linspace(0, 1, len(picture))
    nearness = ((rows - horizon) / (1 - horizon)).clip(0, 1)
    depth = far * (near / far) ** (nearness**0.7)
    clear = np.exp(-depth)[:, None, None]
    airlight = np.array([0.70, 0.725, 0.745])
    light = _saturated(_linear(picture), 0.7)
    return _encoded(light * clear + airlight * (1 - clear) * 0.86)


def autumn_leaves(picture: Picture) -> Picture:
    """Leaves that have turned: greens move to orange and gold, all else keeps its color."""
    hue, chroma, lab = _hue_and_chroma(picture)
    plants = _plants(hue, chroma)
    turned = 42 + 0.45 * lab[..., 0] + 0.4 * (hue - 110)
    angle = np.deg2rad(hue + plants * (turned - hue))
    chroma = chroma * (1 + 0.3 * plants)
    lab[..., 0] += 6 * plants
    lab[..., 1], lab[..., 2] = chroma * np.cos(angle), chroma * np.sin(angle)
    return _rgb(lab)


def snow(picture: Picture, *, frost: float = 1.0) -> Picture:
    """Cold and pale light, with snow on grass and frost on trees, as much as `frost` says."""
    hue, chroma, lab = _hue_and_chroma(picture)
    white = frost * ndimage.gaussian_filter(_plants(hue, chroma), 0.7)
    sky = _sky(hue, chroma)
    lab[..., 0] += white * (100 * (lab[..., 0] / 100) ** 0.3 - lab[..., 0])
    lab[..., 0] += 0.45 * sky * (90 - lab[..., 0]).clip(0)
    lab[..., 1:] *= (0.7 * (1 - 0.95 * white) * (1 - 0.35 * sky))[..., None]
    lab[..., 2] -= 4
    return _rgb(lab)


def high_key(picture: Picture) -> Picture:
    """Bright and airy: shadows opened, highlights near white, soft colors."""
    lab = color.rgb2lab(picture)
    lab[..., 0] = 100 * _curve(lab[..., 0] / 100, (0, 0.22), (0.25, 0.6), (0.5, 0.82), (0.75, 0.94))
    lab[..., 1:] *= 0.62
    return _rgb(lab)


def low_key(picture: Picture) -> Picture:
    """Dark: only highlights stand out of deep shadows, and light falls off to the corners."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall_off = 1 - 0.55 * _smoothstep(np.hypot(x, y), 0.35, 1.4)
    light = _saturated(_linear(picture), 0.85) * fall_off[..., None]
    lab = color.rgb2lab(_encoded(light))
    lab[..., 0] = 100 * _curve(lab[..., 0] / 100, (0, 0.02), (0.4, 0.12), (0.7, 0.38), (1, 0.92))
    lab[..., 1:] *= 0.8
    return _rgb(lab)


def film_warm(picture: Picture) -> Picture:
    """Color negative film for portraits: soft contrast, warm highlights, olive greens."""
    dyes = np.array([[0.90, 0.10, 0.0], [0.06, 0.90, 0.04], [0.0, 0.14, 0.86]])
    mixed = _saturated(picture @ dyes.T, 0.95).clip(0, 1)
    red = _curve(mixed[..., 0], (0, 0.07), (0.25, 0.29), (0.5, 0.58), (0.75, 0.82), (1, 0.99))
    green = _curve(mixed[..., 1], (0, 0.055), (0.25, 0.255), (0.5, 0.53), (0.75, 0.775), (1, 0.96))
    blue = _curve(mixed[..., 2], (0, 0.07), (0.25, 0.235), (0.5, 0.455), (0.75, 0.67), (1, 0.85))
    return np.stack([red, green, blue], -1)


def film_cool(picture: Picture) -> Picture:
    """Color film that leans to cyan and green: firm contrast, teal shadows, cool whites."""
    dyes = np.array([[0.88, 0.12, 0.0], [0.0, 0.94, 0.06], [0.0, 0.10, 0.90]])
    mixed = _saturated(picture @ dyes.T, 0.85).clip(0, 1)
    red = _curve(mixed[..., 0], (0, 0.01), (0.25, 0.175), (0.5, 0.44), (0.75, 0.72), (1, 0.93))
    green = _curve(mixed[..., 1], (0, 0.05), (0.25, 0.255), (0.5, 0.525), (0.75, 0.785), (1, 0.97))
    blue = _curve(mixed[..., 2], (0, 0.085), (0.25, 0.30), (0.5, 0.56), (0.75, 0.80), (1, 0.97))
    return np.stack([red, green, blue], -1)


def black_and_white(picture: Picture) -> Picture:
    """Black and white through a red filter: dark blue skies, white clouds, strong contrast."""
    gray = _mixed(picture, np.array([1.05, 0.20, -0.25]))
    return _gray(_curve(gray, (0, 0.01), (0.25, 0.17), (0.5, 0.5), (0.75, 0.83), (1, 0.985)))


def infrared(picture: Picture) -> Picture:
    """Black-and-white infrared film: white foliage, near-black sky and water, a soft glow."""
    hue, chroma, lab = _hue_and_chroma(picture)
    plants = ndimage.gaussian_filter(_plants(hue, chroma), 0.7)
    gray = _mixed(picture, np.array([0.35, 1.75, -1.1]))
    gray = gray * (1 - 0.45 * ndimage.gaussian_filter(_sky(hue, chroma), 1.5))
    gray = gray + plants * ((lab[..., 0] / 100) ** 0.4 - gray)
    glow = ndimage.gaussian_filter(gray**2, 0.012 * len(picture))
    gray = 1 - (1 - gray) * (1 - 0.22 * glow)
    return _gray(_curve(gray, (0, 0.02), (0.25, 0.17), (0.5, 0.46), (0.75, 0.8), (1, 0.98)))


def _mixed(picture: Picture, weights: Float64[np.ndarray, "3"]) -> Plane:
    """A channel mix; the ratio to luma is blurred a little, so that color noise stays weak."""
    smooth = ndimage.gaussian_filter(picture, (1, 1, 0))
    ratio = (smooth @ weights).clip(0) / (smooth @ LUMA).clip(0.02)
    return (picture @ LUMA * ratio).clip(0, 1)


def _hue_and_chroma(picture: Picture) -> tuple[Plane, Plane, Picture]:
    """Hue in degrees and chroma in Lab, and Lab itself."""
    lab = color.rgb2lab(picture)
    a, b = np.moveaxis(lab[..., 1:], -1, 0)
    return np.rad2deg(np.arctan2(b, a)) % 360, np.hypot(a, b), lab


def _plants(hue: Plane, chroma: Plane) -> Plane:
    """How much a pixel has the color of leaves and grass, from 0 to 1."""
    yellow, cyan = _smoothstep(hue, 80, 98), _smoothstep(hue, 150, 178)
    return yellow * (1 - cyan) * _smoothstep(chroma, 5, 17)


def _sky(hue: Plane, chroma: Plane) -> Plane:
    """How much a pixel has the color of a blue sky, from 0 to 1."""
    blue, violet = _smoothstep(hue, 215, 245), _smoothstep(hue, 300, 320)
    return blue * (1 - violet) * _smoothstep(chroma, 8, 25)


def _gray(plane: Plane) -> Picture:
    return np.repeat(plane[..., None], 3, -1)


def _smoothstep(values: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((values - low) / (high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)


def _curve(values: np.ndarray, *points: tuple[float, float]) -> np.ndarray:
    """A smooth rising curve through points; one that does not end at 1 is led to (1, 1)."""
    if points[-1][0] < 1:
        points = (*points, (1.0, 1.0))
    x, y = zip(*points, strict=True)
    return PchipInterpolator(x, y)(values.clip(0, 1))


def _saturated(picture: Picture, factor: float) -> Picture:
    gray = (picture @ LUMA)[..., None]
    return gray + factor * (picture - gray)


def _linear(picture: Picture) -> Picture:
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def _encoded(light: Picture) -> Picture:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _rgb(lab: Picture) -> Picture:
    lab[..., 0] = lab[..., 0].clip(0, 100)
    return color.lab2rgb(lab)


GRADES: dict[str, Callable[..., Picture]] = {
    "golden hour": golden_hour,
    "blue hour": blue_hour,
    "fog": fog,
    "autumn leaves": autumn_leaves,
    "snow": snow,
    "high key": high_key,
    "low key": low_key,
    "film warm": film_warm,
    "film cool": film_cool,
    "black and white": black_and_white,
    "infrared": infrared,
}
"""By the names in looks.toml."""
