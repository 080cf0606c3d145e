"""The network's share of an evaluation: features at all layers of the objective, and the gradient.

Both sides take the gradient, with respect to the picture, of the sum of the features' mean squares.
That they see the same is checked by the objective at the same picture.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import photos
from context import Context, network
from jax import Array
from sides import OURS, PRECISIONS, check_evaluations, distances, ours, params, rivals
from timing import compiled, local, take_turns

from jphoto.arrays import Picture
from jphoto.networks.vgg import Params, features
from jphoto.objectives.dimensionless import CONTENT_LAYER, STYLE_LAYERS


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(256,), full=(512,)), functools.partial(measure, context)
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    own = ours(pair, "float32")
    with jax.default_matmul_precision(PRECISIONS["float32"]):
        arguments = params(), own.picture
        forward, forward_compile = compiled(total_size, *arguments)
        both, gradient_compile = compiled(jax.grad(total_size, argnums=1), *arguments)
    with rivals(context, pair) as theirs:
        found = {name: worker.evaluate(own.picture) for name, worker in theirs.items()}
        errors = distances(found, own.evaluated())
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


def total_size(params: Params, picture: Picture) -> Array:
    """Sum of the mean squares of all features that the objective looks at."""
    seen = features(params, picture, network().preprocessing, (*STYLE_LAYERS, CONTENT_LAYER))
    return jnp.sum(jnp.stack([jnp.mean(values**2) for values in seen.values()]))
