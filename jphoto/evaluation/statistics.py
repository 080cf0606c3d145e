"""Medians over pairs, with confidence intervals by the percentile bootstrap.

Medians, and intervals that assume no distribution, because pairs are few and their measures are far
from normally distributed. Values that are not numbers are left out; n counts the others.

Source: Efron, Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
"""

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0
"""Of the resamples, so that the same values always give the same interval."""


class Interval(NamedTuple):
    """The median of n values and the ends of its confidence interval; NaN without values."""

    median: float
    low: float
    high: float
    n: int


class Comparison(NamedTuple):
    """One measure of results compared with that of a baseline, pair by pair."""

    difference: Interval
    """Median of result minus baseline."""
    wins: int
    """Number of pairs on which the result is better; a tie does not count."""


def median_interval(values: Iterable[float]) -> Interval:
    """The median with its 95 % percentile-bootstrap interval.

    Args:
      values: NaNs are left out; infinities count.
    """
    sample = np.array([value for value in values if not math.isnan(value)], np.float64)
    if not len(sample):
        return Interval(math.nan, math.nan, math.nan, 0)
    draws = np.random.default_rng(SEED).integers(len(sample), size=(RESAMPLES, len(sample)))
    medians = np.sort(np.median(sample[draws], axis=1))
    # Order statistics without interpolation, which would give NaN between infinities.
    tail = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    low, high = medians[tail - 1], medians[RESAMPLES - tail]
    return Interval(float(np.median(sample)), float(low), float(high), len(sample))


def compare(
    results: Iterable[float], baselines: Iterable[float], better: Literal["lower", "higher"]
) -> Comparison:
    """Compare results with a baseline on the same pairs.

    Args:
      results: one value for each pair.
      baselines: of the same pairs in the same order.
      better: whether lower or higher values are better.
    """
    differences = [result - baseline for result, baseline in zip(results, baselines, strict=True)]
    sign = -1 if better == "lower" else 1
    return Comparison(median_interval(differences), sum(sign * d > 0 for d in differences))
