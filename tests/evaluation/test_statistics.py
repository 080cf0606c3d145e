"""Medians and their intervals, on distributions whose median is known."""

import math

import numpy as np
import pytest

from jphoto.evaluation import compare, median_interval


def test_the_interval_covers_the_true_median_in_95_percent_of_samples() -> None:
    samples = np.random.default_rng(1).normal(3.0, 2.0, (300, 15))
    intervals = [median_interval(sample) for sample in samples]
    covered = np.mean([interval.low <= 3.0 <= interval.high for interval in intervals])
    # Two standard errors of 300 trials are .026, and with so few values the bootstrap interval of
    # a median is too wide.
    assert 0.92 <= covered <= 0.99


def test_the_interval_shrinks_with_the_root_of_n() -> None:
    random = np.random.default_rng(2)
    few, many = (
        np.mean([i.high - i.low for i in map(median_interval, random.normal(size=(40, n)))])
        for n in (20, 180)
    )
    assert few / many == pytest.approx(3, rel=0.2)


def test_the_interval_of_a_normal_sample_has_the_theoretical_width() -> None:
    n = 400
    widths = [
        i.high - i.low for i in map(median_interval, np.random.default_rng(3).normal(size=(40, n)))
    ]
    expected = 2 * 1.96 * math.sqrt(math.pi / 2 / n)  # a median's standard error
    assert np.mean(widths) == pytest.approx(expected, rel=0.15)


def test_small_samples() -> None:
    assert median_interval([0.25] * 7) == (0.25, 0.25, 0.25, 7)
    assert median_interval([4.0]) == (4.0, 4.0, 4.0, 1)
    median, low, high, n = median_interval([])
    assert n == 0 and all(map(math.isnan, (median, low, high)))


def test_nan_is_left_out_and_infinity_is_not() -> None:
    values = [1.0, 2.0, 4.0]
    assert median_interval([*values, math.nan]) == median_interval(values)
    assert median_interval([1.0, math.inf, math.inf]) == (math.inf, 1.0, math.inf, 3)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(4).normal(size=12)
    assert median_interval(values) == median_interval(values)


def test_comparisons_are_pair_by_pair() -> None:
    baseline = np.random.default_rng(5).normal(0, 100, 20)
    difference, wins = compare(baseline - 1, baseline, "lower")
    assert difference[:3] == pytest.approx((-1, -1, -1))  # however much the pairs themselves differ
    assert (difference.n, wins) == (20, 20)
    assert compare(baseline - 1, baseline, "higher").wins == 0


def test_ties_and_missing_values_do_not_count_as_wins() -> None:
    compared = compare([1.0, 2.0, math.nan, math.inf], [2.0, 2.0, 2.0, math.inf], "lower")
    assert (compared.wins, compared.difference.n) == (1, 2)
