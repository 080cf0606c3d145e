"""L-BFGS against its slow twin and scipy, on friendly functions and on nasty ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import reference_lbfgs
from helpers.reference import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from jphoto.optimizers.interface import Condition
from jphoto.optimizers.lbfgs import (
    add_pair,
    empty_history,
    inverse_hessian,
    lbfgs,
    upsample_history,
)

STEPS = 130
HILLY = np.float32([-1.2, 1.0, -1.2, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
ONES = np.ones(10, np.float32)
SCALES = np.float32(np.logspace(0, 3, 10))


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def parabola(x):
    return jnp.sum(SCALES * x**2) / 2


def offset_parabola(x):
    """Value 1 at its minimum: what is left of a decrease drowns in rounding."""
    return 1 + parabola(x - 0.3)


def waves(x):
    """Many minima, and curvature of both signs."""
    return jnp.sum(x**2 / 10 + jnp.sin(3 * x)) + jnp.prod(jnp.cos(x))


def walled(x):
    """Falls toward 1, and is NaN beyond."""
    return jnp.where(jnp.max(x) > 1, jnp.nan, -jnp.sum(x))


def rooted(x):
    """Falls toward 0, where its gradient is infinite before its value is NaN."""
    return jnp.sum(jnp.sqrt(x))


def flat(x):
    return 0 * jnp.sum(x)


OBJECTIVES = (rosenbrock, parabola, offset_parabola, waves, walled, rooted, flat)


def value_and_gradient(objective):
    """As the solver wants it; the point itself is what is reported."""
    return jax.value_and_grad(lambda x: (objective(x), x), has_aux=True)


def descend(objective, start, steps=STEPS, method=None):
    """The state after every step, stacked."""
    method = lbfgs() if method is None else method

    def step(state, _):
        state = method.step(state, value_and_gradient(objective))
        return state, state

    begin = method.begin(start, jnp.full_like(start, jnp.nan))
    return jax.lax.scan(step, begin, None, length=steps)[1]


@jax.jit
def descend_chosen(number, factor, start, scales=None):
    """One program for all objectives, because each would take longer to compile than to descend."""

    def objective(x):
        return factor * jax.lax.switch(number, OBJECTIVES, x)

    method = lbfgs(precondition=None if scales is None else lambda gradient: gradient / scales)
    return descend(objective, start, STEPS, method)


def descended(objective, start, factor=1.0, scales=None):
    """The states of a descent of one of `OBJECTIVES`, times a factor."""
    return descend_chosen(OBJECTIVES.index(objective), factor, np.float32(start), scales)


def evaluations_until(values, goal):
    """How many evaluations it took to get below a value."""
    below = np.asarray(values) < goal
    assert below.any(), f"only got to {np.min(values):.3g}"
    return int(np.argmax(below)) + 1


def ended(states):
    """How many steps until the descent was over; the last condition."""
    over = np.asarray(states.condition) != Condition.DESCENDING
    return int(np.argmax(over)) + 1 if over.any() else None, Condition(int(states.condition[-1]))


def random_parabola():
    random = np.random.default_rng(0)
    root = random.normal(size=(8, 8))
    hessian, slope = root @ root.T + np.eye(8), random.normal(size=8)
    return lambda x: x @ hessian @ x / 2 - slope @ x


@pytest.mark.parametrize("history", [10, 3])
@pytest.mark.parametrize(
    ("objective", "start"),
    [(random_parabola(), np.linspace(-1, 1, 8)), (rosenbrock, np.array(HILLY, np.float64))],
    ids=["parabola", "rosenbrock"],
)
def test_every_point_is_its_slow_twins(objective, start, history):
    steps, weights = 20, 1 / np.arange(1.0, 1 + len(start))
    with jax.enable_x64(True):
        method = lbfgs(history, lambda gradient: gradient * weights)
        found = descend(objective, jnp.asarray(start), steps, method).point
        gradient = jax.jit(jax.value_and_grad(objective))
        wanted = reference_lbfgs.descend(
            lambda x: tuple(map(np.asarray, gradient(x))), start, steps, history,
            lambda gradient: gradient * weights,
        )  # fmt: skip
        # Wider than for one product: rounding grows from step to step.
        assert_close(found, wanted, 1e-7)
    refused = np.all(wanted[1:] == wanted[:-1], axis=1)
    assert 0 < refused.sum() < steps / 2


def test_an_ill_conditioned_parabola_is_descended_to_its_minimum():
    states = descended(parabola, ONES)
    assert evaluations_until(states.value, 1e-8 * states.value[0]) <= 65


def test_rosenbrocks_valley_is_followed_to_its_end():
    states = descended(rosenbrock, HILLY)
    assert evaluations_until(states.value, 1e-8) <= 70
    np.testing.assert_allclose(states.best[-1], 1, atol=1e-4)


@pytest.mark.parametrize(
    ("objective", "start"), [(parabola, ONES), (rosenbrock, HILLY)], ids=["1", "2"]
)
def test_it_needs_about_as_many_evaluations_as_scipy(objective, start):
    gradient, seen = jax.jit(jax.value_and_grad(objective)), []

    def evaluate(x):
        value, slope = gradient(jnp.float32(x))
        seen.append(float(value))
        return seen[-1], np.asarray(slope, np.float64)

    optimize.minimize(evaluate, start, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 0})
    goal = 1e-6 * seen[0]
    found = evaluations_until(descended(objective, start).value, goal)
    assert found <= 1.2 * evaluations_until(seen, goal)


SEEN = []
"""Points that `descend_noted` evaluated."""


@jax.jit
def descend_noted(start):
    def objective(x):
        jax.debug.callback(lambda x: SEEN.append(np.array(x)), x)
        return rosenbrock(x)

    return descend(objective, start, 30)


@pytest.mark.parametrize("start", [HILLY, ONES], ids=["descending", "stalled"])
def test_a_step_evaluates_once(start):
    SEEN.clear()
    jax.block_until_ready(descend_noted(start))
    jax.effects_barrier()
    assert len(SEEN) == 30
    np.testing.assert_array_equal(SEEN[0], start)


def test_the_first_step_accepts_the_start():
    states = descended(rosenbrock, HILLY)
    np.testing.assert_array_equal(states.point[0], HILLY)
    np.testing.assert_array_equal(states.report[0], HILLY)
    assert states.value[0] == rosenbrock(HILLY)


@jax.jit
def descend_promises(share):
    """Descend an objective that falls by only a share of what Armijo asks for its gradient."""

    def objective(x):
        promised = jnp.vdot(jnp.float32([-1, 2, -4, 3]), x)
        return share * 1e-4 * promised + (promised - jax.lax.stop_gradient(promised))

    return descend(objective, jnp.zeros(4), 31)


@pytest.mark.parametrize(
    ("share", "accepted"), [(0.0, 0), (0.5, 0), (0.9, 0), (1.1, 30), (2.0, 30)]
)
def test_a_trial_must_fall_by_what_armijo_asks(share, accepted):
    """Nocedal, Wright 2006, equation 3.4, with c1 = 1e-4."""
    states = jax.tree.map(np.asarray, descend_promises(share))
    assert np.sum(np.diff(states.value) < 0) == accepted
    assert np.sum(np.any(np.diff(states.point, axis=0), axis=1)) == accepted
    assert states.condition[-1] == (Condition.DESCENDING if accepted else Condition.STALLED)
    assert not np.any(states.history.pairs)
    # A trial that was refused is tried again at half the length.
    ratios = states.length[1:] / states.length[:-1]
    np.testing.assert_allclose(ratios, 1 if accepted else 0.5, rtol=1e-5)


waves_of = jax.jit(jax.vmap(waves))


def test_the_last_point_is_the_next_trial_if_it_has_the_full_length():
    """In the valley a trial is refused now and then; at its end nothing is accepted."""
    states = descended(rosenbrock, HILLY)
    full = (states.length == 1) & (states.condition == Condition.DESCENDING)
    assert 5 < np.sum(full) < STEPS - 5
    best = np.asarray(states.best)
    np.testing.assert_array_equal(states.last[~full], best[~full])
    np.testing.assert_allclose(states.last[full], (best + states.direction)[full], rtol=1e-6)
    (accepted,) = np.nonzero(full[:-1] & (np.diff(states.value) < 0))
    np.testing.assert_allclose(states.last[accepted], best[accepted + 1], rtol=1e-5, atol=1e-6)
    assert len(accepted) > 20


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-3, 3, width=32), min_size=10, max_size=10))
def test_values_never_rise_and_belong_to_their_points(start):
    states = descended(waves, start)
    assert np.all(np.diff(states.value) <= 0)
    np.testing.assert_array_equal(states.report, states.point)
    np.testing.assert_allclose(waves_of(states.best), states.value, rtol=1e-5, atol=1e-5)


def test_nan_at_the_start_ends_it_there():
    states = descended(rooted, -ONES)
    assert ended(states) == (1, Condition.NOT_FINITE)
    np.testing.assert_array_equal(states.best, np.full((STEPS, 10), -1.0))


@pytest.mark.parametrize(
    ("objective", "start", "wall", "last"),
    # At 1 a smaller step ends short of the wall, where the value is equal up to rounding.
    [(walled, 0.9, 1, Condition.STALLED), (rooted, 0.6, 0, Condition.NOT_FINITE)],
)
def test_nan_later_keeps_the_best_before_and_ends(objective, start, wall, last):
    states = descended(objective, start * ONES)
    steps, condition = ended(states)
    assert (steps < STEPS, condition) == (True, last)
    assert np.all(np.isfinite(states.best)) and np.all(np.isfinite(states.last))
    np.testing.assert_allclose(states.best[-1], wall, atol=1e-6)
    np.testing.assert_array_equal(states.last[-1], states.best[-1])


def test_at_the_minimum_it_stalls_and_stays():
    states = descended(offset_parabola, 0 * ONES)
    steps, condition = ended(states)
    assert condition == Condition.STALLED
    np.testing.assert_array_equal(states.point[steps:], states.point[steps - 1 : -1])
    assert states.value[-1] < 1 + 1e-6


def test_a_flat_objective_is_survived():
    states = descended(flat, HILLY)
    np.testing.assert_array_equal(states.point, np.tile(HILLY, (STEPS, 1)))
    assert ended(states)[1] == Condition.STALLED


@pytest.mark.parametrize("factor", [1e-6, 1e6, 1e9])
def test_the_scale_of_the_objective_does_not_matter(factor):
    states = descended(parabola, 0.001 * ONES, factor)
    assert evaluations_until(states.value, 1e-6 * states.value[0]) <= 65


def test_the_inverse_hessian_as_preconditioner_needs_a_few_steps():
    states = descended(parabola, ONES, scales=SCALES)
    assert evaluations_until(states.value, 1e-10 * states.value[0]) <= 3


COARSE, FINE = (3, 4), (6, 8)


def on_grid(colors, size):
    return np.broadcast_to(np.float32(colors), (*size, 8))


def doubled(point):
    return jnp.broadcast_to(point[0, 0], (*FINE, 8))


added = jax.jit(add_pair)
direction_of = jax.jit(inverse_hessian)
upsampled = jax.jit(upsample_history, static_argnums=1)


@pytest.mark.parametrize("preconditioned", [False, True])
@pytest.mark.parametrize("pairs", [2, 5])
def test_an_upsampled_history_keeps_its_directions(preconditioned, pairs):
    """Of a mean over places that are all alike: gradients shrink, directions stay."""
    slope = jax.jit(jax.grad(random_parabola()))
    random = np.random.default_rng(1)
    history = empty_history(jnp.zeros((*COARSE, 8)), 3, preconditioned=preconditioned)
    for move in random.normal(size=(pairs, 8)):
        change = np.asarray(slope(move)) - slope(np.zeros(8))
        solved = on_grid(change / np.arange(1, 9), COARSE) if preconditioned else None
        rows = on_grid(move, COARSE), on_grid(change / 12, COARSE)
        history = added(history, *rows, np.bool_(True), solved)
    gradient = random.normal(size=8)
    directions = []
    for size, known in ((COARSE, history), (FINE, upsampled(history, doubled, 4.0))):
        solved = on_grid(gradient / np.arange(1, 9), size) if preconditioned else None
        places = size[0] * size[1]
        found = direction_of(known, on_grid(gradient / places, size), solved)
        directions.append(np.asarray(found))
    assert_close(directions[1], on_grid(directions[0][0, 0], FINE))
    assert np.abs(directions[0]).max() > 0.05


def test_no_preconditioner_is_the_identity():
    given = descended(rosenbrock, HILLY, scales=ONES)
    # The same but for rounding, which the valley makes grow.
    np.testing.assert_allclose(given.point[:20], descended(rosenbrock, HILLY).point[:20], rtol=1e-3)


def test_a_batch_is_its_problems_one_by_one():
    def objective(x):
        return jnp.where(x[0] < -2, jnp.nan, parabola(x))

    with jax.enable_x64(True):
        starts = np.array([-3.0, 0, 1])[:, None] * np.ones(10)
        run = jax.jit(lambda start: descend(objective, start, 30))
        results = jax.jit(jax.vmap(run))(starts), [run(start) for start in starts]
        together, alone = jax.tree.map(np.asarray, results)
        endings = [ended(states) for states in alone]
        assert endings == [
            (1, Condition.NOT_FINITE), (22, Condition.STALLED), (None, Condition.DESCENDING),
        ]  # fmt: skip
        for k, states in enumerate(alone):
            assert ended(jax.tree.map(lambda rows, k=k: rows[k], together)) == endings[k]
            # Wider than for one product: rounding grows from step to step.
            assert_close(together.point[k], states.point, 1e-7)
