"""Adam, from optax, as an optimizer that remembers its best point.

Source: Kingma, Ba 2015, "Adam: A Method for Stochastic Optimization".
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Int

from jphoto.arrays import Scalar
from jphoto.optimizers.interface import Condition, Optimizer, Point, ValueAndGradient, choose


class AdamState(NamedTuple):
    """The next point to evaluate, optax's own state, and the best point with value and report."""

    trial: Point
    inner: Any
    best: Point
    value: Scalar
    report: Any
    condition: Int[Array, ""]

    @property
    def last(self) -> Point:
        """The best point."""
        return self.best


def adam(learning_rate: float | Scalar) -> Optimizer:
    """Adam with a fixed step size. The objective may rise; the state keeps the best point.

    Args:
      learning_rate: size of a step, in units of the point.

    Example: minimize the squared distance from 3, from 0.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> from jphoto.optimizers import adam
    >>> objective = jax.value_and_grad(lambda x: (jnp.sum((x - 3) ** 2), None), has_aux=True)
    >>> optimizer = adam(learning_rate=0.3)
    >>> def descend(start):
    ...     def step(state, _):
    ...         return optimizer.step(state, objective), None
    ...     return jax.lax.scan(step, optimizer.begin(start, None), length=60)[0]
    >>> state = jax.jit(descend)(jnp.zeros(2))
    >>> bool(jnp.allclose(state.best, 3, atol=0.05))
    True
    """
    # Imported here, because it takes a tenth of a second and few solves need it.
    import optax

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
        trial = jnp.where(finite, state.trial + updates, state.trial)
        return AdamState(trial, inner, best, best_value, best_report, condition)

    return Optimizer(begin, step)
