"""Medians over pairs, and how far to trust them: the percentile bootstrap.

Pairs are few and their measures far from normal: medians, and intervals that assume no
distribution. Values that are not numbers are left out, and n counts those that are.

Source: Efron, Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
"""

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0


class Interval(NamedTuple):
    """The median of n values, and the two ends of its interval; NaN for no values."""

    median: float
    low: float
    high: float
    n: int


class Comparison(NamedTuple):
    """One measure of results against that of a baseline, pair by pair."""

    difference: Interval
    """Of result minus baseline."""
    wins: int
    """On how many of those pairs the result is better; a tie is no win."""


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
    # Order statistics as they are, for interpolating between infinities gives no number.
    tail = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    low, high = medians[tail - 1], medians[RESAMPLES - tail]
    return Interval(float(np.median(sample)), float(low), float(high), len(sample))


def compare(
    results: Iterable[float], baselines: Iterable[float], better: Literal["lower", "higher"]
) -> Comparison:
    """How results differ from a baseline on the same pairs.

    Args:
      results: one value a pair.
      baselines: of the same pairs in the same order.
      better: which values are.
    """
    differences = [result - baseline for result, baseline in zip(results, baselines, strict=True)]
    sign = -1 if better == "lower" else 1
    return Comparison(median_interval(differences), sum(sign * d > 0 for d in differences))
