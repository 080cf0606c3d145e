"""L-BFGS with exactly one evaluation a step.

A step evaluates one trial point. If the objective has decreased enough (Armijo), the step accepts
the trial, adds a pair to the history and computes the next direction; otherwise the next step tries
half the length. There is no inner loop, so a batch never waits for its slowest line search.

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

ARMIJO_FRACTION = 1e-4
"""Share of the decrease predicted by the gradient that a trial must reach (Nocedal, Wright: c1)."""
FIRST_MOVE_RMS = 0.015
"""Largest root mean square of the first move, in units of the point: no history scales it yet.
With a third of it, descents of 24 steps end 2 % higher; with twice it, some moves are refused."""
SMALLEST_LENGTH = 2.0**-20
"""Smallest step length, as a share of the first one tried: below it, rounding hides a decrease."""
SMALLEST_CURVATURE = 1e-10
"""Smallest s^T y of a pair that is kept, as a share of s^T s."""
TINY = 1e-30
"""Lower bound of divisors."""


class History(NamedTuple):
    """The last m pairs of moves s and gradient changes y; a new pair replaces the oldest."""

    moves: Float[Array, "m *shape"]
    """s of each pair."""
    changes: Float[Array, "m *shape"]
    """y of each pair."""
    preconditioned_changes: Float[Array, "m *shape"] | None
    """P y of each pair, kept so that a step applies P only once; None where P is the identity."""
    inverse_curvatures: Float[Array, "m"]
    """1 / s^T y of each pair; 0 marks an empty place."""
    scale: Scalar
    """Factor of P in the initial inverse Hessian."""
    pairs: Int[Array, ""]
    """Number of pairs ever added."""


class LbfgsState(NamedTuple):
    """The last accepted point, and what leads to the next trial, point + length * direction."""

    point: Point
    value: Scalar
    gradient: Point
    preconditioned_gradient: Point | None
    """P times the gradient; None where P is the identity."""
    report: Any
    direction: Point
    length: Scalar
    history: History
    condition: Int[Array, ""]

    @property
    def best(self) -> Point:
        """The best point: the last accepted one, because only decreases are accepted."""
        return self.point

    @property
    def last(self) -> Point:
        """The next trial, if it has the full length; after a refusal, the best point.

        A full step of a descent under way is nearly always accepted, so where evaluations are few,
        it is worth more than the certainty that the objective fell. States may have a first axis.
        """
        full = (self.condition == Condition.DESCENDING) & (self.length == 1)
        full = jnp.expand_dims(full, range(full.ndim, self.point.ndim))
        return jnp.where(full, self.point + self.direction, self.point)


def lbfgs(
    history: int = 10, precondition: Operator | None = None, padding_ratio: float | Scalar = 1.0
) -> Optimizer:
    """L-BFGS with an Armijo line search, one evaluation a step.

    Args:
      history: number of pairs of moves and gradient changes to keep.
      precondition: P, a linear, symmetric, positive definite operator close to the inverse Hessian
        up to a factor; the identity by default.
      padding_ratio: size of a point divided by the number of unknowns in it; the others stay 0.

    Example: minimize Rosenbrock's function, all 60 steps in one compiled program.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> from jphoto.optimizers import lbfgs
    >>> def rosenbrock(x):
    ...     return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, None
    >>> objective, optimizer = jax.value_and_grad(rosenbrock, has_aux=True), lbfgs()
    >>> def descend(start):
    ...     def step(state, _):
    ...         return optimizer.step(state, objective), None
    ...     return jax.lax.scan(step, optimizer.begin(start, None), length=60)[0]
    >>> state = jax.jit(descend)(jnp.array([-1.2, 1.0]))
    >>> bool(jnp.allclose(state.best, 1, atol=0.01))
    True
    """

    def begin(point: Point, report: Any) -> LbfgsState:
        zero = jnp.zeros_like(point)
        preconditioned = None if precondition is None else zero
        empty = empty_history(point, history, preconditioned=precondition is not None)
        descending = jnp.int32(Condition.DESCENDING)
        # Any finite value is below infinity: the first step accepts the start itself.
        value = jnp.full((), jnp.inf, point.dtype)
        return LbfgsState(
            point, value, zero, preconditioned, report, zero, jnp.zeros(()), empty, descending
        )

    return Optimizer(begin, functools.partial(_step, precondition, padding_ratio))


def _step(
    precondition: Operator | None,
    padding_ratio: float | Scalar,
    state: LbfgsState,
    value_and_gradient: ValueAndGradient,
) -> LbfgsState:
    trial = state.point + state.length * state.direction
    (value, report), gradient = value_and_gradient(trial)
    finite = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
    highest = state.value + ARMIJO_FRACTION * state.length * _dot(state.gradient, state.direction)
    descending = state.condition == Condition.DESCENDING
    # An equal value is refused: where rounding hides the decrease, steps would be accepted forever.
    accepted = descending & finite & (value <= highest) & (value < state.value)

    preconditioned = None if precondition is None else precondition(gradient)
    move, change = trial - state.point, gradient - state.gradient
    useful = accepted & (_dot(move, change) > SMALLEST_CURVATURE * _dot(move, move))
    preconditioned_change = jax.tree.map(
        jnp.subtract, preconditioned, state.preconditioned_gradient
    )
    history = add_pair(state.history, move, change, useful, preconditioned_change)
    point, value, gradient, preconditioned, report = choose(
        accepted,
        (trial, value, gradient, preconditioned, report),
        (state.point, state.value, state.gradient, state.preconditioned_gradient, state.report),
    )
    # After a refusal its inputs are unchanged, so this is the same direction again.
    direction = -inverse_hessian(history, gradient, preconditioned)
    length, condition = _next_length(state, direction, padding_ratio, history, accepted, finite)
    return LbfgsState(
        point, value, gradient, preconditioned, report, direction, length, history, condition
    )


def empty_history(point: Point, pairs: int, *, preconditioned: bool = False) -> History:
    """A history without pairs.

    Args:
      point: any point, for its shape and dtype.
      pairs: number of pairs that the history has room for.
      preconditioned: whether P is other than the identity.
    """
    rows = jnp.zeros((pairs, *point.shape), point.dtype)
    preconditioned_rows = rows if preconditioned else None
    count = jnp.zeros((), jnp.int32)
    return History(rows, rows, preconditioned_rows, jnp.zeros(pairs), jnp.ones(()), count)


def add_pair(
    history: History,
    move: Point,
    change: Point,
    useful: Bool[Array, ""],
    preconditioned_change: Point | None = None,
) -> History:
    """The history with one more pair in place of the oldest, if the pair is useful.

    Args:
      history: the pairs so far.
      move: s, the difference of two points.
      change: y, the difference of their gradients.
      useful: whether to add the pair; s^T y must then be above 0.
      preconditioned_change: P y; None where P is the identity.
    """
    curvature = _dot(move, change)
    oldest = history.pairs % len(history.inverse_curvatures)

    def replace(rows: Array, row: Array) -> Array:
        return rows.at[oldest].set(jnp.where(useful, row, rows[oldest]))

    preconditioned = change if preconditioned_change is None else preconditioned_change
    scale = curvature / jnp.maximum(_dot(change, preconditioned), TINY)
    return History(
        replace(history.moves, move),
        replace(history.changes, change),
        jax.tree.map(replace, history.preconditioned_changes, preconditioned_change),
        replace(history.inverse_curvatures, 1 / jnp.maximum(curvature, TINY)),
        jnp.where(useful, scale, history.scale),
        history.pairs + useful,
    )


def upsample_history(
    history: History, upsample: Callable[[Array], Array], pixel_ratio: float | Scalar
) -> History:
    """The history of the same objective on a finer grid.

    The objective is a mean over pixels, so the gradient of each pixel is smaller on the fine grid
    by the ratio of pixels, and P, which approximates the inverse Hessian, is larger by it.

    Args:
      history: pairs of points on the coarse grid.
      upsample: takes a point to the fine grid.
      pixel_ratio: number of pixels of the fine grid divided by that of the coarse grid.
    """
    upsample_all = jax.vmap(upsample)
    moves, changes = upsample_all(history.moves), upsample_all(history.changes) / pixel_ratio
    preconditioned = jax.tree.map(upsample_all, history.preconditioned_changes)
    curvatures = jax.vmap(_dot)(moves, changes)
    useful = (history.inverse_curvatures > 0) & (curvatures > 0)
    inverse_curvatures = jnp.where(useful, 1 / jnp.maximum(curvatures, TINY), 0.0)
    scale = history.scale * (pixel_ratio if preconditioned is None else 1)
    return History(moves, changes, preconditioned, inverse_curvatures, scale, history.pairs)


def inverse_hessian(
    history: History, gradient: Point, preconditioned_gradient: Point | None = None
) -> Point:
    """The approximate inverse Hessian times a gradient, by the two-loop recursion.

    P is linear, so the first loop's updates of the gradient are made to P times the gradient as
    well, and P itself is not needed between the loops.

    Args:
      history: the pairs.
      gradient: the vector to multiply.
      preconditioned_gradient: P times it; None where P is the identity.
    """
    m = len(history.inverse_curvatures)
    newest_first = (history.pairs - 1 - jnp.arange(m)) % m

    def backward(carry: tuple[Point, Point | None], k: Int[Array, ""]) -> tuple[Any, Scalar]:
        q, preconditioned_q = carry
        weight = history.inverse_curvatures[k] * _dot(history.moves[k], q)
        if preconditioned_q is not None and history.preconditioned_changes is not None:
            preconditioned_q = preconditioned_q - weight * history.preconditioned_changes[k]
        return (q - weight * history.changes[k], preconditioned_q), weight

    def forward(r: Point, pair: tuple[Int[Array, ""], Scalar]) -> tuple[Point, None]:
        k, weight = pair
        correction = weight - history.inverse_curvatures[k] * _dot(history.changes[k], r)
        return r + correction * history.moves[k], None

    first = gradient, preconditioned_gradient
    (q, preconditioned_q), weights = lax.scan(backward, first, newest_first)
    r = history.scale * (q if preconditioned_q is None else preconditioned_q)
    return lax.scan(forward, r, (newest_first, weights), reverse=True)[0]


def _next_length(
    state: LbfgsState,
    direction: Point,
    padding_ratio: float | Scalar,
    history: History,
    accepted: Bool[Array, ""],
    finite: Bool[Array, ""],
) -> tuple[Scalar, Int[Array, ""]]:
    """The next step length, full after an accepted trial and half the last one after a refusal.

    Returns: the length and the condition.
    """
    rms = jnp.sqrt(padding_ratio * jnp.mean(direction**2))
    first = jnp.minimum(1.0, FIRST_MOVE_RMS / jnp.maximum(rms, TINY))
    full = jnp.where(history.pairs == 0, first, 1.0)
    length = jnp.where(accepted, full, state.length / 2)
    reason = jnp.where(finite, Condition.STALLED, Condition.NOT_FINITE)
    too_short = length < SMALLEST_LENGTH * full
    ended = ~accepted & too_short & (state.condition == Condition.DESCENDING)
    return length, jnp.where(ended, reason, state.condition).astype(jnp.int32)


def _dot(a: Point, b: Point) -> Scalar:
    """The inner product at full float32 precision, also where the network runs at less."""
    return jnp.vdot(a, b, precision=lax.Precision.HIGHEST)
