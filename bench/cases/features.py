"""The network's share of an evaluation: features at all layers of the objective, and the gradient.

Both sides differentiate the sum of the features' mean squares with respect to the picture. Before,
the objective at the same picture shows that both have the same network.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network, params
from bench.harness.sides import OURS, PRECISIONS, check_evaluations, distances, ours, rivals
from bench.harness.timing import compiled, local, take_turns
from jphoto.arrays import Picture
from jphoto.networks.vgg import Params, features
from jphoto.objectives.targets import CONTENT_LAYER, STYLE_LAYERS


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(256,), full=(512,)), functools.partial(measure, context)
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    own = ours(pair, "float32")
    with jax.default_matmul_precision(PRECISIONS["float32"]):
        arguments = params(), own.picture
        forward, forward_compile = compiled(mean_squares, *arguments)
        both, gradient_compile = compiled(jax.grad(mean_squares, argnums=1), *arguments)
    with rivals(context, pair) as theirs:
        evaluations = {name: worker.evaluate(own.picture) for name, worker in theirs.items()}
        errors = distances(evaluations, own.evaluated())
        check_evaluations(errors, "float32")
        contenders = {
            f"{OURS} forward": local(lambda: forward(*arguments)),
            OURS: local(lambda: both(*arguments)),
            **{name: worker.contender("features") for name, worker in theirs.items()},
        }
        return {
            "what": "features at six layers, and the picture's gradient; float32",
            "size": photos.size_of(pair),
            "distance": errors,
            "seconds": take_turns(contenders, context.effort),
            "compile_seconds": {"forward": forward_compile, "gradient": gradient_compile},
            "rivals": {name: worker.opened for name, worker in theirs.items()},
        }


def mean_squares(params: Params, picture: Picture) -> Array:
    """The sum of the mean squares of all features that the objective uses."""
    maps = features(params, picture, network().preprocessing, (*STYLE_LAYERS, CONTENT_LAYER))
    return jnp.sum(jnp.stack([jnp.mean(values**2) for values in maps.values()]))
