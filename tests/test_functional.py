"""Arrays in, arrays out: the same solve as the package's own, inside jit, vmap and grad."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import LARGE, make_pair, tiny_network, totals

import jphoto
from jphoto import functional
from jphoto.errors import ImageError, MaskError, SettingsError
from jphoto.networks import with_flipped_kernels
from jphoto.settings import Settings
from jphoto.solver.single import solve

STEPS = (6, 3)
SETTINGS = Settings(steps=3, levels=2, tolerance=0.0)
LARGEST_DIFFERENCE = 5e-4  # an eighth of an 8-bit level: enlarging the maps amplifies rounding
"""Of colors between two programs of the same solve: rounding, amplified by a few steps."""


objective = jax.jit(functional.objective)


@pytest.fixture(scope="module")
def params():
    return with_flipped_kernels(tiny_network())  # as solves have them: their programs are shared


@pytest.fixture(scope="module")
def solved(params):
    solve = jax.jit(functional.solve, static_argnames=("steps", "preprocessing"))
    return solve(params, *LARGE, steps=STEPS)


@pytest.fixture(scope="module")
def targets(params):
    pair = make_pair()
    style = functional.style_targets(params, pair.style, pair.style_masks)
    content = functional.content_targets(params, pair.content)
    return functional.pair_targets(params, content, style, pair.content_masks)


def test_it_is_the_solve_of_a_transfer(params, solved, small_levels):
    own = solve(LARGE, params, "torchvision", SETTINGS)
    assert [len(terms.total) for terms in solved.terms] == list(STEPS)
    found = np.concatenate([terms.total for terms in solved.terms])
    np.testing.assert_allclose(found, totals(own), rtol=1e-4)
    assert np.abs(solved.picture - own.picture).max() < LARGEST_DIFFERENCE


def test_the_objective_has_gradients(params, targets):
    """By the picture and by the weights: against finite differences."""
    weights = functional.loss_weights()
    picture = jnp.asarray(0.9 * targets.recolored + 0.05)

    def total(picture, weights):
        return objective(params, targets, weights, picture)[0]

    by_picture, by_weights = jax.jit(jax.grad(total, (0, 1)))(picture, weights)
    # Along the gradient: in random directions the network's maxima switch within a small step.
    size, step = float(jnp.linalg.norm(by_picture)), 1e-2
    higher, lower = (total(picture + sign * step * by_picture / size, weights) for sign in (1, -1))
    assert float(higher - lower) / (2 * step) == pytest.approx(size, rel=0.01)
    terms = objective(params, targets, weights, picture)[1]
    for name in ("style", "content", "photorealism", "recoloring", "variation"):
        found, expected = getattr(by_weights, name), getattr(terms, name)
        assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_the_total_is_the_weighted_sum_of_the_terms(params, targets):
    weights = functional.loss_weights(style_weight=3.0)
    total, terms = objective(params, targets, weights, targets.recolored)
    assert weights.style == 3.0
    parts = [w * term for w, term in zip(weights, terms[1:], strict=True)]
    assert float(total) == pytest.approx(float(sum(parts)), rel=1e-6)


def test_a_descent_lowers_the_objective(params, targets):
    weights = functional.loss_weights()
    found = functional.descend(params, targets, weights, targets.recolored, steps=4)
    start = objective(params, targets, weights, targets.recolored)[0]
    assert float(found.terms.total[0]) == pytest.approx(float(start), rel=1e-5)
    assert (np.diff(found.terms.total) <= 0).all() and found.terms.total[-1] < start


def test_without_masks_the_whole_photos_are_one_region(params):
    pair = make_pair()
    style = functional.style_targets(params, pair.style)
    whole = functional.style_targets(params, pair.style, np.ones((1, *pair.style.shape[:2])))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), style, whole))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"content": LARGE.content[None]}, ImageError, "content: .*use jax.vmap for a batch"),
        ({"style": LARGE.style[:20]}, ImageError, r"style: .*\(20, 96, 3\).*at least 32"),
        (
            {"content_masks": LARGE.content_masks[:, 1:]},
            MaskError,
            r"content masks.*\(k, 80, 96\)",
        ),
        ({"style_masks": LARGE.style_masks[:1]}, MaskError, "2 regions and the style photo 1"),
        ({"steps": (3, 3, 3)}, ImageError, "80 pixels cannot be solved at 3 sizes"),
        ({"steps": ()}, ImageError, "0 sizes"),
    ],
    ids=["batch", "small", "mask size", "regions", "levels", "no steps"],
)
def test_shapes_that_do_not_fit_are_refused(params, change, error, words):
    with pytest.raises(error, match=words):
        functional.solve(params, **{**LARGE._asdict(), **change})


def test_unknown_weights_are_refused():
    with pytest.raises(SettingsError, match="style_wait"):
        functional.loss_weights(style_wait=1.0)


def test_every_public_name_is_there():
    assert {"style_targets", "content_targets", "objective", "descend", "solve"} <= set(
        functional.__all__
    )
    for name in functional.__all__:
        assert hasattr(functional, name)
    assert jphoto.functional is functional
