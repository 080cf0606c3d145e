"""L-BFGS that takes every step in full, as the published recipe does: for comparison.

No step is ever refused, so the objective may rise, and the best point of all is remembered. The
first step is so short that no color moves by more than one level (of 256) in sum.

Source: Nocedal, Wright 2006, "Numerical Optimization", algorithm 7.4; first step, guard and history
as in Luan et al. 2017 and the L-BFGS of Torch 7 that they used.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Int

from jphoto.arrays import Scalar
from jphoto.optimizers.interface import Condition, Optimizer, Point, ValueAndGradient, choose
from jphoto.optimizers.lbfgs import History, empty_history, inverse_hessian, remember

HISTORY = 100
LEVELS = 256.0
"""The recipe descends in these units; points here run from 0 to 1."""
LEAST_CURVATURE = 1e-10
"""Of s^T y, the same in either unit."""


class LbfgsFixedState(NamedTuple):
    """The last point evaluated with its gradient, the next move, and the best point so far."""

    point: Point
    gradient: Point
    move: Point
    history: History
    best: Point
    value: Scalar
    report: Any
    condition: Int[Array, ""]


def lbfgs_fixed() -> Optimizer:
    """L-BFGS with full steps as a method of descent."""

    def begin(point: Point, report: Any) -> LbfgsFixedState:
        zero, infinite = jnp.zeros_like(point), jnp.full((), jnp.inf)
        history = empty_history(point, HISTORY)
        descending = jnp.int32(Condition.DESCENDING)
        return LbfgsFixedState(point, zero, zero, history, point, infinite, report, descending)

    def step(state: LbfgsFixedState, value_and_gradient: ValueAndGradient) -> LbfgsFixedState:
        point = state.point + state.move
        (value, report), gradient = value_and_gradient(point)
        finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
        change = gradient - state.gradient
        useful = finite & (jnp.vdot(state.move, change) > LEAST_CURVATURE)
        history = remember(state.history, state.move, change, useful)
        # Without a pair the operator is the identity: steepest descent, by one level in sum.
        first = jnp.minimum(1.0, LEVELS / jnp.sum(jnp.abs(gradient))) / LEVELS**2
        length = jnp.where(history.pairs == 0, first, 1.0)
        move = -length * inverse_hessian(history, gradient)
        better = finite & (value < state.value)
        best, best_value, best_report = choose(
            better,
            (point, value, report),
            (state.best, state.value, state.report),
        )
        condition = jnp.where(finite, state.condition, Condition.NOT_FINITE).astype(jnp.int32)
        move = jnp.where(finite, move, 0.0)
        return LbfgsFixedState(
            point, gradient, move, history, best, best_value, best_report, condition
        )

    return Optimizer(begin, step)
