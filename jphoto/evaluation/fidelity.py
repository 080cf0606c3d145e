"""Fidelity of a picture to its original: where and how much it is not only recolored.

A window of 3 x 3 pixels counts as recolored only if the best affine map of the original's colors
leaves a residual of at most `RECOLORING_LIMIT`. Smaller changes cannot be distinguished from the
noise of files: rounding to 8 bits leaves 0.2 levels, dither 0.3, and JPEG of quality 95 up to 1.9
overall; in twelve JPEG photos of 700 pixels, at most 1.2 % of the windows exceeded the limit.

Pictures are h x w x 3, sRGB in [0, 1], at the measuring size of `jphoto.evaluation.protocol`; the
measures are those of the protocol.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

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
from jphoto.evaluation.tables import MISSING
from jphoto.metrics.pictures import HostPicture, luminance
from jphoto.networks.vgg import Params
from jphoto.pipeline.report import finite

RECOLORING_LIMIT = 4.0
"""Root mean square over a window's pixels and channels, in 8-bit levels (1/255)."""

RECOLORED_SHARE = Measure("recolored", "recolored only", "%", "higher", 1)
LIMITS = {
    "recolored": (99.0, 95.0, "of all small neighborhoods"),
    "edge_similarity": (0.9, 0.6, "edges that are still there"),
    "perceptual": (0.1, 0.35, "what a network sees changed"),
    "affine_residual": (2.0, 3.0, "what recoloring does not explain"),
    "matting_energy": (0.002, 0.004, "photorealism term of a transfer"),
}
"""For each measure the limit of good, the limit of poor, and a description. In the median of twelve
photos, a gamma curve and JPEG of quality 95 are good. The limits of poor are about what a blur of
1.5 pixels or a median filter of 7 pixels does to edge similarity and LPIPS, and what 16 levels a
channel do to the others."""
BANDING_LIMITS = 0.5, 1.5
"""Limits of good and poor, above the banding of the original; noise of 8 levels adds 2.7."""

HEAT_COLORS = {
    4: (0.62, 0.13, 0.45),
    8: (0.85, 0.30, 0.15),
    16: (0.98, 0.65, 0.10),
    32: (1.00, 0.97, 0.70),
}
"""Colors of the heat map by residual in 8-bit levels, interpolated over the logarithm. Larger
residuals are lighter."""
DIMMED_WHITE = 0.3
"""Gray value of white in the photo under the heat, darker than all colors of the heat."""


@dataclass(frozen=True, eq=False)
class Fidelity:
    """How a picture differs from its original."""

    residuals: Float64[np.ndarray, "_ _"]
    """Of each window, h-2 x w-2, in 8-bit levels; from `metrics.affine_residuals`."""
    recolored: float
    """Share of the windows that are only recolored."""
    change: float
    """Root mean square of the whole difference, recoloring included, in 8-bit levels."""
    scores: dict[str, float]
    """Values by the keys of `CONTENT_MEASURES`."""
    content_banding: float
    """Banding of the original against itself; NaN if no part of it is flat."""


def fidelity(params: Params, content: HostPicture, result: HostPicture) -> Fidelity:
    """Compare a picture with its original.

    Args:
      params: of AlexNet, with the LPIPS heads.
      content: the original, at least 31 pixels on the shorter side.
      result: the same size.

    Raises: ImageError, if the sizes differ or are too small.
    """
    scores = measure_against_content(params, result, content)
    residuals = metrics.affine_residuals(result, content)
    return Fidelity(
        residuals,
        float(np.mean(residuals <= RECOLORING_LIMIT)),
        float(255 * np.sqrt(np.mean((result.astype(np.float64) - content) ** 2))),
        scores,
        metrics.banding(content, content),
    )


class FidelityRow(NamedTuple):
    """One measure of a comparison, as text."""

    title: str
    value: str
    verdict: str
    """"good", "fair", "poor" or empty."""
    words: str
    """What is measured, and the limits."""


def fidelity_rows(found: Fidelity) -> list[FidelityRow]:
    """A row for each measure of a comparison."""
    values = {RECOLORED_SHARE.key: 100 * found.recolored} | found.scores
    measures = RECOLORED_SHARE, *CONTENT_MEASURES
    return [_row(measure, values[measure.key], found) for measure in measures]


def fidelity_sentence(found: Fidelity) -> str:
    """A comparison in one sentence."""
    return (
        f"Colors changed by {found.change:.1f}/255; of that, no recoloring of small neighborhoods "
        f"explains {found.scores['affine_residual']:.1f}/255."
    )


def fidelity_lines(found: Fidelity) -> list[str]:
    """Describe a comparison: a summary in one sentence, then one line for each measure."""
    rows = fidelity_rows(found)
    title, value, verdict, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        fidelity_sentence(found),
        *(f"{a:<{title}}  {b:>{value}}  {c:<{verdict}}  {words}" for a, b, c, words in rows),
    ]


def fidelity_summary(found: Fidelity) -> dict[str, Any]:
    """A comparison in values that JSON can hold, None in place of NaN."""
    return {
        "protocol": VERSION,
        "long_side": LONG_SIDE,
        "recolored": found.recolored,
        "recolored_within": RECOLORING_LIMIT,
        "change": found.change,
        "measures": finite(found.scores),
        "content_banding": finite(found.content_banding),
    }


def heat_map(
    content: Float[np.ndarray, "h w 3"], found: Fidelity
) -> Float32[np.ndarray, "sheet_h w 3"]:
    """Show where a picture is not only recolored, in colors over the original in dim gray.

    Args:
      content: the original.
      found: from `fidelity`.

    Returns: the map, with a legend below.
    """
    # A window colors the pixel at its center; at the photo's borders also the pixel beside it.
    residuals = np.pad(found.residuals, 1, mode="edge")[..., None]
    gray = DIMMED_WHITE * luminance(content)[..., None]
    changed = residuals > RECOLORING_LIMIT
    heat = np.where(changed, _heat(residuals[..., 0]), gray).astype(np.float32)
    dimmed_gray = round(128 * DIMMED_WHITE) * 0x010101
    entries = [(f"recolored only, within {RECOLORING_LIMIT:g}/255", dimmed_gray)]
    entries += [(f"{level}/255", _code(color)) for level, color in HEAT_COLORS.items()]
    entries[-1] = (f"{max(HEAT_COLORS)}/255 and more", entries[-1][1])
    return images.stack([heat, images.legend(entries, content.shape[1], 24)])


def _row(measure: Measure, value: float, found: Fidelity) -> FidelityRow:
    """Title, value, verdict, and a description with the limits, as text."""
    title = f"{measure.title} ({measure.unit})" if measure.unit else measure.title
    if math.isnan(value):
        return FidelityRow(title, MISSING, "", "the original has nothing flat")
    if measure.key == "banding":
        own = found.content_banding
        good, poor = own + BANDING_LIMITS[0], own + BANDING_LIMITS[1]
        words = f"slopes of what is flat in the original, there {own:.2f}"
    else:
        good, poor, words = LIMITS[measure.key]
    higher = measure.better == "higher"
    reached = [value >= limit if higher else value <= limit for limit in (good, poor)]
    verdict = "good" if reached[0] else "fair" if reached[1] else "poor"
    to, beyond = ("from", "below") if higher else ("to", "above")
    limits = f"good {to} {good:.3g}, poor {beyond} {poor:.3g}"
    return FidelityRow(title, f"{value:.{measure.decimals}f}", verdict, f"{words}; {limits}")


def _heat(residuals: Float64[np.ndarray, "h w"]) -> Float64[np.ndarray, "h w 3"]:
    stops, colors = np.log2(list(HEAT_COLORS)), np.array(list(HEAT_COLORS.values()))
    logarithms = np.log2(np.maximum(residuals, RECOLORING_LIMIT))
    return np.stack([np.interp(logarithms, stops, channel) for channel in colors.T], axis=-1)


def _code(color: tuple[float, float, float]) -> int:
    red, green, blue = (round(255 * value) for value in color)
    return 0x10000 * red + 0x100 * green + blue
