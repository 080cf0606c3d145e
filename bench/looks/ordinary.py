"""The colors of ordinary photos, kind by kind, from some of many photos."""

from collections.abc import Sequence

import numpy as np

from jphoto.looks import Look
from jphoto.looks.gaussians import Gaussian, barycenter

FEWEST_PHOTOS = 5
"""Effective number of photos that a kind's colors come from, at least."""


def ordinary_colors(look: Look, photos: Sequence[int]) -> dict[str, Gaussian]:
    """The barycenter of each kind's colors, for kinds that enough photos show.

    Args:
      look: of photos that nobody has graded.
      photos: numbers of those that count.
    """
    colors, finest, found = look.statistics.colors, -1, {}
    for number, kind in enumerate(look.kinds):
        if effective_count(look, kind, photos) >= FEWEST_PHOTOS:
            found[kind] = barycenter(
                colors.means[photos, number, finest].astype(np.float64),
                colors.covariances[photos, number, finest].astype(np.float64),
                colors.weights[photos, number].astype(np.float64),
            )
    return found


def effective_count(look: Look, kind: str, photos: Sequence[int]) -> float:
    """The effective number of photos that show a kind; 0 without any."""
    weights = look.statistics.colors.weights[photos, look.kinds.index(kind)].astype(np.float64)
    return float(weights.sum() ** 2 / max(np.sum(weights**2), np.finfo(np.float64).tiny))
