"""Looks: changes of color that photographers and colorists make, drawn at random from a seed.

A look is a function of the colors of a picture alone (sRGB in [0, 1], float64), so that two photos
can have exactly the same one. Each family is a function that draws the parameters of one look.

Source: Lam 1985 for the Bradford adaptation, Kim et al. 2002 for the Planckian locus.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy import ndimage
from scipy.interpolate import PchipInterpolator
from skimage import color

Picture = Float64[np.ndarray, "h w 3"]
Look = Callable[[Picture], Picture]
Random = np.random.Generator

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""From XYZ to the responses of cones."""
DAYLIGHT = 6504.0
"""Color temperature of sRGB's white, in kelvin."""
LUMA = np.array([0.2126, 0.7152, 0.0722])
LEAST_SLOPE = 0.5
"""Of curves, on average between two of their points; a flat part would erase detail."""
LUT_POINTS = 4
"""Points of a random LUT along each axis; few, so that it is smooth."""


def white_balance(random: Random) -> Look:
    """Light of another color temperature, 60 to 180 mired away, with a little tint."""
    shift = random.uniform(100, 180) * random.choice([-1.0, 0.6])
    tint = np.array([0, random.uniform(-0.008, 0.008)])
    white = _planck(1e6 / max(1e6 / DAYLIGHT - shift, 45)) + tint
    cones = [BRADFORD @ _xyz(xy) for xy in (_planck(DAYLIGHT), white)]
    adapt = np.linalg.inv(BRADFORD) @ np.diag(cones[1] / cones[0]) @ BRADFORD
    return lambda picture: color.xyz2rgb(color.rgb2xyz(picture) @ adapt.T)


def tone_curve(random: Random) -> Look:
    """A curve for all channels: brighter or darker, with more or less contrast."""
    curve = _curve(random, 0.25)
    return lambda picture: curve(picture)


def split_toning(random: Random) -> Look:
    """One hue in the shadows and about the opposite one in the highlights."""
    hue = random.uniform(0, 2 * np.pi)
    hues = np.array([hue, hue + np.pi + random.uniform(-0.8, 0.8)])
    shadows, highlights = random.uniform(20, 38, 2)[:, None] * np.stack(
        [np.cos(hues), np.sin(hues)], 1
    )

    def look(picture: Picture) -> Picture:
        lab = color.rgb2lab(picture)
        light = lab[..., :1] / 100
        lab[..., 1:] += (1 - light) * shadows + light * highlights
        return _rgb(lab)

    return look


def film(random: Random) -> Look:
    """A film stock: a curve for each channel, dyes that mix, and its own saturation."""
    contrast = random.uniform(0.03, 0.1)
    curves = [_curve(random, 0.09, contrast) for _ in range(3)]
    dyes = np.eye(3) + random.uniform(-0.25, 0.25, (3, 3))
    dyes /= dyes.sum(1, keepdims=True)  # gray stays gray
    saturation = random.uniform(0.6, 1.4)

    def look(picture: Picture) -> Picture:
        mixed = _saturated(picture @ dyes.T, saturation).clip(0, 1)
        return np.stack([curve(mixed[..., n]) for n, curve in enumerate(curves)], -1)

    return look


def random_lut(random: Random) -> Look:
    """A smooth 3D LUT that moves every color a little, each in its own direction."""
    moves = random.normal(0, 0.12, (3, *[LUT_POINTS] * 3))

    def look(picture: Picture) -> Picture:
        places = np.moveaxis(picture, -1, 0) * (LUT_POINTS - 1)
        moved = [ndimage.map_coordinates(one, places, order=3, mode="nearest") for one in moves]
        return picture + np.stack(moved, -1)

    return look


def dusk(random: Random) -> Look:
    """Day to dusk: less light, blue shadows, highlights that stay warm."""
    exposure, blue = 2 ** random.uniform(-1.6, -0.8), random.uniform(0.1, 0.3)
    warm, saturation = random.uniform(8, 20), random.uniform(0.7, 1)
    gains = exposure * np.array([1 - blue, 1 - 0.4 * blue, 1 + blue])

    def look(picture: Picture) -> Picture:
        dark = _encoded(_saturated(_linear(picture), saturation).clip(0) * gains)
        lab = color.rgb2lab(dark.clip(0, 1))
        lab[..., 1:] += (lab[..., :1] / 100) ** 2 * [0.6 * warm, warm]
        return _rgb(lab)

    return look


def bleach_bypass(random: Random) -> Look:
    """Silver left in the film: high contrast and little color."""
    strength, saturation = random.uniform(0.6, 1), random.uniform(0.2, 0.6)

    def look(picture: Picture) -> Picture:
        luma = picture @ LUMA
        gray = luma[..., None]
        overlay = np.where(gray < 0.5, 2 * picture * gray, 1 - 2 * (1 - picture) * (1 - gray))
        return _saturated(picture + strength * (overlay - picture), saturation)

    return look


def faded(random: Random) -> Look:
    """An old print: raised blacks, dull whites, pale colors and a tint."""
    black, white = random.uniform(0.08, 0.2), random.uniform(0.82, 0.95)
    saturation, tint = random.uniform(0.5, 0.8), random.uniform(-0.09, 0.09, 3)
    return lambda picture: black + (white - black) * _saturated(picture, saturation) + tint


FAMILIES: dict[str, Callable[[Random], Look]] = {
    "white balance": white_balance,
    "tone curve": tone_curve,
    "split toning": split_toning,
    "film": film,
    "random LUT": random_lut,
    "dusk": dusk,
    "bleach bypass": bleach_bypass,
    "faded": faded,
}


def _curve(random: Random, spread: float, contrast: float = 0.0) -> Look:
    """A rising curve through five points that lie about `spread` off the diagonal."""
    places = np.linspace(0, 1, 5)
    bend = contrast * np.array([0, -1, 0, 1, 0])
    moves = random.uniform(-spread, spread, 5) * [0.3, 1, 1, 1, 0.3]
    values = (places + bend + moves).clip(0, 1)
    steps = np.diff(values).clip(LEAST_SLOPE / 4)
    curve = PchipInterpolator(places, values[0] + np.cumsum([0, *steps]))
    return lambda picture: curve(picture.clip(0, 1))


def _saturated(picture: Picture, factor: float) -> Picture:
    """Colors farther from, or closer to, the gray of their luma."""
    gray = (picture @ LUMA)[..., None]
    return gray + factor * (picture - gray)


def _linear(picture: Picture) -> Picture:
    """Linear light, in float64 as all looks; jphoto's own curve is for float32, by which the files
    of a seed would differ in a few pixels.
    """
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def _encoded(light: Picture) -> Picture:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clip(0) ** (1 / 2.4) - 0.055)


def _rgb(lab: Picture) -> Picture:
    """From Lab to sRGB; colors outside sRGB are clipped."""
    picture: Picture = color.xyz2rgb(_xyz_of_lab(lab))
    return picture


def _xyz_of_lab(lab: Picture) -> Picture:
    """CIE XYZ; nothing is negative, however far the colors of shadows were moved."""
    f_y = (lab[..., 0] + 16) / 116
    roots = np.stack([f_y + lab[..., 1] / 500, f_y, f_y - lab[..., 2] / 200], -1)
    light = np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29))
    return light.clip(0) * _xyz(np.array([0.3127, 0.3290]))


def _xyz(chromaticity: Float64[np.ndarray, "2"]) -> Float64[np.ndarray, "3"]:
    """XYZ of a white of luminance 1."""
    x, y = chromaticity
    return np.array([x / y, 1, (1 - x - y) / y])


def _planck(kelvin: float) -> Float64[np.ndarray, "2"]:
    """Chromaticity of a black body from 1667 K to 25000 K, by the fit of Kim et al."""
    t = 1e3 / kelvin
    if kelvin < 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin < 2222:
        fit = (-1.1063814, -1.34811020, 2.18555832, -0.20219683)
    elif kelvin < 4000:
        fit = (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
    else:
        fit = (3.0817580, -5.87338670, 3.75112997, -0.37001483)
    return np.array([x, np.polyval(fit, x)])
