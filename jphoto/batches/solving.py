"""Pairs of one shape solved at once, or told that there is no memory for so many."""

from collections.abc import Callable, Sequence

import jax

from jphoto.batch import solve_batch
from jphoto.pairs import Pair, Shape
from jphoto.settings import Settings
from jphoto.solve import Solution, solve
from jphoto.vgg import Params

NO_MEMORY = "RESOURCE_EXHAUSTED"
"""Begins what XLA says then."""


class OutOfMemory(Exception):
    """The device has no memory for so many pairs at once; fewer may fit."""


def solve_together(
    pairs: Sequence[Pair],
    shape: Shape | None,
    params: Params,
    preprocessing: str,
    settings: Settings,
    most: int,
    going_on: Callable[[], bool],
) -> list[Solution]:
    """What each pair gives.

    Args:
      pairs: at most so many; fewer are made up to that number by the last one again, so that one
        program serves all.
      shape: that all fit into; None to solve a single pair as large as it is.
      params: weights of the network.
      preprocessing: that they were trained with.
      settings: of all pairs.
      most: solved at once.
      going_on: asked between chunks of steps, if a single pair is solved.

    Raises: OutOfMemory.
    """
    try:
        if most == 1:
            (pair,) = pairs
            return [solve(pair, params, preprocessing, settings, lambda _: going_on(), shape)]
        assert shape is not None
        filled = [*pairs, *[pairs[-1]] * (most - len(pairs))]
        return solve_batch(filled, shape, params, preprocessing, settings)[: len(pairs)]
    except jax.errors.JaxRuntimeError as error:
        if NO_MEMORY in str(error):
            raise OutOfMemory(str(error).splitlines()[0]) from error
        raise
