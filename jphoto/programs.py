"""What is compiled to solve a pair: preparation, start, and a chunk of steps.

One program each for a pair's sizes, number of regions, network and methods. Loss weights, learning
rate, seed and the number of steps are traced: changing them compiles nothing.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.adam import STATES as ADAM_STATES
from jphoto.adam import adam
from jphoto.affine import carry, flatness
from jphoto.arrays import Masks, Picture, Scalar, to_picture, to_planes
from jphoto.colors import Moments, color_moments, color_transfer
from jphoto.compilation import keepable, program
from jphoto.lbfgs import History, LbfgsState, enlarged, lbfgs
from jphoto.lbfgs_fixed import LbfgsFixedState, lbfgs_fixed
from jphoto.objective import (
    DIMENSIONLESS,
    EPSILON,
    LARGEST_PRODUCT,
    Look,
    Targets,
    Terms,
    Weights,
    photorealism_product,
    plainness_of,
)
from jphoto.optimizer import Condition, Optimizer
from jphoto.padding import Valid, area, excess, reduced, within
from jphoto.pairs import Photo
from jphoto.paper_objective import PUBLISHED
from jphoto.precondition import shifted_inverse, smooth
from jphoto.pyramid import doubled
from jphoto.vgg import Params
from jphoto.windows import Affinities, matting_affinities

CHUNK = 10
"""Most steps in one call of the compiled program."""
PATIENCE = 5
"""Steps over which progress is judged."""
RECOLORED_FIDELITY = 0.01
"""How closely the smoothed picture keeps to the color transfer; borders of regions vanish."""
CARRIED_FIDELITY, CARRIED_DEGREE = 1.0, 16
"""Likewise of a picture from another size: its maps, enlarged, do not quite follow the edges; and
the degree that this takes, see `smooth`."""
LAST_FIDELITY = 0.03
"""Likewise of the result where the content is flat, whose maps hardly anything holds there."""
MEAN_COLOR = np.array([123.68, 116.779, 103.939], np.float32) / 256
"""Of the photos that the networks were trained on."""
CURVATURE = 16.0
"""Of style and content together, about: in units in which photorealism's is its weight times L.

Regions differ, see `Targets`."""
LARGEST_SHIFT = 10.0
"""Of L's eigenvalues: with a larger one L would hardly count."""
DEGREE = 36
"""Of the preconditioner's polynomial in L."""
START_NOISE = np.float32(1e-4 / 256)
"""Standard deviation of the noise around that color, as Luan et al. 2017 start."""
OBJECTIVES = {"jphoto": DIMENSIONLESS, "paper": PUBLISHED}
"""By their names in Settings."""


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


keepable(
    Photo,
    Moments,
    Look,
    Course,
    Targets,
    Terms,
    Weights,
    LbfgsState,
    History,
    LbfgsFixedState,
    *ADAM_STATES,
)


@program(static=("preprocessing", "objective"))
def see_style(
    params: Params,
    style: Picture,
    masks: Masks,
    valid: Valid = None,
    *,
    preprocessing: str,
    objective: str,
) -> Look:
    """What is taken from a style photo, see `objective.look`."""
    colors = color_moments(style, masks, valid)
    return OBJECTIVES[objective].look(params, preprocessing, style, masks, colors, valid)


@program(static=("preprocessing", "objective"))
def prepare(
    params: Params,
    content: Picture,
    masks: Masks,
    look: Look,
    valid: Valid = None,
    *,
    preprocessing: str,
    objective: str,
) -> Targets:
    """What every picture of the pair is compared with, see `objective.prepare`."""
    chosen = OBJECTIVES[objective]
    # In one program with the rest: slower than in stages (see `windows`), but six fewer to load.
    affinities = matting_affinities(content, chosen.epsilon, valid=valid)
    recolored = recolor(affinities, content, masks, look.colors, valid)
    made = affinities, recolored, plainness_of(content, valid)
    return chosen.prepare(params, preprocessing, content, masks, look, *made, valid)


def recolor(
    affinities: Affinities, content: Picture, masks: Masks, goals: Moments, valid: Valid = None
) -> Picture:
    """The content with the style's colors, region by region, and no borders between these."""
    mapped = color_transfer(content, masks, goals, valid)
    # Of the change, as photorealism is: the ridge would take a little off the content itself.
    return content + smooth(affinities, mapped - content, RECOLORED_FIDELITY)


def first_picture(targets: Targets, seed: int, *, start: str) -> Picture:
    """Where the descent begins."""
    if start == "color":
        return targets.recolored
    if start == "content":
        return targets.photo
    noise = START_NOISE * jax.random.normal(jax.random.key(seed), targets.photo.shape)
    return jnp.asarray(MEAN_COLOR) + noise


@program()
def next_picture(
    affinities: Affinities,
    content: Picture,
    coarser: Float[Array, "hc wc 3"],
    picture: Float[Array, "hc wc 3"],
    valid: Valid = None,
) -> Picture:
    """Where the descent goes on at a size, from the content and the result at half of it."""
    carried = within(carry(coarser, picture, content, reduced(valid, 2)), valid)
    return smooth(affinities, carried, CARRIED_FIDELITY, CARRIED_DEGREE)


@program()
def last_picture(
    content: Picture,
    picture: Picture,
    valid: Valid = None,
    fidelity: float | Scalar = LAST_FIDELITY,
) -> Picture:
    """The result with its local affine maps smoothed where the content is flat."""
    smoothed = smooth(matting_affinities(content, EPSILON, valid=valid), picture, fidelity)
    return picture + flatness(content, valid=valid)[..., None] * (smoothed - picture)


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
        state = state._replace(history=_enlarged(coarser.history, targets.valid, picture.shape[:2]))
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
    beyond = excess(targets.photo.shape, targets.valid)
    if preconditioner == "none":
        return lbfgs(excess=beyond)
    precondition = functools.partial(_inverse_photorealism, targets, weights)
    return lbfgs(precondition=precondition, excess=beyond)


def _inverse_photorealism(targets: Targets, weights: Weights, gradient: Picture) -> Picture:
    """Nearly the inverse Hessian: that of photorealism, shifted by what the other terms curve."""
    curvature = CURVATURE * targets.curvature + weights.recoloring
    weight = jnp.maximum(weights.photorealism, jnp.max(curvature) / LARGEST_SHIFT)
    pixels = area(gradient.shape, targets.valid)
    planes = pixels / (2 * weight) * to_planes(gradient)
    product = functools.partial(photorealism_product, targets)
    return to_picture(shifted_inverse(product, LARGEST_PRODUCT, planes, curvature / weight, DEGREE))
