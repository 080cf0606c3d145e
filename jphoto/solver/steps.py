"""The steps of a descent, compiled a chunk at a time.

They compile once for a pair's sizes, number of regions, network and methods. Loss weights, learning
rate and number of steps are traced, so changing them compiles nothing.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Picture, Scalar, to_picture, to_planes
from jphoto.arrays.padding import (
    Valid,
    padding_ratio,
    pixel_count,
    subsampled,
    zero_outside,
)
from jphoto.arrays.pyramid import doubled
from jphoto.compilation import program
from jphoto.matting.preconditioner import shifted_inverse
from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import LARGEST_EIGENVALUE_OF_PRODUCT, photorealism_product
from jphoto.objectives.targets import LossWeights, Targets, Terms
from jphoto.optimizers.adam import adam
from jphoto.optimizers.interface import Condition, Optimizer, ValueAndGradient
from jphoto.optimizers.lbfgs import History, LbfgsState, lbfgs, upsample_history
from jphoto.optimizers.lbfgs_fixed import lbfgs_fixed
from jphoto.solver.programs import OBJECTIVES, at_smaller_sizes

CHUNK_STEPS = 10
"""Most steps in one call of the compiled program."""
PATIENCE_STEPS = 5
"""Steps over which the decrease is compared with the tolerance."""
STYLE_CURVATURE = 16.0
"""Approximate curvature of the style and content terms together, in the units of the photorealism
term, whose curvature is its weight times L. Regions differ, see `Targets.curvature`."""
LARGEST_SHIFT = 10.0
"""Largest shift of L in the preconditioner: with a larger one, L would hardly matter."""
PRECONDITIONER_DEGREE = 18
"""Degree of the preconditioner's polynomial in L."""


class DescentState(NamedTuple):
    """The state of a descent between steps."""

    optimizer: Any
    """State of the optimizer."""
    totals: Float[Array, "_"]
    """Objective after each of the last steps, oldest first; infinite before the first."""
    taken: Int[Array, ""]
    """Number of steps taken."""
    condition: Int[Array, ""]
    """A `Condition`; steps are taken only while it is DESCENDING."""


@program(static=("optimizer", "preconditioner"))
def begin(
    targets: Targets,
    weights: LossWeights,
    picture: Picture,
    coarser: Any = None,
    *,
    optimizer: str,
    preconditioner: str,
) -> DescentState:
    """The state before the first step.

    Args:
      targets: of the pair.
      weights: of the loss terms.
      picture: to start from.
      coarser: the optimizer's state at half the size, whose history is reused; None without one.
      optimizer: as in Settings.
      preconditioner: as in Settings.
    """
    # All of one type, as after a step: else the next chunk would need another program.
    unknown = Terms(*[jnp.full((), jnp.nan, picture.dtype)] * len(Terms._fields))
    method = _method(optimizer, preconditioner, targets, weights)
    # A copy: the state is donated to the first chunk, and the picture belongs to the caller.
    state = method.begin(jnp.copy(picture), unknown)
    if isinstance(coarser, LbfgsState):
        valid, shape = targets.content.valid, picture.shape[:2]
        state = state._replace(history=_enlarged(coarser.history, valid, shape))
    condition = jnp.int32(Condition.DESCENDING)
    totals = jnp.full(PATIENCE_STEPS + 1, jnp.inf, picture.dtype)
    return DescentState(state, totals, jnp.int32(0), condition)


def _enlarged(history: History, valid: Valid, shape: tuple[int, ...]) -> History:
    """The history of a descent at half the size, at the size of this one."""

    def enlarge(picture: Float[Array, "hc wc 3"]) -> Picture:
        planes = doubled(to_planes(picture), shape, subsampled(valid, 2))
        return zero_outside(to_picture(planes), valid)

    coarse = pixel_count(history.moves[0].shape, subsampled(valid, 2))
    return upsample_history(history, enlarge, pixel_count(shape, valid) / coarse)


@program(
    static=("preprocessing", "objective", "optimizer", "preconditioner"),
    donated=(4,),
    once=at_smaller_sizes,
)
def advance(
    params: Params,
    targets: Targets,
    weights: LossWeights,
    learning_rate: float | Scalar,
    state: DescentState,
    count: int | Int[Array, ""],
    tolerance: float | Scalar,
    *,
    preprocessing: str,
    objective: str,
    optimizer: str,
    preconditioner: str,
) -> tuple[DescentState, Terms]:
    """Take up to `count` further steps.

    The descent converges when PATIENCE_STEPS steps lower the objective by less than the tolerance
    per step.

    Args:
      params: weights of the network.
      targets: of the pair.
      weights: of the loss terms.
      learning_rate: of Adam.
      state: from `begin` or the chunk before; its memory is reused.
      count: steps, at most CHUNK_STEPS.
      tolerance: relative decrease of the objective.
      preprocessing: see `vgg.preprocess`.
      objective: as in Settings, like the two below.
      optimizer: see above.
      preconditioner: see above.

    Returns: the state, and the terms after each of CHUNK_STEPS steps; steps that are not taken
      repeat the terms of the last.
    """
    method = _method(optimizer, preconditioner, targets, weights, learning_rate)
    value_and_gradient = _value_and_gradient(params, preprocessing, targets, weights, objective)

    def take_step(state: DescentState) -> DescentState:
        optimizer = method.step(state.optimizer, value_and_gradient)
        now = optimizer.report.total
        totals = jnp.append(state.totals[1:], now)
        converged = totals[0] - now < PATIENCE_STEPS * tolerance * jnp.abs(now)
        ended = jnp.where(converged, Condition.CONVERGED, Condition.DESCENDING)
        descending = optimizer.condition == Condition.DESCENDING
        condition = jnp.where(descending, ended, optimizer.condition)
        return DescentState(optimizer, totals, state.taken + 1, condition.astype(jnp.int32))

    def step(state: DescentState, index: Int[Array, ""]) -> tuple[DescentState, Terms]:
        def step_if_descending(state: DescentState) -> DescentState:
            descending = state.condition == Condition.DESCENDING
            after: DescentState = lax.cond(descending, take_step, lambda s: s, state)
            return after

        # All pairs of a batch share the count, so under vmap this stays a branch: no step beyond it
        # is evaluated.
        state = lax.cond(index < count, step_if_descending, lambda s: s, state)
        return state, state.optimizer.report

    return lax.scan(step, state, jnp.arange(CHUNK_STEPS))


def run_steps(
    params: Params,
    targets: Targets,
    weights: LossWeights,
    state: Any,
    count: int,
    *,
    preprocessing: str,
    objective: str,
    optimizer: str,
    preconditioner: str,
    learning_rate: float | Scalar,
) -> tuple[Any, Terms]:
    """Take exactly `count` steps, without a test of convergence; arguments as in `advance`.

    Unlike `advance` it is not compiled by itself: it is for the caller's own program. The state is
    the optimizer's alone, because nothing else of a `DescentState` matters to it.

    Returns: the optimizer's state, and the terms after each step.
    """
    method = _method(optimizer, preconditioner, targets, weights, learning_rate)
    value_and_gradient = _value_and_gradient(params, preprocessing, targets, weights, objective)

    def step(state: Any, _: None) -> tuple[Any, Terms]:
        state = method.step(state, value_and_gradient)
        return state, state.report

    return lax.scan(step, state, length=count)


def _value_and_gradient(
    params: Params, preprocessing: str, targets: Targets, weights: LossWeights, objective: str
) -> ValueAndGradient:
    evaluate = functools.partial(
        OBJECTIVES[objective].evaluate, params, preprocessing, targets, weights
    )
    return jax.value_and_grad(evaluate, has_aux=True)


def _method(
    optimizer: str,
    preconditioner: str,
    targets: Targets,
    weights: LossWeights,
    learning_rate: float | Scalar = 0.0,
) -> Optimizer:
    """The optimizer by its name in Settings."""
    if optimizer == "adam":
        return adam(learning_rate)
    if optimizer == "lbfgs-fixed":
        return lbfgs_fixed()
    ratio = padding_ratio(targets.recolored.shape, targets.content.valid)
    if preconditioner == "none":
        return lbfgs(padding_ratio=ratio)
    precondition = functools.partial(inverse_photorealism, targets, weights)
    return lbfgs(precondition=precondition, padding_ratio=ratio)


def inverse_photorealism(targets: Targets, weights: LossWeights, gradient: Picture) -> Picture:
    """The inverse Hessian of the photorealism term, shifted by the other terms' curvature."""
    curvature = STYLE_CURVATURE * targets.curvature + weights.recoloring
    weight = jnp.maximum(weights.photorealism, jnp.max(curvature) / LARGEST_SHIFT)
    pixels = pixel_count(gradient.shape, targets.content.valid)
    planes = pixels / (2 * weight) * to_planes(gradient)
    product = functools.partial(photorealism_product, targets.content)
    largest, shift = LARGEST_EIGENVALUE_OF_PRODUCT, curvature / weight
    return to_picture(shifted_inverse(product, largest, planes, shift, PRECONDITIONER_DEGREE))
