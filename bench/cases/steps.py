"""Steps per second of the compiled descent, and how much of a step is not the evaluation.

The evaluation is timed in a loop of its own: there, as in a descent, XLA makes Winograd's
filters once for all rounds, which an evaluation by itself does each time.
"""

import functools
from typing import Any

import photos
from context import DEFAULTS, WEIGHTS, Context, network
from jax import lax
from sides import params, ready, value_and_gradient
from timing import compiled, local, seconds, take_turns

from jphoto.arrays import Picture
from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import Targets, Weights
from jphoto.solver.steps import CHUNK, advance, begin

TINY = 1e-9
"""Share of the gradient by which pictures differ, so that no evaluation is spared."""
FEW = 3
"""Steps in a chunk where they take seconds."""


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(128,), full=(700, 512)), functools.partial(measure, context)
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    targets, picture = ready(pair)
    count = CHUNK if context.accelerated else FEW
    chunk = steps(targets, picture, count)
    compile_seconds = seconds(chunk)
    arguments = params(), targets, WEIGHTS, picture, count
    evaluations, _ = compiled(repeated, *arguments)
    contenders = {"steps": local(chunk), "evaluations": local(lambda: evaluations(*arguments))}
    times = take_turns(contenders, context.effort)
    step, evaluation = (times[name]["median"] / count for name in contenders)
    return {
        "long_side": size,
        "size": photos.size_of(pair),
        "rounds": count,
        "seconds": times,
        "first_chunk_seconds": compile_seconds,
        "steps_per_second": 1 / step,
        "share_that_is_not_evaluation": 1 - evaluation / step,
    }


def repeated(
    params: Params, targets: Targets, weights: Weights, picture: Picture, count: int
) -> Picture:
    """Evaluations one after the other, each of a picture that the last one has hardly changed."""

    def again(_: int, picture: Picture) -> Picture:
        return picture - TINY * value_and_gradient(params, targets, weights, picture)[1]

    return lax.fori_loop(0, count, again, picture)


def steps(targets: Targets, picture: Picture, count: int) -> Any:
    """Each call takes that many steps further."""
    method = {"optimizer": DEFAULTS.optimizer, "preconditioner": DEFAULTS.preconditioner}
    course = begin(targets, WEIGHTS, picture, **method)

    def chunk() -> Any:
        nonlocal course
        # Without a tolerance: all steps are taken.
        course, terms = advance(
            params(), targets, WEIGHTS, DEFAULTS.learning_rate, course, count, 0.0,
            preprocessing=network().preprocessing, objective="jphoto", **method,
        )  # fmt: skip
        return course, terms

    return chunk
