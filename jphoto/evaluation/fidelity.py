"""Is a picture a recoloring of its original: how much of it, where not, and what that says.

A window of 3 x 3 pixels is recolored only where the best affine map of the original's colors leaves
at most `RECOLORED`. Rounding to 8 bits leaves 0.2, dither 0.3, and JPEG of quality 95 up to 1.9
levels on the whole, with more than `RECOLORED` in at most 1.2 % of the windows of twelve photos of
700 pixels: what is finer cannot be told from a file's own noise.

Pictures are h x w x 3, sRGB in [0, 1], at the measuring size of `jphoto.evaluation.protocol`, whose
measures these are.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64

from jphoto import images, metrics
from jphoto.evaluation.protocol import (
    CONTENT_MEASURES,
    LONG_SIDE,
    VERSION,
    Measure,
    measure_against_content,
)
from jphoto.evaluation.tables import NOTHING
from jphoto.metrics.pictures import HostPicture, luminance
from jphoto.networks.vgg import Params
from jphoto.pipeline.report import finite

RECOLORED = 4.0
"""Root mean square over a window's pixels and channels, in 8-bit levels (1/255)."""

SHARE = Measure("recolored", "recolored only", "%", "higher", 1)
LIMITS = {
    "recolored": (99.0, 95.0, "of all small neighborhoods"),
    "edge_similarity": (0.9, 0.6, "edges that are still there"),
    "perceptual": (0.1, 0.35, "what a network sees changed"),
    "affine_residual": (2.0, 3.0, "what recoloring does not explain"),
    "matting_energy": (0.002, 0.004, "photorealism term of a transfer"),
}
"""Good at least or at most; poor beyond; and in words. Of twelve photos, in the median, a gamma
curve and JPEG of quality 95 are good; poor begins about where a blur of 1.5 pixels or a median
filter of 7 pixels brings the edges and LPIPS, and 16 levels a channel the others."""
BANDING = 0.5, 1.5
"""Good and poor, above the banding of the original; noise of 8 levels is 2.7 above."""

HEAT = {
    4: (0.62, 0.13, 0.45),
    8: (0.85, 0.30, 0.15),
    16: (0.98, 0.65, 0.10),
    32: (1.00, 0.97, 0.70),
}
"""Colors of residuals in 8-bit levels, in between by their logarithm; the more, the lighter."""
DIM = 0.3
"""White of the photo under the heat, darker than any heat."""


@dataclass(frozen=True, eq=False)
class Fidelity:
    """How a picture relates to its original."""

    residuals: Float64[np.ndarray, "_ _"]
    """Of `metrics.affine_residuals`: h-2 x w-2 windows, in 8-bit levels."""
    recolored: float
    """Share of the windows that are recolored only."""
    change: float
    """Root mean square of the difference, recoloring and all, in 8-bit levels."""
    scores: dict[str, float]
    """By the keys of `CONTENT_MEASURES`."""
    content_banding: float
    """Of the original against itself; NaN where nothing is flat."""


def fidelity(params: Params, content: HostPicture, result: HostPicture) -> Fidelity:
    """Hold a picture against its original.

    Args:
      params: AlexNet's, with the LPIPS heads.
      content: the original, at least 31 pixels on the shorter side.
      result: the same size.

    Raises: ImageError, if the sizes differ or are too small.
    """
    scores = measure_against_content(params, result, content)
    residuals = metrics.affine_residuals(result, content)
    return Fidelity(
        residuals,
        float(np.mean(residuals <= RECOLORED)),
        float(255 * np.sqrt(np.mean((result.astype(np.float64) - content) ** 2))),
        scores,
        metrics.banding(content, content),
    )


def fidelity_lines(found: Fidelity) -> list[str]:
    """What was found, for people: a sentence, then a measure a line."""
    values = {SHARE.key: 100 * found.recolored} | found.scores
    rows = [_row(measure, values[measure.key], found) for measure in (SHARE, *CONTENT_MEASURES)]
    title, value, verdict, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        f"Colors changed by {found.change:.1f}/255; of that, no recoloring of small neighborhoods "
        f"explains {found.scores['affine_residual']:.1f}/255.",
        *(f"{a:<{title}}  {b:>{value}}  {c:<{verdict}}  {words}" for a, b, c, words in rows),
    ]


def fidelity_summary(found: Fidelity) -> dict[str, Any]:
    """What was found, ready for JSON; what is not a number is null."""
    return {
        "protocol": VERSION,
        "long_side": LONG_SIDE,
        "recolored": found.recolored,
        "recolored_within": RECOLORED,
        "change": found.change,
        "measures": finite(found.scores),
        "content_banding": finite(found.content_banding),
    }


def heat_map(
    content: Float[np.ndarray, "h w 3"], found: Fidelity
) -> Float32[np.ndarray, "sheet_h w 3"]:
    """Where a picture is no recoloring: the original in dim gray, and heat over it.

    Args:
      content: the original.
      found: what was found of the picture.

    Returns: the map, and below it what its colors stand for.
    """
    # A window stands for the pixel in its middle, and at the border for the pixel beside it, too.
    residuals = np.pad(found.residuals, 1, mode="edge")[..., None]
    gray = DIM * luminance(content)[..., None]
    shown = np.where(residuals > RECOLORED, _heat(residuals[..., 0]), gray).astype(np.float32)
    entries = [(f"recolored only, within {RECOLORED:g}/255", round(128 * DIM) * 0x010101)]
    entries += [(f"{level}/255", _code(color)) for level, color in HEAT.items()]
    entries[-1] = (f"{max(HEAT)}/255 and more", entries[-1][1])
    return images.stack([shown, images.legend(entries, content.shape[1], 24)])


def _row(measure: Measure, value: float, found: Fidelity) -> tuple[str, str, str, str]:
    """Title, value, verdict, and words with the limits."""
    title = f"{measure.title} ({measure.unit})" if measure.unit else measure.title
    if math.isnan(value):
        return title, NOTHING, "", "the original has nothing flat"
    if measure.key == "banding":
        own = found.content_banding
        good, poor = own + BANDING[0], own + BANDING[1]
        words = f"slopes of what is flat in the original, there {own:.2f}"
    else:
        good, poor, words = LIMITS[measure.key]
    higher = measure.better == "higher"
    reached = [value >= limit if higher else value <= limit for limit in (good, poor)]
    verdict = "good" if reached[0] else "fair" if reached[1] else "poor"
    to, beyond = ("from", "below") if higher else ("to", "above")
    limits = f"good {to} {good:.3g}, poor {beyond} {poor:.3g}"
    return title, f"{value:.{measure.decimals}f}", verdict, f"{words}; {limits}"


def _heat(residuals: Float64[np.ndarray, "h w"]) -> Float64[np.ndarray, "h w 3"]:
    stops, colors = np.log2(list(HEAT)), np.array(list(HEAT.values()))
    place = np.log2(np.maximum(residuals, RECOLORED))
    return np.stack([np.interp(place, stops, channel) for channel in colors.T], axis=-1)


def _code(color: tuple[float, float, float]) -> int:
    red, green, blue = (round(255 * value) for value in color)
    return 0x10000 * red + 0x100 * green + blue
