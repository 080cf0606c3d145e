"""The solver of one pair, with a tiny made-up network: starts, steps and endings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import PAIR, run, targets_of, totals

from jphoto.compilation import program
from jphoto.objectives.dimensionless import DIMENSIONLESS, evaluate
from jphoto.objectives.targets import LossWeights
from jphoto.solver import programs
from jphoto.solver.progress import Status
from jphoto.solver.steps import advance
from jphoto.solver.vectorized import SINGLE


@pytest.mark.parametrize(("optimizer", "share"), [("lbfgs", 0.75), ("adam", 0.85)])
def test_the_objective_falls_and_never_rises(params, optimizer, share):
    solution = run(params, optimizer=optimizer, start="content", steps=20)
    values = totals(solution)
    assert solution.status is Status.FINISHED
    assert np.all(np.diff(values) <= 0)
    assert values[-1] < share * values[0]


@pytest.mark.parametrize(("optimizer", "further"), [("lbfgs", 1), ("adam", 0)])
def test_the_picture_is_the_one_of_the_last_terms(params, optimizer, further):
    """L-BFGS ends with the picture that a further step would evaluate."""
    # So large a rate that Adam overshoots and its last picture is not its best.
    chosen = {
        "style_weight": 1.5, "content_weight": 0.5, "photorealism_weight": 100.0,
        "recoloring_weight": 3.0, "variation_weight": 0.2,
    }  # fmt: skip
    both = {"optimizer": optimizer, "learning_rate": 0.3, **chosen}
    solution = run(params, **both, steps=13)
    evaluated = run(params, **both, steps=13 + further).steps
    targets = targets_of(params, PAIR)
    weights = LossWeights(*chosen.values())
    _, terms = jax.jit(evaluate, static_argnums=1)(
        params, "torchvision", targets, weights, solution.picture
    )
    np.testing.assert_allclose(terms, evaluated[-1][:-1], rtol=1e-4)
    assert solution.picture.dtype == np.float32


def test_the_total_is_the_weighted_sum_of_the_terms(params):
    chosen = {
        "style": 2.0,
        "content": 3.0,
        "photorealism": 4.0,
        "recoloring": 5.0,
        "variation": 6.0,
    }
    for step in run(params, **{f"{term}_weight": weight for term, weight in chosen.items()}).steps:
        parts = sum(weight * getattr(step, term) for term, weight in chosen.items())
        np.testing.assert_allclose(step.total, parts, rtol=1e-5)


def test_the_first_terms_are_the_starts(params):
    np.testing.assert_array_equal(run(params, start="content", steps=1).picture, PAIR.content)


def test_every_start_is_its_own_picture(params):
    color, content, noise, other = (
        run(params, steps=1, **chosen).picture
        for chosen in ({}, {"start": "content"}, {"start": "noise"}, {"start": "noise", "seed": 1})
    )
    np.testing.assert_array_equal(content, PAIR.content)
    means = [photo.mean((0, 1)) for photo in (color, PAIR.style, PAIR.content)]
    assert np.abs(means[0] - means[1]).max() < 0.2 * np.abs(means[2] - means[1]).max()
    for picture in (noise, other):
        away = picture - programs.MEAN_COLOR
        assert abs(away.mean()) < 0.1 * programs.START_NOISE
        np.testing.assert_allclose(away.std(), programs.START_NOISE, rtol=0.05)
    assert np.abs(noise - other).max() > programs.START_NOISE
    np.testing.assert_array_equal(run(params, steps=1, start="noise", seed=1).picture, other)


def test_the_preconditioner_gets_further_in_as_many_steps(params):
    chosen = {"start": "content", "photorealism_weight": 2000.0, "steps": 12}
    plain = run(params, **chosen)
    found = run(params, preconditioner="laplacian", **chosen)
    assert found.status is Status.FINISHED
    assert np.all(np.diff(totals(found)) <= 0)
    away = totals(plain)[-1] / totals(found)[-1]
    assert away > 1.1, away


def test_without_photorealism_the_preconditioner_does_no_harm(params):
    chosen = {"start": "content", "photorealism_weight": 0.0, "steps": 12}
    plain, found = (run(params, preconditioner=p, **chosen) for p in ("none", "laplacian"))
    assert totals(found)[-1] < 1.1 * totals(plain)[-1]


def test_the_free_stage_comes_first_and_knows_no_photorealism(params):
    two = run(params, free_share=0.5, photorealism_weight=1e4, start="content", steps=10)
    free = run(params, photorealism_weight=0.0, start="content", steps=5)
    assert two.steps[:5] == free.steps
    assert two.steps[5][1:] == free.steps[-1][1:]  # the next stage begins at the same picture
    np.testing.assert_allclose(
        two.steps[5].total - free.steps[-1].total, 1e4 * free.steps[-1].photorealism, rtol=1e-4
    )
    assert two.steps[-1].photorealism < two.steps[5].photorealism


@pytest.mark.parametrize("optimizer", ["lbfgs", "lbfgs-fixed", "adam"])
def test_nan_weights_end_it_with_the_start(params, optimizer):
    broken = {**params, "conv3_1": {**params["conv3_1"], "bias": jnp.float32([np.nan] * 6)}}
    solution = run(broken, optimizer=optimizer, start="content")
    assert solution.status is Status.NOT_FINITE
    np.testing.assert_array_equal(solution.picture, PAIR.content)


def test_a_photo_in_its_own_style_stays_as_it_is(params):
    same = PAIR._replace(style=PAIR.content, style_masks=PAIR.content_masks)
    solution = run(params, same, start="content", steps=30)
    first = solution.steps[0]
    assert (first.content, first.photorealism) == (0, 0)
    assert first.style < 1e-12  # both sum the same products, each in an order of its own
    # Rounding in the color transfer of a photo to itself.
    assert first.recoloring < 1e-8
    assert solution.steps[-1].total <= first.total
    assert np.abs(solution.picture - PAIR.content).max() < 0.005


@pytest.fixture
def evaluations(monkeypatch, nothing_kept):
    """A list of the totals of all pictures that are evaluated, in the compiled program itself."""
    seen = []

    def counted(*arguments):
        total, terms = evaluate(*arguments)
        jax.debug.callback(lambda total: seen.append(float(total)), total)
        return total, terms

    monkeypatch.setitem(programs.OBJECTIVES, "jphoto", DIMENSIONLESS._replace(evaluate=counted))
    static = ("preprocessing", "objective", "optimizer", "preconditioner")
    traced_anew = program(static=static, donated=(4,))(advance.__wrapped__)
    monkeypatch.setattr("jphoto.solver.single.SINGLE", SINGLE._replace(advance=traced_anew))
    return seen


def test_as_many_evaluations_as_steps(params, evaluations):
    for steps in (1, 7, 10, 13):
        evaluations.clear()
        solution = run(params, steps=steps)
        jax.effects_barrier()
        assert len(solution.steps) == len(evaluations) == steps
        assert solution.steps[0].total == evaluations[0]
        assert solution.steps[-1].total == min(evaluations)
