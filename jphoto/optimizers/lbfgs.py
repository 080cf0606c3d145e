"""L-BFGS with exactly one evaluation a step.

A step evaluates one trial point. If the objective has fallen enough (Armijo), the point is taken,
the history grows and the next direction is made; if not, the next step tries half as far. No inner
loop, so a batch of problems never waits for its slowest line search.

Source: Nocedal, Wright 2006, "Numerical Optimization", algorithms 7.4 and 3.1.
Departs: the initial inverse Hessian is a given operator P, scaled by s^T y / y^T P y.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Bool, Float, Int

from jphoto.arrays import Scalar
from jphoto.optimizers.interface import Condition, Optimizer, Point, ValueAndGradient, choose

Operator: TypeAlias = Callable[[Point], Point]

ARMIJO = 1e-4
FIRST_MOVE = 0.005
"""Root mean square of the first move, in units of the point: there is no history yet."""
SMALLEST_LENGTH = 2.0**-20
"""Of a step, as a share of the first one tried; a decrease that needs less is lost in rounding."""
LEAST_CURVATURE = 1e-10
"""s^T y of a useful pair, as a share of s^T s."""
TINY = 1e-30


class History(NamedTuple):
    """The last m moves s and changes of gradient y, oldest overwritten first."""

    moves: Float[Array, "m *shape"]
    changes: Float[Array, "m *shape"]
    solved: Float[Array, "m *shape"] | None
    """P y, kept so that a step applies P but once; None where P is the identity."""
    inverses: Float[Array, "m"]
    """1 / s^T y of each pair; 0 marks an empty place."""
    scale: Scalar
    pairs: Int[Array, ""]
    """How many were ever kept."""


class LbfgsState(NamedTuple):
    """The accepted point, and the next trial: point + length * direction."""

    point: Point
    value: Scalar
    gradient: Point
    solved: Point | None
    """P times the gradient; None where P is the identity."""
    report: Any
    direction: Point
    length: Scalar
    history: History
    condition: Int[Array, ""]

    @property
    def best(self) -> Point:
        """Only decreases are accepted: the point itself."""
        return self.point


def lbfgs(
    history: int = 10, precondition: Operator | None = None, excess: float | Scalar = 1.0
) -> Optimizer:
    """L-BFGS as a method of descent.

    Args:
      history: pairs of moves and gradient changes kept.
      precondition: P, a linear, symmetric, positive operator close to the inverse Hessian but for
        a factor; the identity when left out.
      excess: how many times as many numbers a point has as count; the others stay 0.
    """

    def begin(point: Point, report: Any) -> LbfgsState:
        zero = jnp.zeros_like(point)
        solved = None if precondition is None else zero
        empty = empty_history(point, history, preconditioned=precondition is not None)
        descending = jnp.int32(Condition.DESCENDING)
        # An infinite value is beaten by any finite one: the first step takes the start itself.
        value = jnp.full((), jnp.inf)
        return LbfgsState(
            point, value, zero, solved, report, zero, jnp.zeros(()), empty, descending
        )

    return Optimizer(begin, functools.partial(_step, precondition, excess))


def _step(
    precondition: Operator | None,
    excess: float | Scalar,
    state: LbfgsState,
    value_and_gradient: ValueAndGradient,
) -> LbfgsState:
    trial = state.point + state.length * state.direction
    (value, report), gradient = value_and_gradient(trial)
    finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
    enough = state.value + ARMIJO * state.length * _dot(state.gradient, state.direction)
    alive = state.condition == Condition.DESCENDING
    # Equal is not enough: where rounding hides the decrease, that would be taken for ever.
    taken = alive & finite & (value <= enough) & (value < state.value)

    solved = None if precondition is None else precondition(gradient)
    move, change = trial - state.point, gradient - state.gradient
    useful = taken & (_dot(move, change) > LEAST_CURVATURE * _dot(move, move))
    solved_change = jax.tree.map(jnp.subtract, solved, state.solved)
    pairs = remember(state.history, move, change, useful, solved_change)
    point, value, gradient, solved, report = choose(
        taken,
        (trial, value, gradient, solved, report),
        (state.point, state.value, state.gradient, state.solved, state.report),
    )
    # After a refusal nothing has changed, and this is the direction of before.
    direction = -inverse_hessian(pairs, gradient, solved)
    length, condition = _next_length(state, direction, excess, pairs, taken, finite)
    return LbfgsState(point, value, gradient, solved, report, direction, length, pairs, condition)


def empty_history(point: Point, pairs: int, *, preconditioned: bool = False) -> History:
    """Room for that many pairs."""
    rows = jnp.zeros((pairs, *point.shape), point.dtype)
    solved = rows if preconditioned else None
    return History(rows, rows, solved, jnp.zeros(pairs), jnp.ones(()), jnp.zeros((), jnp.int32))


def remember(
    history: History,
    move: Point,
    change: Point,
    useful: Bool[Array, ""],
    solved: Point | None = None,
) -> History:
    """The history with one more pair in place of the oldest, if the pair is useful.

    Args:
      move: s, from one point to the next.
      change: y, of the gradient between them.
      useful: whether to keep it; s^T y must be above 0 then.
      solved: P y, of a history that is preconditioned.
    """
    curvature = _dot(move, change)
    place = history.pairs % len(history.inverses)

    def keep(rows: Array, row: Array) -> Array:
        return rows.at[place].set(jnp.where(useful, row, rows[place]))

    scale = curvature / jnp.maximum(_dot(change, change if solved is None else solved), TINY)
    return History(
        keep(history.moves, move),
        keep(history.changes, change),
        jax.tree.map(keep, history.solved, solved),
        keep(history.inverses, 1 / jnp.maximum(curvature, TINY)),
        jnp.where(useful, scale, history.scale),
        history.pairs + useful,
    )


def enlarged(history: History, enlarge: Callable[[Array], Array], finer: float | Scalar) -> History:
    """What is known of the same objective's Hessian on a finer grid.

    Args:
      history: pairs of points on the coarse grid; the objective is a mean over its places, so each
        place's gradient is less on the fine grid, and P, which inverts the Hessian, more.
      enlarge: brings a point to the fine grid.
      finer: how many times as many places that has.
    """
    resized = jax.vmap(enlarge)
    moves, changes = resized(history.moves), resized(history.changes) / finer
    solved = jax.tree.map(resized, history.solved)
    curvatures = jax.vmap(_dot)(moves, changes)
    useful = (history.inverses > 0) & (curvatures > 0)
    inverses = jnp.where(useful, 1 / jnp.maximum(curvatures, TINY), 0.0)
    scale = history.scale * (finer if solved is None else 1)
    return History(moves, changes, solved, inverses, scale, history.pairs)


def inverse_hessian(history: History, gradient: Point, solved: Point | None = None) -> Point:
    """The two-loop recursion: newest pair to oldest, the initial operator, and back.

    Args:
      history: the pairs.
      gradient: what is multiplied.
      solved: P times it, if the history is preconditioned: P is linear, so what the first loop
        does to the gradient is done to this, and P itself is not needed.
    """
    m = len(history.inverses)
    newest_first = (history.pairs - 1 - jnp.arange(m)) % m

    def backward(q: tuple[Point, Point | None], k: Int[Array, ""]) -> tuple[Any, Scalar]:
        rest, solved = q
        weight = history.inverses[k] * _dot(history.moves[k], rest)
        if solved is not None and history.solved is not None:
            solved = solved - weight * history.solved[k]
        return (rest - weight * history.changes[k], solved), weight

    def forward(r: Point, pair: tuple[Int[Array, ""], Scalar]) -> tuple[Point, None]:
        k, weight = pair
        correction = weight - history.inverses[k] * _dot(history.changes[k], r)
        return r + correction * history.moves[k], None

    (rest, solved), weights = lax.scan(backward, (gradient, solved), newest_first)
    r = history.scale * (rest if solved is None else solved)
    return lax.scan(forward, r, (newest_first, weights), reverse=True)[0]


def _next_length(
    state: LbfgsState,
    direction: Point,
    excess: float | Scalar,
    history: History,
    taken: Bool[Array, ""],
    finite: Bool[Array, ""],
) -> tuple[Scalar, Int[Array, ""]]:
    """A full step after success, half the last one after refusal; and how the descent stands."""
    size = jnp.sqrt(excess * jnp.mean(direction**2))
    first = jnp.minimum(1.0, FIRST_MOVE / jnp.maximum(size, TINY))
    full = jnp.where(history.pairs == 0, first, 1.0)
    length = jnp.where(taken, full, state.length / 2)
    trouble = jnp.where(finite, Condition.STALLED, Condition.NOT_FINITE)
    ended = ~taken & (length < SMALLEST_LENGTH * full) & (state.condition == Condition.DESCENDING)
    return length, jnp.where(ended, trouble, state.condition).astype(jnp.int32)


def _dot(a: Point, b: Point) -> Scalar:
    """Inner product in full float32, whatever the network runs in."""
    return jnp.vdot(a, b, precision=lax.Precision.HIGHEST)
