"""The host's side of solving one pair: stages, and in each chunks of steps.

Between chunks the host reports progress, may stop, and looks for trouble; never inside: what runs
there is compiled as a whole, see `programs`.
"""

import dataclasses
import enum
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from jphoto.affine import smooth_affine_maps
from jphoto.arrays import Picture
from jphoto.objective import Targets, Weights
from jphoto.optimizer import Condition
from jphoto.programs import CHUNK, advance, begin, first_picture, prepare
from jphoto.settings import Settings
from jphoto.vgg import Params, with_turned_kernels
from jphoto.windows import matting_affinities

CHUNK_SECONDS = 1.0
"""How long the host waits for a chunk, if a single step does not take longer."""


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
    variation: float


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
      settings: work, weights, method, start and seed are read here.
      progress: called after every chunk of steps; returning False stops the solve.
    """
    started = time.perf_counter()
    params = with_turned_kernels(params)
    affinities = matting_affinities(jnp.asarray(pair.content))
    targets = prepare(
        params, *pair, affinities, preprocessing=preprocessing, objective=settings.objective
    )
    first = first_picture(affinities, *pair, settings.seed, start=settings.start)
    jax.block_until_ready((targets, first))
    ready = time.perf_counter()
    picture, steps, status = _descend(params, preprocessing, targets, settings, first, progress)
    solved = time.perf_counter()
    if settings.smoothing == "bilateral":
        picture = smooth_affine_maps(jnp.asarray(pair.content), picture)
    result = np.asarray(picture)
    seconds = ready - started, solved - ready, time.perf_counter() - solved
    return Solution(
        result, steps, status, dict(zip(("prepare", "solve", "smooth"), seconds, strict=True))
    )


def _descend(
    params: Params,
    preprocessing: str,
    targets: Targets,
    settings: Settings,
    picture: Picture,
    progress: Callable[[Progress], bool | None] | None,
) -> tuple[Picture, tuple[Step, ...], Status]:
    """The host loop: stages, and in each chunks of steps, until done, stopped or in trouble."""
    began, count, steps = time.perf_counter(), 1, list[Step]()
    status = Status.FINISHED
    for last, weights in _stages(settings):
        state = begin(picture, optimizer=settings.optimizer)
        while len(steps) < last:
            count = min(count, CHUNK, last - len(steps))
            chunk_began = time.perf_counter()
            state, terms = advance(
                params, targets, weights, float(settings.learning_rate), state, count,
                preprocessing=preprocessing, objective=settings.objective,
                optimizer=settings.optimizer,
            )  # fmt: skip
            steps.extend(Step(*row) for row in np.stack(terms, -1)[:count].tolist())
            status = _status(Condition(int(state.condition)))
            now = time.perf_counter()
            if status is not Status.FINISHED:
                break
            if progress is not None:
                report = Progress(len(steps), count, settings.steps, steps[-1], now - began)
                if progress(report) is False:
                    return state.best, tuple(steps), Status.STOPPED
            count = max(1, int(count * CHUNK_SECONDS / (now - chunk_began)))
        picture = state.best
        if status is Status.NOT_FINITE:
            break
    return picture, tuple(steps), status


def _stages(settings: Settings) -> list[tuple[int, Weights]]:
    """Where each stage ends, counted in steps, and its weights."""
    # Settings may hold whole numbers, and those would be another program's arguments.
    weights = Weights(
        float(settings.style_weight),
        float(settings.content_weight),
        float(settings.photorealism_weight),
        float(settings.variation_weight),
    )
    free = round(settings.free_share * settings.steps)
    return [(free, weights._replace(photorealism=0.0)), (settings.steps, weights)]


def _status(condition: Condition) -> Status:
    return Status.FINISHED if condition == Condition.DESCENDING else Status[condition.name]
