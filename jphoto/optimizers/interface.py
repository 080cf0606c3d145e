"""The interface of an optimizer: a function that starts it, and one step with one evaluation.

A step is pure and takes the same time whatever happens in it, so it runs inside `lax.scan` and
under `jax.vmap`. It reports trouble as a condition in its state, never as an exception.
"""

import enum
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int

from jphoto.arrays import Scalar

Point: TypeAlias = Float[Array, "*shape"]
"""The unknowns, an array of any shape."""
ValueAndGradient: TypeAlias = Callable[[Point], tuple[tuple[Scalar, Any], Point]]
"""Computes the objective, anything it reports beside its value, and the gradient: what
`jax.value_and_grad(objective, has_aux=True)` returns."""


Tree = TypeVar("Tree")


class Condition(enum.IntEnum):
    """Whether a descent continues, and if not, why it ended."""

    DESCENDING = 0
    """It continues."""
    STALLED = 1
    """No step lowers the objective any more."""
    NOT_FINITE = 2
    """The objective or its gradient is not finite."""
    CONVERGED = 3
    """Steps hardly lower the objective any more: decided by the caller, never by an optimizer."""


class State(Protocol):
    """What the state of every optimizer has.

    These are the best point, the point to end with, the best point's report, and the condition.
    """

    @property
    def best(self) -> Point: ...  # noqa: D102
    @property
    def last(self) -> Point: ...  # noqa: D102
    @property
    def report(self) -> Any: ...  # noqa: D102
    @property
    def condition(self) -> Int[Array, ""]: ...  # noqa: D102


class Optimizer(NamedTuple):
    """An optimizer: two pure functions."""

    begin: Callable[[Point, Any], Any]
    """`begin(point, report)` returns the state at a start, without evaluating. `report` has the
    shapes of what the objective reports; its values do not matter."""
    step: Callable[[Any, ValueAndGradient], Any]
    """`step(state, value_and_gradient)` evaluates once and returns the next state. The first step
    evaluates the start itself."""


def choose(condition: Bool[Array, ""], new: Tree, old: Tree) -> Tree:
    """One of two trees of arrays: the new one if the condition holds, without a branch."""
    chosen: Tree = jax.tree.map(lambda new, old: jnp.where(condition, new, old), new, old)
    return chosen
