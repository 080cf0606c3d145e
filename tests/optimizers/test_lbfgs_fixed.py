"""L-BFGS with full steps: against PyTorch's, and where it must end."""

import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import assert_close

from jphoto.optimizers.interface import Condition
from jphoto.optimizers.lbfgs_fixed import LEVELS, lbfgs_fixed

HILLY = np.array([-1.2, 1.0, -1.2, 1.0, 0.5, 1.5])
SCALES = np.logspace(0, 2, 6)


def rosenbrock(x, scales=None):
    """In levels, as the recipe descends."""
    return ((100 * (x[1:] - x[:-1] ** 2) ** 2) + (1 - x[:-1]) ** 2).sum()


def parabola(x, scales):
    return (scales * x**2).sum() / 2


def descend(objective, start, steps):
    method = lbfgs_fixed()
    value_and_gradient = jax.value_and_grad(lambda x: (objective(x), x), has_aux=True)

    def step(state, _):
        state = method.step(state, value_and_gradient)
        return state, state

    @jax.jit
    def states(start):
        return jax.lax.scan(step, method.begin(start, jnp.full_like(start, jnp.nan)), None, steps)

    return states(start)[1]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is absent")
@pytest.mark.parametrize("objective", [rosenbrock, parabola])
def test_every_point_is_pytorchs(objective):
    import torch

    levels = torch.tensor(HILLY, requires_grad=True)
    method = torch.optim.LBFGS(
        [levels], lr=1, max_iter=20, max_eval=10**9, history_size=100,
        tolerance_grad=-1, tolerance_change=-1,
    )  # fmt: skip
    expected = []

    def closure():
        method.zero_grad()
        value = objective(levels, torch.tensor(SCALES))
        value.backward()
        expected.append(levels.detach().numpy().copy())
        return value

    method.step(closure)
    with jax.enable_x64(True):
        scales = jnp.asarray(SCALES)
        start = HILLY / LEVELS
        states = descend(lambda x: objective(LEVELS * x, scales), start, 20)
        assert_close(LEVELS * np.asarray(states.point), np.array(expected), 1e-7)


def test_the_best_point_is_kept_though_the_objective_rises():
    states = descend(lambda x: rosenbrock(LEVELS * x), jnp.float32(HILLY / LEVELS), 60)
    points = np.asarray(states.point, np.float64)
    values = [rosenbrock(LEVELS * point) for point in points]
    assert np.any(np.diff(values) > 0)
    assert_close(states.value, np.minimum.accumulate(values), 1e-3)
    assert_close(states.report[-1], states.best[-1])


def test_nan_ends_it_with_the_best_point():
    """The pair of the first, short step leads straight to the minimum, beyond the cliff."""
    start = np.linspace(0, 0.4, 5, dtype=np.float32)
    states = descend(lambda x: jnp.sum(jnp.where(x > 0.5, jnp.nan, (x - 0.7) ** 2)), start, 5)
    assert int(states.condition[-1]) == Condition.NOT_FINITE
    assert_close(states.best[-1], states.point[1])
    assert np.isfinite(states.value[-1])
