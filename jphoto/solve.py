"""The solver of one pair: compiled chunks of steps, and the host loop around them.

Three programs are compiled for a pair's sizes: preparation, start, and a chunk of steps. Loss
weights, learning rate and the number of steps are traced: changing them compiles nothing. Between
chunks the host reports progress, may stop, and looks for trouble; never inside.
"""

import dataclasses
import enum
import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float, Float32, Int

from jphoto.adam import adam
from jphoto.arrays import Masks, Picture, Scalar
from jphoto.colors import color_transfer
from jphoto.laplacian import smooth
from jphoto.lbfgs import lbfgs
from jphoto.objective import Targets, Terms, Weights, content_features, evaluate, style_grams
from jphoto.optimizer import Condition, Optimizer
from jphoto.regions import mask_pyramid
from jphoto.settings import Settings
from jphoto.vgg import Params
from jphoto.windows import Affinities, matting_affinities

CHUNK = 10
"""Most steps in one call of the compiled program."""
CHUNK_SECONDS = 1.0
"""How long the host waits for a chunk, if a single step does not take longer."""
START_FIDELITY = 0.01
"""How closely the smoothed start keeps to the color transfer; borders of regions vanish."""
START_NOISE = 0.1
"""Standard deviation of the noise start, around middle gray."""


class Status(enum.StrEnum):
    """How a solve ended."""

    FINISHED = "finished"
    """All steps were taken."""
    STALLED = "stalled"
    """No step, however small, lowers the objective any more: done, up to rounding."""
    STOPPED = "stopped"
    """The progress callback asked for it."""
    NOT_FINITE = "not finite"
    """The objective or its gradient was NaN or infinite; the picture is the best before that."""


class Step(NamedTuple):
    """The loss terms at the best picture after a step, before weighting but for the total."""

    total: float
    style: float
    content: float
    photorealism: float


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a solve stands, for the callback."""

    step: int
    """Steps taken so far."""
    taken: int
    """Of these, steps taken since the last call."""
    steps: int
    """Steps there may be at most."""
    terms: Step
    """At the best picture so far."""
    seconds: float
    """Since the first step began."""


class Pair(NamedTuple):
    """Two photos at working size, with the masks of the regions they share."""

    content: Float32[np.ndarray, "h w 3"]
    style: Float32[np.ndarray, "hs ws 3"]
    content_masks: Float32[np.ndarray, "k h w"]
    style_masks: Float32[np.ndarray, "k hs ws"]


class Solution(NamedTuple):
    """The best picture, not clipped; the terms step by step; how it ended; seconds by phase."""

    picture: Float32[np.ndarray, "h w 3"]
    steps: tuple[Step, ...]
    status: Status
    seconds: dict[str, float]


def solve(
    pair: Pair,
    params: Params,
    preprocessing: str,
    settings: Settings,
    progress: Callable[[Progress], bool | None] | None = None,
) -> Solution:
    """Descend from the start to the picture that has the content's edges and the style's look.

    Args:
      pair: photos and masks, sRGB in [0, 1].
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: steps, weights, method, start and seed are read here.
      progress: called after every chunk of steps; returning False stops the solve.
    """
    began = time.perf_counter()
    affinities = matting_affinities(jnp.asarray(pair.content))
    targets = _prepare(params, *pair, affinities, preprocessing=preprocessing)
    state = _begin(
        affinities, *pair, settings.seed, start=settings.start, optimizer=settings.optimizer
    )
    jax.block_until_ready((targets, state))
    ready = time.perf_counter()
    state, steps, status = _descend(params, preprocessing, targets, settings, state, progress)
    picture = np.asarray(state.best)
    ended = time.perf_counter()
    return Solution(picture, steps, status, {"prepare": ready - began, "solve": ended - ready})


def _descend(
    params: Params,
    preprocessing: str,
    targets: Targets,
    settings: Settings,
    state: Any,
    progress: Callable[[Progress], bool | None] | None,
) -> tuple[Any, tuple[Step, ...], Status]:
    """The host loop: chunks of steps until done, stopped or in trouble."""
    # Settings may hold whole numbers, and those would be another program's arguments.
    weights = Weights(
        float(settings.style_weight),
        float(settings.content_weight),
        float(settings.photorealism_weight),
    )
    began, count, steps = time.perf_counter(), 1, list[Step]()
    while len(steps) < settings.steps:
        count = min(count, CHUNK, settings.steps - len(steps))
        chunk_began = time.perf_counter()
        state, terms = _advance(
            params, targets, weights, float(settings.learning_rate), state, count,
            preprocessing=preprocessing, optimizer=settings.optimizer,
        )  # fmt: skip
        rows = np.stack(terms, -1)[:count].tolist()
        steps.extend(Step(*row) for row in rows)
        condition = Condition(int(state.condition))
        now = time.perf_counter()
        if condition != Condition.DESCENDING:
            return state, tuple(steps), Status[condition.name]
        if progress is not None:
            report = Progress(len(steps), count, settings.steps, steps[-1], now - began)
            if progress(report) is False:
                return state, tuple(steps), Status.STOPPED
        count = max(1, int(count * CHUNK_SECONDS / (now - chunk_began)))
    return state, tuple(steps), Status.FINISHED


@functools.partial(jax.jit, static_argnames="preprocessing")
def _prepare(
    params: Params,
    content: Picture,
    style: Float[Array, "hs ws 3"],
    content_masks: Masks,
    style_masks: Float[Array, "k hs ws"],
    affinities: Affinities,
    *,
    preprocessing: str,
) -> Targets:
    """Everything about the pair that the objective needs and no step changes."""
    grams = style_grams(params, preprocessing, style, style_masks)
    masks = mask_pyramid(content_masks, len(grams))
    seen = content_features(params, preprocessing, content)
    return Targets(grams, masks, seen, affinities)


@functools.partial(jax.jit, static_argnames=("start", "optimizer"))
def _begin(
    affinities: Affinities,
    content: Picture,
    style: Float[Array, "hs ws 3"],
    content_masks: Masks,
    style_masks: Float[Array, "k hs ws"],
    seed: int | Int[Array, ""],
    *,
    start: str,
    optimizer: str,
) -> Any:
    """The optimizer's state at the first picture."""
    if start == "color":
        mapped = color_transfer(content, style, content_masks, style_masks)
        picture = smooth(affinities, mapped, START_FIDELITY)
    elif start == "content":
        picture = content
    else:
        noise = jax.random.normal(jax.random.key(seed), content.shape)
        picture = 0.5 + START_NOISE * noise
    unknown = Terms(*[jnp.full((), jnp.nan)] * len(Terms._fields))
    return _method(optimizer).begin(picture, unknown)


@functools.partial(jax.jit, static_argnames=("preprocessing", "optimizer"), donate_argnames="state")
def _advance(
    params: Params,
    targets: Targets,
    weights: Weights,
    learning_rate: float | Scalar,
    state: Any,
    count: int | Int[Array, ""],
    *,
    preprocessing: str,
    optimizer: str,
) -> tuple[Any, Terms]:
    """The state after `count` steps, at most CHUNK, and the terms after each."""
    method = _method(optimizer, learning_rate)
    objective = functools.partial(evaluate, params, preprocessing, targets, weights)
    value_and_gradient = jax.value_and_grad(objective, has_aux=True)

    def step(state: Any, index: Int[Array, ""]) -> tuple[Any, Terms]:
        # The count is one for a whole batch, so under vmap this stays a branch: none is wasted.
        state = lax.cond(
            index < count, lambda s: method.step(s, value_and_gradient), lambda s: s, state
        )
        return state, state.report

    return lax.scan(step, state, jnp.arange(CHUNK))


def _method(optimizer: str, learning_rate: float | Scalar = 0.0) -> Optimizer:
    """The method of descent by its name in Settings."""
    return lbfgs() if optimizer == "lbfgs" else adam(learning_rate)
