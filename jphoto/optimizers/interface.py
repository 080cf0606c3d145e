"""What the solver asks of a method of descent: a start, and a step that evaluates once.

A step is pure and costs the same whatever happens in it, so it runs inside `lax.scan` and under
`jax.vmap`. Trouble is a status in the state, never an exception.
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
ValueAndGradient: TypeAlias = Callable[[Point], tuple[tuple[Scalar, Any], Point]]
"""The objective, whatever it wants to report beside it, and the gradient."""


Tree = TypeVar("Tree")


class Condition(enum.IntEnum):
    """How a descent stands."""

    DESCENDING = 0
    STALLED = 1
    NOT_FINITE = 2
    CONVERGED = 3
    """Of a descent whose steps hardly help any more; no method says so by itself."""


class State(Protocol):
    """What every method keeps: the best point, what was reported there, and how it stands."""

    @property
    def best(self) -> Point: ...  # noqa: D102
    @property
    def report(self) -> Any: ...  # noqa: D102
    @property
    def condition(self) -> Int[Array, ""]: ...  # noqa: D102


class Optimizer(NamedTuple):
    """A method of descent.

    `begin(point, report)` makes a state without evaluating; `report` is a blank of what the
    objective reports. `step(state, value_and_gradient)` evaluates once; the first evaluates the
    start itself.
    """

    begin: Callable[[Point, Any], Any]
    step: Callable[[Any, ValueAndGradient], Any]


def choose(condition: Bool[Array, ""], new: Tree, old: Tree) -> Tree:
    """One of two trees of arrays, without a branch."""
    chosen: Tree = jax.tree.map(lambda new, old: jnp.where(condition, new, old), new, old)
    return chosen
