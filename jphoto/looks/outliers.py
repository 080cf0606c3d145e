"""Photos of a look that do not fit the others, such as one in black and white among colored ones.

Photos of one look differ in their subjects, and that more in some of their colors' properties than
in others: brightness differs much, the ratio of tint to contrast little. So each photo's distance
from the others is measured in the standard deviations by which ordinary photos differ.

Source: Arsigny et al. 2007, "Geometric Means in a Novel Vector Space Structure on Symmetric
Positive-Definite Matrices", for the logarithm of covariances; Leys et al. 2013, "Detecting
Outliers", for the median absolute deviation.
"""

import numpy as np
from jaxtyping import Float

from jphoto.looks.ordinary import VARIATION
from jphoto.looks.statistics import Statistics

FEWEST_PHOTOS = 4
"""With fewer, nothing says which of them is unlike the others."""
LARGEST_DEVIATION = 3.0
"""Of a photo's distance from the median distance, in standard deviations, as the median absolute
deviation estimates them: beyond, a photo is unlike the others."""
NORMAL_DEVIATION = 1.4826
"""Standard deviations in a median absolute deviation."""
SMALLEST_RATIO = 1.4
"""Of the distance of a photo that is unlike the others to the median distance."""


def color_features(
    mean: Float[np.ndarray, "3"], covariance: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "9"]:
    """A distribution of colors as a vector: its mean, and the logarithm of its covariance."""
    values, vectors = np.linalg.eigh(covariance)
    logarithm = (vectors * np.log(np.maximum(values, 1e-9))) @ vectors.T
    features: np.ndarray = np.concatenate([mean, logarithm[np.triu_indices(3)]])
    return features


def distances(look: Statistics) -> Float[np.ndarray, "n"]:
    """How far the colors of each whole photo are from the median of all.

    Returns: in standard deviations of ordinary photos, a root mean square over features.
    """
    means, covariances = (
        part[:, -1, -1].astype(np.float64) for part in (look.colors.means, look.colors.covariances)
    )
    features = np.array([color_features(*one) for one in zip(means, covariances, strict=True)])
    offsets = features - np.median(features, 0)
    squares = np.einsum("ni,ij,nj->n", offsets, np.linalg.inv(VARIATION), offsets)
    found: np.ndarray = np.sqrt(squares / len(VARIATION))
    return found


def unlike_the_others(found: Float[np.ndarray, "n"]) -> list[int]:
    """Numbers of the photos that do not fit the others, the least fitting first.

    Args:
      found: from `distances`.
    """
    if len(found) < FEWEST_PHOTOS:
        return []
    median = np.median(found)
    deviation = NORMAL_DEVIATION * np.median(np.abs(found - median))
    limit = max(median + LARGEST_DEVIATION * deviation, SMALLEST_RATIO * median)
    return [n for n in np.argsort(-found).tolist() if found[n] > limit]
