"""Following a key frame: where its places are in the frames after or before it, at what exposure.

Motion is added up from frame to frame. Exposure is compared with the key frame itself, so it does
not drift, and so is the color of each place: where it disagrees, something else is seen, or the
motion is lost.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from jphoto.video.motion import Displacements

DISAGREEMENT = 0.06
"""Difference in color, sRGB in [0, 1], at which a place still counts 1/e."""
BORDER = 0.75
"""Cells beyond the border of the key frame in which a place loses its agreement."""
EXPOSURE_STEPS, OUTLIER = 4, 0.02
"""Of the robust fit of exposure, and the difference in color at which a place counts half."""
LEAST_VARIANCE = 1e-4
"""Added to the variance of the colors, in sRGB squared: flat frames keep the gain 1."""

Colors = Float32[np.ndarray, "gy gx 3"]


class Followed(NamedTuple):
    """A key frame as seen from another frame."""

    places: Float32[np.ndarray, "gy gx 2"]
    """For each node of the other frame, row and column in the key frame, in cells."""
    agreement: Float32[np.ndarray, "gy gx"]
    """How much of the same is seen there, in [0, 1]."""
    gain: float
    """The other frame is gain x key frame + offset."""
    offset: float
    """In sRGB."""


class Follower:
    """Follows one key frame through the frames after it, or through those before it, backwards."""

    def __init__(self, colors: Colors) -> None:
        self._colors = colors
        self._moved = np.zeros((*colors.shape[:2], 2), np.float32)
        nodes = [np.arange(count, dtype=np.float32) for count in colors.shape[:2]]
        self._nodes = np.stack(np.meshgrid(*nodes, indexing="ij"), axis=-1)

    def start(self) -> Followed:
        """The key frame as seen from itself."""
        return Followed(self._nodes, np.ones(self._nodes.shape[:2], np.float32), 1.0, 0.0)

    def step(self, displacements: Displacements, colors: Colors) -> Followed:
        """The key frame as seen from the next frame.

        Args:
          displacements: from places in that frame to places in the last one.
          colors: of that frame.
        """
        if displacements.any():
            moved = interpolated(self._moved, self._nodes + displacements)
            self._moved = displacements + moved
        places = self._nodes + self._moved
        expected = interpolated(self._colors, places)
        inside = self._inside(places)
        gain, offset = _exposure(expected, colors, inside)
        misfit = np.abs(gain * expected + offset - colors).mean(-1) / max(gain, 0.1)
        agreement = inside * np.exp(-((misfit / DISAGREEMENT) ** 2))
        return Followed(places, agreement.astype(np.float32), gain, offset)

    def _inside(self, places: Float32[np.ndarray, "gy gx 2"]) -> np.ndarray:
        """1 where a place is in the key frame, falling to 0 beyond its border."""
        last = np.array(places.shape[:2]) - 1
        beyond = np.maximum(np.maximum(-places, places - last), 0).max(-1)
        inside: np.ndarray = np.maximum(0, 1 - beyond / BORDER)
        return inside


def interpolated(
    values: Float32[np.ndarray, "ny nx *c"], places: Float32[np.ndarray, "gy gx 2"]
) -> Float32[np.ndarray, "gy gx *c"]:
    """Values at nodes, interpolated at places; beyond the border they continue.

    Args:
      values: at the nodes.
      places: row and column, in cells.
    """
    last = np.array(values.shape[:2]) - 1
    clipped = np.clip(places, 0, last)
    lower = np.minimum(clipped.astype(np.intp), np.maximum(last - 1, 0))
    upper = np.minimum(lower + 1, last)
    share = (clipped - lower).reshape(*places.shape[:2], 2, *[1] * (values.ndim - 2))
    down, across = share[:, :, 0], share[:, :, 1]
    (top, left), (bottom, right) = np.moveaxis(lower, -1, 0), np.moveaxis(upper, -1, 0)
    above = values[top, left] + across * (values[top, right] - values[top, left])
    below = values[bottom, left] + across * (values[bottom, right] - values[bottom, left])
    found: np.ndarray = above + down * (below - above)
    return found.astype(np.float32)


def _exposure(expected: Colors, colors: Colors, weights: np.ndarray) -> tuple[float, float]:
    """The gain and the offset that take the colors of a key frame to those of another frame.

    They are common to all channels, which exposure and fades to black or white change alike.
    """
    if np.allclose(expected, colors, atol=1e-6):
        return 1.0, 0.0
    counted = np.broadcast_to(weights[..., None] + 1e-6, colors.shape).astype(np.float64)
    # Beginning with what a few moving things change little.
    gain = float(np.sqrt((colors.var() + LEAST_VARIANCE) / (expected.var() + LEAST_VARIANCE)))
    offset = float(np.median(colors - gain * expected))
    for _ in range(EXPOSURE_STEPS):
        misfit = gain * expected + offset - colors
        weight = counted / (1 + (misfit / OUTLIER) ** 2)
        total = weight.sum()
        mean, target = (weight * expected).sum() / total, (weight * colors).sum() / total
        variance = (weight * (expected - mean) ** 2).sum() / total + LEAST_VARIANCE
        covariance = (weight * (expected - mean) * (colors - target)).sum() / total
        gain = float((covariance + LEAST_VARIANCE) / variance)
        offset = float(target - gain * mean)
    return max(gain, 0.0), offset
