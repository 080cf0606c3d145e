"""L-BFGS that takes every step in full, as the published recipe does: for comparison.

No step is refused, so the objective may rise; the state keeps the best point. The first step is so
short that the changes of all colors together add up to at most one level of 256.

Source: Nocedal, Wright 2006, "Numerical Optimization", algorithm 7.4; first step, guard and history
as in Luan et al. 2017 and the L-BFGS of Torch 7 that they used.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Int

from jphoto.arrays import Scalar
from jphoto.optimizers.interface import Condition, Optimizer, Point, ValueAndGradient, choose
from jphoto.optimizers.lbfgs import History, add_pair, empty_history, inverse_hessian

HISTORY_PAIRS = 100
"""Pairs of moves and gradient changes kept (Luan et al. 2017)."""
LEVELS = 256.0
"""Levels in one unit of color: the recipe optimizes in levels, points here run from 0 to 1."""
SMALLEST_CURVATURE = 1e-10
"""Smallest s^T y of a pair that is kept; the same number in levels and in units of color."""


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

    @property
    def last(self) -> Point:
        """The best point."""
        return self.best


def lbfgs_fixed() -> Optimizer:
    """L-BFGS without a line search, as in the published recipe.

    Example: minimize the squared distance from 0.5, from 0.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> from jphoto.optimizers import lbfgs_fixed
    >>> objective = jax.value_and_grad(lambda x: (jnp.sum((x - 0.5) ** 2), None), has_aux=True)
    >>> optimizer = lbfgs_fixed()
    >>> def descend(start):
    ...     def step(state, _):
    ...         return optimizer.step(state, objective), None
    ...     return jax.lax.scan(step, optimizer.begin(start, None), length=5)[0]
    >>> state = jax.jit(descend)(jnp.zeros(2))
    >>> bool(jnp.allclose(state.best, 0.5, atol=0.01))
    True
    """

    def begin(point: Point, report: Any) -> LbfgsFixedState:
        zero, infinite = jnp.zeros_like(point), jnp.full((), jnp.inf, point.dtype)
        history = empty_history(point, HISTORY_PAIRS)
        descending = jnp.int32(Condition.DESCENDING)
        return LbfgsFixedState(point, zero, zero, history, point, infinite, report, descending)

    def step(state: LbfgsFixedState, value_and_gradient: ValueAndGradient) -> LbfgsFixedState:
        point = state.point + state.move
        (value, report), gradient = value_and_gradient(point)
        finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
        change = gradient - state.gradient
        useful = finite & (jnp.vdot(state.move, change) > SMALLEST_CURVATURE)
        history = add_pair(state.history, state.move, change, useful)
        # Without a pair the operator is the identity: steepest descent, one level in all.
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
