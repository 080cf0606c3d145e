"""Segments that follow the colors of the photo, from what a network finds on its coarse grid.

A place of a network's grid is affected by more than a hundred pixels around it: sky beside roofs
looks half like a roof to it. The colors of each pixel are exact, but one color may belong to
several segments. Bayes' rule combines the two: the network's probabilities are the prior, and
each segment has a Gaussian distribution of colors, which is estimated from the posterior.

Source: Rother, Kolmogorov, Blake 2004, "GrabCut", section 3, for the alternation of segments and
their color models.
Departs: one Gaussian for each segment, all segments at once, and no term for neighbors: the matting
Laplacian smooths the borders afterwards, see `borders`.
"""

import numpy as np
from jaxtyping import Float, Float32

ITERATIONS = 3
COLOR_DEVIATION = 0.03
"""Smallest standard deviation of a segment's colors, in sRGB from 0 to 1. An evenly lit sky would
otherwise reject its own noise."""
SMALLEST_PRIOR = 1e-4
"""Color alone may decide only where the network has some doubt."""
LARGEST_ADVANTAGE = 5.0
"""Largest difference of the log-likelihood of colors between two segments: a color that no segment
has, such as of a lamp, decides nothing."""
SMALLEST_SHARE = 0.01
"""Share of the photo, the mean of a segment's probability by the network. One with less has too few
pixels for a distribution of colors, could take over whatever has the same colors, and is left
out."""


def with_colors(
    photo: Float32[np.ndarray, "h w 3"], probabilities: Float[np.ndarray, "h w n"]
) -> Float[np.ndarray, "h w n"]:
    """The probability of each segment at each pixel, given its color and the network's view.

    Args:
      photo: sRGB in [0, 1].
      probabilities: of n segments by the network, enlarged to the photo's size; at most 1 in sum.

    Returns: probabilities of the same segments, adding up to 1.
    """
    colors = photo.reshape(-1, 3).astype(np.float64)
    present = probabilities.mean((0, 1)) >= SMALLEST_SHARE
    prior = np.maximum(probabilities[..., present].reshape(len(colors), -1), SMALLEST_PRIOR)
    posterior = prior / prior.sum(1, keepdims=True)
    for _ in range(ITERATIONS):
        likelihoods = np.column_stack([_log_likelihood(colors, weights) for weights in posterior.T])
        advantages = likelihoods - likelihoods.max(1, keepdims=True)
        joint = prior * np.exp(np.maximum(advantages, -LARGEST_ADVANTAGE))
        posterior = joint / joint.sum(1, keepdims=True)
    everywhere = np.zeros_like(probabilities)
    everywhere[..., present] = posterior.reshape(*photo.shape[:2], -1)
    return everywhere


def _log_likelihood(
    colors: Float[np.ndarray, "n 3"], weights: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    """Of each color in the Gaussian distribution of weighted colors, up to a constant."""
    total = weights.sum()
    offsets = colors - weights @ colors / total
    covariance = (offsets * weights[:, None]).T @ offsets / total
    covariance += COLOR_DEVIATION**2 * np.eye(3)
    squares = np.sum(offsets @ np.linalg.inv(covariance) * offsets, axis=1)
    logarithms: np.ndarray = -(squares + np.linalg.slogdet(covariance)[1]) / 2
    return logarithms
