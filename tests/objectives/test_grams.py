"""Gram matrices of regions: by position and region by region, against the plain sum."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import reference
from helpers.reference import assert_close

from jphoto.objectives import grams
from jphoto.objectives.grams import gram_matrices, groups_of

H, W, C, K = 8, 9, 5, 3
FORMS = (
    (grams._sum_by_position, grams._pull_by_position),
    (grams._sum_by_region, grams._pull_by_region),
)
"""By position, and region by region."""


@pytest.fixture(autouse=True)
def gathering(monkeypatch):
    """Positions are gathered, however few."""
    monkeypatch.setattr(grams, "LEAST_GATHERED", 1)


def seen(seed: int = 0) -> np.ndarray:
    """Features as a ReLU leaves them: half silent."""
    return np.maximum(np.random.default_rng(seed).normal(size=(H, W, C)), 0).astype(np.float32)


def masks(kind: str) -> np.ndarray:
    """Of K regions: soft ones all over, or hard ones, the last of them empty."""
    if kind == "soft":
        shares = np.random.default_rng(1).random((K + 1, H, W))
        return (shares / shares.sum(0))[:K].astype(np.float32)
    right, lower = np.arange(W) > 5, np.arange(H)[:, None] > 3
    corner = right & lower
    return np.float32([corner, ~corner, np.zeros((H, W))])


@functools.cache
def compiled(gathered: tuple[int, int]):
    """The Gram matrices and their gradients, and the sums and gradients of both forms.

    One program for every way to gather, which is part of it.
    """

    def everything(features, shares, both):
        (total, pull), (total_by_region, pull_by_region) = FORMS
        groups = groups_of(shares, C)
        by_position = total(groups, features, shares), pull(groups, features, shares, both)
        by_region = total_by_region(features, shares), pull_by_region(features, shares, both)
        found, pull = jax.vjp(lambda features: gram_matrices(features, shares, groups), features)
        return found, pull(both)[0], by_position, by_region

    return jax.jit(everything)


@pytest.fixture(params=[(4, 1), (20, 1), (80, 16), (2000, 16)], ids=str)
def computed(request, monkeypatch):
    """The program for groups of 1 and 4 positions, of two runs of 8 positions, and one for all."""
    numbers, longest = request.param
    monkeypatch.setattr(grams, "GATHERED_NUMBERS", numbers)
    monkeypatch.setattr(grams, "LONGEST_RUN", longest)
    return compiled(request.param)


COTANGENT = np.random.default_rng(4).normal(size=(K, C, C)).astype(np.float32)
"""Not symmetric."""


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_they_are_masked_products_of_features(kind: str, computed) -> None:
    found = np.asarray(computed(seen(), masks(kind), COTANGENT)[0])
    wanted = [reference.gram_matrix(seen(), mask) for mask in masks(kind) if mask.any()]
    assert_close(found[: len(wanted)], wanted)
    assert not found[len(wanted) :].any()


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_both_forms_agree_and_their_gradients_too(kind: str, computed) -> None:
    *_, by_position, by_region = computed(seen(), masks(kind), COTANGENT)
    (sums, gradients), (sums_by_region, gradients_by_region) = by_position, by_region
    assert_close(sums, sums_by_region)
    assert_close(gradients, gradients_by_region)
    expected = np.einsum("kyx,yxc,kcd->yxd", masks(kind) ** 2, seen(), COTANGENT)
    assert_close(gradients, expected)


def test_the_gradient_holds_for_cotangents_that_are_not_symmetric(computed) -> None:
    _, gradient, *_ = computed(seen(), masks("soft"), COTANGENT)
    gradient = np.asarray(gradient, np.float64)
    direction, step = np.random.default_rng(5).normal(size=gradient.shape), 1e-4

    def value(features: np.ndarray) -> float:
        pairs = zip(COTANGENT, masks("soft"), strict=True)
        return sum(np.vdot(c, reference.gram_matrix(features, mask)) for c, mask in pairs)

    ahead, behind = (value(seen().astype(float) + sign * step * direction) for sign in (1, -1))
    assert np.vdot(gradient, direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-5)


@pytest.mark.parametrize("length", [1, 8])
def test_a_region_is_charged_for_the_runs_it_has(length, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grams, "LONGEST_RUN", length)
    monkeypatch.setattr(grams, "GATHERED_NUMBERS", 8 * C * length)
    groups = jax.jit(lambda masks: groups_of(masks, C))(masks("hard"))
    flat = masks("hard").reshape(K, -1, length)
    inside = flat.any(2)
    charged = np.diff(groups.ends, prepend=0)
    # Of single positions the corner has 4 x 3 and the rest 60: two groups of eight, and eight.
    assert charged.tolist() == [-(-int(own.sum()) // 8) for own in inside]
    assert length == 8 or charged.tolist() == [2, 8, 0]
    for index in range(int(groups.ends[-1])):
        region, runs, shares = map(np.asarray, groups.at(jnp.int32(index), jnp.asarray(flat)))
        first = 8 * (index - int(groups.ends[region] - charged[region]))
        own = np.flatnonzero(inside[region])[first : first + 8]
        assert runs[: len(own)].tolist() == own.tolist()
        np.testing.assert_array_equal(shares[: len(own), :, 0], flat[region][own])
        assert not shares[len(own) :].any()


def test_few_positions_are_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grams, "_sum_by_position", lambda *_: pytest.fail("gathered"))
    shares = jnp.asarray(masks("soft"))
    assert groups_of(shares, C) is not None and groups_of(shares, C, once=True) is None
    monkeypatch.setattr(grams, "LEAST_GATHERED", H * W + 1)
    assert groups_of(shares, C) is None
    found = jax.jit(jax.value_and_grad(lambda x: jnp.sum(gram_matrices(x, shares))))(seen())
    assert np.isfinite(found[0]) and np.isfinite(found[1]).all()


def test_vmap_is_a_loop() -> None:
    features = np.stack([seen(seed) for seed in range(2)])
    shares = np.stack([masks("soft"), masks("hard")])

    def value(features: jax.Array, shares: jax.Array) -> jax.Array:
        return jnp.sum(jnp.sin(gram_matrices(features, shares, groups_of(shares, C))))

    differentiated = jax.value_and_grad(value)
    values, gradients = jax.jit(jax.vmap(differentiated))(features, shares)
    for k in range(2):
        one, gradient = jax.jit(differentiated)(features[k], shares[k])
        assert_close(values[k], one)
        assert_close(gradients[k], gradient)
