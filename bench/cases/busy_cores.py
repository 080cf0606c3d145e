"""How many cores a transfer keeps busy: the whole, its programs, and the parts of a step.

Cores are processor time divided by time. Programs and parts are those of the finest size, each by
itself, so that the table shows what cannot be spread over more cores.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

import jphoto
from bench.harness import photos
from bench.harness.context import DEFAULTS, WEIGHTS, Context
from bench.harness.network import network, params
from jphoto.networks.vgg import features
from jphoto.objectives.dimensionless import FINE_LAYERS
from jphoto.objectives.grams import gram_matrices
from jphoto.objectives.targets import Targets
from jphoto.solver import programs
from jphoto.solver.levels import content_photos, style_photos
from jphoto.solver.pairs import bucket
from jphoto.solver.plan import last_goals
from jphoto.solver.steps import advance, begin, inverse_photorealism

RUNS = {"short": 2, "full": 5}
"""Timed runs of each, by mode; one more is not counted."""


def run(context: Context) -> dict[str, Any]:
    (size,) = context.sizes(short=(256,), full=(700,))
    works = {"whole transfer": whole(size), **parts(size)}
    sides = {"long_side": size, "size": photos.size_of(photos.pair(size))}
    return context.rows(works, lambda name: {"row": name, **sides, **measure(context, works[name])})


def measure(context: Context, work: Callable[[], Any]) -> dict[str, float]:
    """The median seconds of some work, and the cores that it keeps busy."""
    seconds, processor = [], []
    for _ in range(1 + RUNS[context.mode]):
        began, before = time.perf_counter(), time.process_time()
        jax.block_until_ready(work())
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - before)
    return {
        "seconds": statistics.median(seconds[1:]),
        "cores": sum(processor[1:]) / sum(seconds[1:]),
    }


def whole(size: int) -> Callable[[], Any]:
    """A default transfer of two arrays with masks."""
    content, style, content_mask, style_mask = photos.sources(size)
    settings = jphoto.Settings(size=size)

    def transfer() -> Any:
        masks = {"content_mask": content_mask, "style_mask": style_mask}
        return jphoto.transfer(content, style, **masks, settings=settings).picture

    return transfer


def parts(size: int) -> dict[str, Callable[[], Any]]:
    """The programs of a solve at its finest size, and the parts of one of its steps."""
    pair, settings = photos.pair(size), jphoto.Settings(size=size)
    shape = bucket(pair, size)
    sizes, (*_, style) = (of(pair, settings, shape) for of in (content_photos, style_photos))
    half, content = sizes[-2:]
    photo, masks, valid = content
    fine = {"preprocessing": network().preprocessing, "objective": programs.FINE_OBJECTIVE}
    method = {"optimizer": DEFAULTS.optimizer, "preconditioner": DEFAULTS.preconditioner}

    def content_targets() -> Any:
        return programs.content_targets(params(), photo, valid, **fine)

    def style_targets() -> Any:
        return programs.style_targets(params(), *style, **fine)

    own, goals = content_targets(), style_targets()

    def pair_targets() -> Any:
        objective = programs.FINE_OBJECTIVE
        return programs.pair_targets(params(), own, masks, goals, objective=objective)

    targets = Targets(goals, own, *pair_targets())
    picture = targets.recolored

    def step() -> Any:
        state = begin(targets, WEIGHTS, picture, **method)
        rate = DEFAULTS.learning_rate
        return advance(params(), targets, WEIGHTS, rate, state, 1, 0.0, **fine, **method)

    @jax.jit
    def maps(picture: Any) -> Any:
        found = features(params(), picture, fine["preprocessing"], FINE_LAYERS.style, valid)
        return [found[layer] for layer in FINE_LAYERS.style]

    @jax.jit
    def grams(maps: Any, masks: Any, groups: Any) -> Any:
        return [*map(gram_matrices, maps, masks, groups)]

    found, precondition = maps(picture), jax.jit(inverse_photorealism)
    return {
        "targets of the content photo": content_targets,
        "targets of the style photo": style_targets,
        "targets of both": pair_targets,
        "upsampling": lambda: programs.upsampled(half.picture, half.picture, photo, valid),
        "one step": step,
        "in a step: features": lambda: maps(picture),
        "in a step: Gram matrices": lambda: grams(found, targets.masks, targets.groups),
        "in a step: preconditioner": lambda: precondition(targets, WEIGHTS, picture),
        "last smoothing": lambda: programs.finished(
            photo, picture, masks, last_goals(targets, settings), valid, own.affinities
        ),
    }
