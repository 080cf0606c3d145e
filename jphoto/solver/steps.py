"""The steps of a descent, compiled a chunk at a time.

One program each for a pair's sizes, number of regions, network and methods. Loss weights, learning
rate and the number of steps are traced: changing them compiles nothing.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Picture, Scalar, to_picture, to_planes
from jphoto.arrays.padding import Valid, area, excess, reduced, within
from jphoto.arrays.pyramid import doubled
from jphoto.compilation import keepable, program
from jphoto.matting.preconditioner import shifted_inverse
from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import (
    LARGEST_PRODUCT,
    Targets,
    Terms,
    Weights,
    photorealism_product,
)
from jphoto.optimizers.adam import STATES as ADAM_STATES
from jphoto.optimizers.adam import adam
from jphoto.optimizers.interface import Condition, Optimizer
from jphoto.optimizers.lbfgs import History, LbfgsState, enlarged, lbfgs
from jphoto.optimizers.lbfgs_fixed import LbfgsFixedState, lbfgs_fixed
from jphoto.solver.programs import OBJECTIVES

CHUNK = 10
"""Most steps in one call of the compiled program."""
PATIENCE = 5
"""Steps over which progress is judged."""
CURVATURE = 16.0
"""Of style and content together, about: in units in which photorealism's is its weight times L.

Regions differ, see `Targets`."""
LARGEST_SHIFT = 10.0
"""Of L's eigenvalues: with a larger one L would hardly count."""
DEGREE = 36
"""Of the preconditioner's polynomial in L."""


class Course(NamedTuple):
    """A descent under way."""

    state: Any
    """Of the optimizer."""
    totals: Float[Array, "_"]
    """After each of the last steps, oldest first; infinite before there were any."""
    taken: Int[Array, ""]
    """Steps so far."""
    condition: Int[Array, ""]
    """See `Condition`: unless it descends, no step is taken any more."""


keepable(Course, Terms, Weights, LbfgsState, History, LbfgsFixedState, *ADAM_STATES)


@functools.partial(jax.jit, static_argnames=("optimizer", "preconditioner"))
def begin(
    targets: Targets,
    weights: Weights,
    picture: Picture,
    coarser: Any = None,
    *,
    optimizer: str,
    preconditioner: str,
) -> Course:
    """A descent from a picture, with what was learned at the size before, if anything."""
    unknown = Terms(*[jnp.full((), jnp.nan)] * len(Terms._fields))
    method = _method(optimizer, preconditioner, targets, weights)
    # A copy, for the state is donated to the first chunk and the picture belongs to the caller.
    state = method.begin(jnp.copy(picture), unknown)
    if isinstance(coarser, LbfgsState):
        valid, shape = targets.structure.valid, picture.shape[:2]
        state = state._replace(history=_enlarged(coarser.history, valid, shape))
    condition = jnp.int32(Condition.DESCENDING)
    return Course(state, jnp.full(PATIENCE + 1, jnp.inf), jnp.int32(0), condition)


def _enlarged(history: History, valid: Valid, shape: tuple[int, ...]) -> History:
    """What was learned at half a size."""

    def enlarge(picture: Float[Array, "hc wc 3"]) -> Picture:
        planes = doubled(to_planes(picture), shape, reduced(valid, 2))
        return within(to_picture(planes), valid)

    coarse = area(history.moves[0].shape, reduced(valid, 2))
    return enlarged(history, enlarge, area(shape, valid) / coarse)


@program(static=("preprocessing", "objective", "optimizer", "preconditioner"), donated=(4,))
def advance(
    params: Params,
    targets: Targets,
    weights: Weights,
    learning_rate: float | Scalar,
    course: Course,
    count: int | Int[Array, ""],
    tolerance: float | Scalar,
    *,
    preprocessing: str,
    objective: str,
    optimizer: str,
    preconditioner: str,
) -> tuple[Course, Terms]:
    """The descent after `count` more steps, at most CHUNK, and the terms after each.

    It ends by itself when PATIENCE steps lower the objective by less than the tolerance a step;
    steps that are not taken repeat the terms of the last.
    """
    method = _method(optimizer, preconditioner, targets, weights, learning_rate)
    evaluate = functools.partial(
        OBJECTIVES[objective].evaluate, params, preprocessing, targets, weights
    )
    value_and_gradient = jax.value_and_grad(evaluate, has_aux=True)

    def further(course: Course) -> Course:
        state = method.step(course.state, value_and_gradient)
        now = state.report.total
        totals = jnp.append(course.totals[1:], now)
        converged = totals[0] - now < PATIENCE * tolerance * jnp.abs(now)
        ended = jnp.where(converged, Condition.CONVERGED, Condition.DESCENDING)
        condition = jnp.where(state.condition == Condition.DESCENDING, ended, state.condition)
        return Course(state, totals, course.taken + 1, condition.astype(jnp.int32))

    def step(course: Course, index: Int[Array, ""]) -> tuple[Course, Terms]:
        def descend(course: Course) -> Course:
            descending = course.condition == Condition.DESCENDING
            led: Course = lax.cond(descending, further, lambda c: c, course)
            return led

        # The count is one for a whole batch, so under vmap this stays a branch: none is wasted.
        course = lax.cond(index < count, descend, lambda c: c, course)
        return course, course.state.report

    return lax.scan(step, course, jnp.arange(CHUNK))


def _method(
    optimizer: str,
    preconditioner: str,
    targets: Targets,
    weights: Weights,
    learning_rate: float | Scalar = 0.0,
) -> Optimizer:
    """The method of descent by its name in Settings."""
    if optimizer == "adam":
        return adam(learning_rate)
    if optimizer == "lbfgs-fixed":
        return lbfgs_fixed()
    beyond = excess(targets.recolored.shape, targets.structure.valid)
    if preconditioner == "none":
        return lbfgs(excess=beyond)
    precondition = functools.partial(_inverse_photorealism, targets, weights)
    return lbfgs(precondition=precondition, excess=beyond)


def _inverse_photorealism(targets: Targets, weights: Weights, gradient: Picture) -> Picture:
    """Nearly the inverse Hessian: that of photorealism, shifted by what the other terms curve."""
    curvature = CURVATURE * targets.curvature + weights.recoloring
    weight = jnp.maximum(weights.photorealism, jnp.max(curvature) / LARGEST_SHIFT)
    pixels = area(gradient.shape, targets.structure.valid)
    planes = pixels / (2 * weight) * to_planes(gradient)
    product = functools.partial(photorealism_product, targets.structure)
    return to_picture(shifted_inverse(product, LARGEST_PRODUCT, planes, curvature / weight, DEGREE))
