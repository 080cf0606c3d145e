"""Steps per second of the compiled descent, and the share of a step that is not the evaluation.

The evaluations are timed in a loop: there, as in a descent, XLA transforms the filters for
Winograd's algorithm once for all rounds; a single evaluation does so every time.
"""

import functools
from typing import Any

from jax import lax

from bench.harness import photos
from bench.harness.context import DEFAULTS, WEIGHTS, Context
from bench.harness.network import network, params
from bench.harness.sides import ready, value_and_gradient
from bench.harness.timing import compiled, local, seconds, take_turns
from jphoto.arrays import Picture
from jphoto.networks.vgg import Params
from jphoto.objectives.targets import LossWeights, Targets
from jphoto.solver.steps import CHUNK_STEPS, advance, begin

GRADIENT_SHARE = 1e-9
"""Share of the gradient that each round subtracts from the picture, so that XLA cannot leave out an
evaluation."""
CPU_CHUNK_STEPS = 3
"""Steps in a chunk on a CPU, where they take seconds."""


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(128,), full=(700, 512)), functools.partial(measure, context)
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    targets, picture = ready(pair)
    count = CHUNK_STEPS if context.accelerated else CPU_CHUNK_STEPS
    chunk = steps(targets, picture, count)
    first_chunk_seconds = seconds(chunk)
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
        "first_chunk_seconds": first_chunk_seconds,
        "steps_per_second": 1 / step,
        "share_that_is_not_evaluation": 1 - evaluation / step,
    }


def repeated(
    params: Params, targets: Targets, weights: LossWeights, picture: Picture, count: int
) -> Picture:
    """Evaluations one after another, each of a picture that the one before has hardly changed."""

    def again(_: int, picture: Picture) -> Picture:
        return picture - GRADIENT_SHARE * value_and_gradient(params, targets, weights, picture)[1]

    return lax.fori_loop(0, count, again, picture)


def steps(targets: Targets, picture: Picture, count: int) -> Any:
    """A function that continues the descent by `count` steps at each call."""
    method = {"optimizer": DEFAULTS.optimizer, "preconditioner": DEFAULTS.preconditioner}
    state = begin(targets, WEIGHTS, picture, **method)

    def chunk() -> Any:
        nonlocal state
        # With a tolerance of 0 the descent never converges, so all steps are taken.
        state, terms = advance(
            params(), targets, WEIGHTS, DEFAULTS.learning_rate, state, count, 0.0,
            preprocessing=network().preprocessing, objective="jphoto", **method,
        )  # fmt: skip
        return state, terms

    return chunk
