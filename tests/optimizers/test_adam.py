"""Adam against a plain loop of optax's, and on what is not finite."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jphoto.optimizers.adam import adam
from jphoto.optimizers.interface import Condition

START = jnp.linspace(-1, 1, 6)
RATE = 0.1
STEPS = 60


def bowl(x):
    return jnp.sum(jnp.arange(1.0, 7) * (x - 0.2) ** 2)


def falling_into_nan(x):
    """NaN right of 0.5."""
    return jnp.sum(jnp.where(x > 0.5, jnp.nan, -x))


def value_and_gradient(objective):
    """As the solver wants it; the point itself is what is reported."""
    return jax.value_and_grad(lambda x: (objective(x), x), has_aux=True)


def descend(objective, start):
    """The state after every step, stacked."""
    method = adam(RATE)

    def step(state, _):
        state = method.step(state, value_and_gradient(objective))
        return state, state

    begin = method.begin(start, jnp.full_like(start, jnp.nan))
    return jax.lax.scan(step, begin, None, length=STEPS)[1]


compiled = jax.jit(descend, static_argnums=0)


@pytest.fixture(scope="module")
def plain():
    """Points and values of optax's Adam, the start first."""
    method, x = optax.adam(RATE), START
    inner, points, values = method.init(x), [], []
    evaluate = jax.jit(jax.value_and_grad(bowl))
    for _ in range(STEPS):
        value, gradient = evaluate(x)
        points.append(x)
        values.append(value)
        updates, inner = method.update(gradient, inner)
        x = optax.apply_updates(x, updates)
    return np.array(points), np.array(values)


def test_its_points_are_those_of_a_plain_loop(plain):
    points, _ = plain
    np.testing.assert_allclose(compiled(bowl, START).trial[:-1], points[1:], rtol=1e-5, atol=1e-5)


def test_it_keeps_the_best_point_and_its_report(plain):
    points, values = plain
    assert np.any(np.diff(values) > 0)
    best = [np.argmin(values[: k + 1]) for k in range(STEPS)]
    states = compiled(bowl, START)
    np.testing.assert_allclose(states.best, points[best], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(states.best, states.report)
    assert np.all(np.diff(states.value) <= 0)


def test_a_step_evaluates_once():
    seen = []

    def objective(x):
        jax.debug.callback(lambda x: seen.append(np.array(x)), x)
        return bowl(x)

    jax.block_until_ready(compiled(objective, START))
    jax.effects_barrier()
    assert len(seen) == STEPS
    np.testing.assert_array_equal(seen[0], START)


@pytest.mark.parametrize(("start", "finite"), [(0.55, 0), (-0.05, 6)], ids=["first", "later"])
def test_what_is_not_finite_ends_it_at_the_best_point_before(start, finite):
    states = compiled(falling_into_nan, jnp.full(6, start))
    conditions = np.full(STEPS, Condition.NOT_FINITE)
    conditions[:finite] = Condition.DESCENDING
    np.testing.assert_array_equal(states.condition, conditions)
    wanted = start + RATE * max(finite - 1, 0)
    np.testing.assert_allclose(states.best[-1], wanted, rtol=0, atol=1e-4)


def test_a_batch_is_its_problems_one_by_one():
    starts = jnp.array([[0.7], [-0.2], [0.0]]) * jnp.ones((3, 6))
    together = jax.jit(jax.vmap(lambda start: descend(falling_into_nan, start)))(starts)
    for k, start in enumerate(starts):
        alone = compiled(falling_into_nan, start)
        np.testing.assert_array_equal(together.condition[k], alone.condition)
        np.testing.assert_allclose(together.best[k], alone.best, rtol=1e-6)
