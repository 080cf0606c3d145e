"""Adam, from optax, as a method of descent that remembers its best point.

Source: Kingma, Ba 2015, "Adam: A Method for Stochastic Optimization".
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Int

from jphoto.arrays import Scalar
from jphoto.optimizers.interface import Condition, Optimizer, Point, ValueAndGradient, choose


class AdamState(NamedTuple):
    """The trial point, optax's own state, and the best point with its value and report."""

    trial: Point
    inner: Any
    best: Point
    value: Scalar
    report: Any
    condition: Int[Array, ""]


STATES = (AdamState, optax.ScaleByAdamState, optax.EmptyState)
"""All that a state is made of."""


def adam(learning_rate: float | Scalar) -> Optimizer:
    """Adam with a fixed step size, in units of the point."""
    method = optax.adam(learning_rate)

    def begin(point: Point, report: Any) -> AdamState:
        descending = jnp.int32(Condition.DESCENDING)
        return AdamState(point, method.init(point), point, jnp.float32(jnp.inf), report, descending)

    def step(state: AdamState, value_and_gradient: ValueAndGradient) -> AdamState:
        (value, report), gradient = value_and_gradient(state.trial)
        updates, inner = method.update(gradient, state.inner)
        finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
        better = finite & (value < state.value)
        best, best_value, best_report = choose(
            better,
            (state.trial, value, report),
            (state.best, state.value, state.report),
        )
        condition = jnp.where(finite, state.condition, Condition.NOT_FINITE).astype(jnp.int32)
        moved = jnp.where(finite, state.trial + updates, state.trial)
        return AdamState(moved, inner, best, best_value, best_report, condition)

    return Optimizer(begin, step)
