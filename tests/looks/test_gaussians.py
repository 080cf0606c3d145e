"""Barycenters and transport of Gaussians, by their known closed forms."""

import numpy as np
import pytest
import scipy

from jphoto.looks.gaussians import Gaussian, barycenter, distance, transport

RANDOM = np.random.default_rng(3)


def covariance():
    root = RANDOM.normal(size=(3, 3))
    return root @ root.T + 0.1 * np.eye(3)


def test_equal_gaussians_are_their_own_barycenter():
    one = Gaussian(RANDOM.random(3), covariance())
    found = barycenter(np.stack([one.mean] * 3), np.stack([one.covariance] * 3), np.ones(3))
    np.testing.assert_allclose(found.mean, one.mean, atol=1e-12)
    np.testing.assert_allclose(found.covariance, one.covariance, atol=1e-9)


def test_covariances_that_commute_have_the_squared_mean_of_their_roots():
    axes, _ = np.linalg.qr(RANDOM.normal(size=(3, 3)))
    values, weights = RANDOM.uniform(0.1, 2, (4, 3)), np.array([1, 2, 3, 4.0])
    covariances = np.einsum("ij,nj,kj->nik", axes, values, axes)
    found = barycenter(np.zeros((4, 3)), covariances, weights)
    roots = (weights[:, None] * np.sqrt(values)).sum(0) / weights.sum()
    np.testing.assert_allclose(found.covariance, (axes * roots**2) @ axes.T, atol=1e-9)


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_between_two_lies_the_path_of_the_transport(weight):
    one, other = covariance(), covariance()
    means = RANDOM.random((2, 3))
    found = barycenter(means, np.stack([one, other]), np.array([1 - weight, weight]))
    partly = (1 - weight) * np.eye(3) + weight * transport(one, other)
    np.testing.assert_allclose(found.covariance, partly @ one @ partly, atol=1e-8)
    np.testing.assert_allclose(found.mean, (1 - weight) * means[0] + weight * means[1])


def test_the_transport_maps_one_covariance_to_the_other():
    one, other = covariance(), covariance()
    matrix = transport(one, other)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(matrix @ one @ matrix, other, atol=1e-9)


def test_the_distance_is_that_of_wasserstein():
    one, other = (Gaussian(RANDOM.random(3), covariance()) for _ in range(2))
    root = scipy.linalg.sqrtm(one.covariance)
    cross = scipy.linalg.sqrtm(root @ other.covariance @ root).real
    squared = np.sum((one.mean - other.mean) ** 2)
    squared += np.trace(one.covariance + other.covariance - 2 * cross)
    assert distance(one, other) == pytest.approx(np.sqrt(squared), rel=1e-6)
    assert distance(one, one) == pytest.approx(0, abs=1e-6)
