"""Whether the weights of a mix take the result step by step from one style photo to another.

With every step, mean and covariance of the result's colors must leave those of the first mix, which
is nearly all the first photo's, and come nearer to those of the last. Results at weights 0 and 1
are no mixes: one photo is transferred alone then, and what it does not show stays as it is, where a
mix takes the style of the photo that shows it. A sheet of all results shows what numbers do not:
muddy colors, ghosts of objects, flat contrast.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import jphoto
from bench.truth.looks import Picture
from bench.truth.methods import BACKBONE
from jphoto import images
from jphoto.looks.gaussians import Gaussian, distance

MIXES = (
    ("schwerin", "sunset", "bridge"),
    ("great-wall", "lincoln-memorial", "picos"),
)
"""Content and two style photos, by name."""
WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the second style photo."""
WAYS = (("preview", "none"), ("preview", "auto"), ("default", "auto"))
"""Preset and regions."""
SIZE = 512
"""Long side, in pixels."""
SHEET_HEIGHT = 260
"""Of each picture on the sheet, in pixels."""


def title(names: Sequence[str], preset: str, regions: str) -> str:
    """Of the row of a mix."""
    return f"{', '.join(names)}: {preset}, regions {regions}"


def mix(
    pictures: Mapping[str, Picture], names: Sequence[str], preset: str, regions: str
) -> tuple[dict[str, Any], Picture]:
    """What becomes of the colors of a content photo on the way from one style to the other.

    Args:
      pictures: photos by name, sRGB in [0, 1].
      names: of content and both styles.
      preset: of the settings.
      regions: of the settings.

    Returns: the row of the record, and a sheet with all results.
    """
    settings = jphoto.Settings.preset(preset, size=SIZE, backbone=BACKBONE, regions=regions)
    content, *styles = (np.float32(pictures[name]) for name in names)
    results = [
        jphoto.transfer(content, styles, style_weights=(1 - weight, weight), settings=settings)
        for weight in WEIGHTS
    ]
    made = [result.picture for result in results]
    row = {
        "row": title(names, preset, regions),
        "preset": preset,
        "long_side": SIZE,
        "photos": names,
        "weights": WEIGHTS,
        "regions": [result.settings.regions for result in results],
        **colors_between(made),
    }
    return row, sheet(made)


def colors_between(results: Sequence[Picture]) -> dict[str, Any]:
    """How far the colors of each result are from those of the first and the last.

    Args:
      results: of weights that rise.

    Returns: distances of means and of covariances (Wasserstein) to both ends, whether each falls or
      rises all the way, and `spread`, the standard deviation of all colors.
    """
    colors = [_colors(np.float64(result)) for result in results]
    found: dict[str, Any] = {"spread": [round(_spread(one), 4) for one in colors]}
    for end, name, sign in ((colors[0], "first", 1), (colors[-1], "last", -1)):
        means = [float(np.linalg.norm(one.mean - end.mean)) for one in colors]
        covariances = [distance(one._replace(mean=end.mean), end) for one in colors]
        for key, values in (("mean", means), ("covariance", covariances)):
            found[f"{key}_to_{name}"] = [round(value, 4) for value in values]
            found[f"{key}_to_{name}_is_monotone"] = bool((sign * np.diff(values) > 0).all())
    return found


def sheet(results: Sequence[Picture]) -> Picture:
    """The results beside one another, with their weights."""
    labels = (f"{weight:g}" for weight in WEIGHTS)
    shown = [(label, np.float32(one)) for label, one in zip(labels, results, strict=True)]
    picture: Picture = images.side_by_side(shown, SHEET_HEIGHT)
    return picture


def _colors(picture: Picture) -> Gaussian:
    colors = picture.reshape(-1, 3)
    return Gaussian(colors.mean(0), np.cov(colors.T, bias=True))


def _spread(colors: Gaussian) -> float:
    return float(np.sqrt(np.trace(colors.covariance)))
