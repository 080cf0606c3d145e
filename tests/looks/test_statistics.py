"""The arithmetic of looks: laws of mixing, and what becomes of a look for a content photo."""

import numpy as np
import pytest
from helpers.looks import numbers, one_photo, photo_statistics

from jphoto.looks.gaussians import Gaussian, barycenter
from jphoto.looks.learning import combined
from jphoto.looks.ordinary import ORDINARY
from jphoto.looks.outliers import color_features, distances, unlike_the_others
from jphoto.looks.statistics import WHOLE, added, colors_for, scaled, with_kind

A = one_photo(1, sky=0.4, trees=0.6)
B = one_photo(2, sky=0.7, water=0.3)
C = one_photo(3, trees=0.5, water=0.5)
GROUPS = (("sky",), ("trees", "water"), (WHOLE,))
CONTENT = [Gaussian(np.full(3, 0.1 * n), 0.01 * (n + 1) * np.eye(3)) for n in range(4)]


def of(look, kept=None):
    return numbers(look, GROUPS, CONTENT, kept)


@pytest.mark.parametrize("kept", [0.0, 0.6])
def test_mixing_commutes_and_is_associative(kept):
    np.testing.assert_allclose(of(added(A, B), kept), of(added(B, A), kept), atol=2e-6)
    left, right = added(added(A, B), C), added(A, added(B, C))
    np.testing.assert_allclose(of(left, kept), of(right, kept), atol=2e-6)
    mixed = added(scaled(A, 0.2), scaled(added(scaled(B, 0.75), scaled(C, 0.25)), 0.8))
    flat = added(scaled(C, 0.2), added(scaled(B, 0.6), scaled(A, 0.2)))
    np.testing.assert_allclose(of(mixed, kept), of(flat, kept), atol=2e-6)


def test_half_of_two_equal_looks_is_that_look():
    mixed = added(scaled(A, 0.5), scaled(A, 0.5))
    groups = (("sky",), ("trees",))
    np.testing.assert_allclose(
        numbers(mixed, groups, CONTENT[:3]), numbers(A, groups, CONTENT[:3]), atol=2e-6
    )


def test_only_the_ratio_of_weights_matters():
    one = added(scaled(A, 0.3), scaled(B, 0.6))
    np.testing.assert_allclose(of(one), of(scaled(one, 7)), atol=2e-6)


def test_kinds_are_mixed_by_weight_and_taken_from_the_only_one_that_has_them():
    mixed = added(scaled(A, 0.25), scaled(B, 0.75))
    assert mixed.kinds == ("sky", "trees", "water", WHOLE)
    name = "half.relu3_1.gram"
    sky = 0.25 * A.averages[name][0] + 0.75 * B.averages[name][0]
    np.testing.assert_allclose(mixed.averages[name][0], sky, rtol=1e-5)
    np.testing.assert_array_equal(mixed.averages[name][1], A.averages[name][1])
    np.testing.assert_array_equal(mixed.averages[name][2], B.averages[name][1])
    np.testing.assert_allclose(mixed.weights, [1, 0.25, 0.75, 1])


def test_a_kind_from_another_look_keeps_the_weights_of_the_rest():
    look = with_kind(A, "sky", B)
    name = "fine.relu1_1.mean"
    np.testing.assert_array_equal(look.averages[name][0], B.averages[name][0])
    np.testing.assert_array_equal(look.averages[name][1], A.averages[name][1])
    np.testing.assert_array_equal(look.averages[name][-1], A.averages[name][-1])
    np.testing.assert_allclose(look.weights, 1)
    np.testing.assert_allclose(look.shares, [0.7, 0.6, 1])
    added_kind = with_kind(A, "water", B)
    assert added_kind.kinds == ("sky", "trees", "water", WHOLE)
    np.testing.assert_allclose(added_kind.shares, [0.4, 0.6, 0.3, 1])


def test_a_look_of_one_photo_asks_for_the_colors_of_that_photo():
    groups = (("sky",), ("trees",))
    moments = colors_for(A, groups, "fine", CONTENT[:3], 4)
    np.testing.assert_allclose(moments.means[[0, 1, 4]], A.colors.means[0, :, 2], rtol=1e-5)
    np.testing.assert_allclose(
        moments.covariances[[0, 1, 4]], A.colors.covariances[0, :, 2], rtol=1e-3, atol=1e-6
    )
    assert np.isfinite(moments.covariances).all() and not moments.means[2:4].any()


def test_kinds_of_one_region_are_pooled_by_area():
    moments = colors_for(A, (("sky", "trees"),), "half", CONTENT[:2], 1)
    means = A.colors.means[0, :2, 1]
    np.testing.assert_allclose(moments.means[0], 0.4 * means[0] + 0.6 * means[1], rtol=1e-5)
    between = np.outer(means[0] - means[1], means[0] - means[1])
    within = np.einsum("k,kij->ij", [0.4, 0.6], A.colors.covariances[0, :2, 1])
    np.testing.assert_allclose(moments.covariances[0], within + 0.24 * between, rtol=1e-3)


def test_the_more_photos_the_more_of_the_content_s_own_colors_is_kept():
    photos = [photo_statistics(seed, sky=0.5) for seed in range(4)]
    assert not combined(photos[:1]).colors.kept.any()
    np.testing.assert_allclose(combined(photos).colors.kept, 0.75)
    uneven = combined([photo_statistics(0, sky=0.9), photo_statistics(1, sky=0.1)])
    np.testing.assert_allclose(uneven.colors.kept[0], [1 - 0.82, 0.5], rtol=1e-5)


def test_an_ordinary_photo_gets_the_colors_of_the_look_whatever_is_kept():
    look, usual = combined([photo_statistics(seed) for seed in range(3)]), ORDINARY[WHOLE]
    moments = colors_for(look, (), "fine", [usual], 0)
    colors = look.colors
    center = barycenter(colors.means[:, 0, 2], colors.covariances[:, 0, 2], np.ones(3))
    np.testing.assert_allclose(moments.means[-1], center.mean, atol=1e-5)
    np.testing.assert_allclose(moments.covariances[-1], center.covariance, atol=1e-4)
    brighter = usual._replace(mean=usual.mean + 0.1)
    assert (colors_for(look, (), "fine", [brighter], 0).means[-1] > moments.means[-1]).all()


def test_the_photo_that_does_not_fit_the_others_is_found():
    photos = [photo_statistics(0) for _ in range(6)]
    for number, photo in enumerate(photos):
        photo.colors.means[:] += 0.01 * number
    photos[4].colors.means[:] += 0.4
    found = distances(combined(photos))
    assert unlike_the_others(found) == [4] and found[4] > 1
    assert unlike_the_others(found[:3]) == []
    assert unlike_the_others(np.full(9, 0.1)) == []


def test_black_and_white_among_colors_does_not_fit():
    photos, usual = [photo_statistics(seed) for seed in range(8)], ORDINARY[WHOLE]
    for number, photo in enumerate(photos):
        photo.colors.means[:] = usual.mean + 0.02 * number
        photo.colors.covariances[:] = usual.covariance * (1 + 0.05 * number)
    gray = photos[5].colors
    gray.means[:] = gray.means.mean(-1, keepdims=True)
    gray.covariances[:] = 0.04 + 1e-5 * np.eye(3)
    found = distances(combined(photos))
    assert unlike_the_others(found) == [5]
    assert color_features(gray.means[0, 0, 0], gray.covariances[0, 0, 0]).shape == (9,)
