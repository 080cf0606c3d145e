"""Pairs of one group solved at once, or told that there is no memory for so many."""

import hashlib
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jphoto.batches.cache import Memory
from jphoto.batches.inputs import Ready
from jphoto.networks.vgg import Params, with_turned_kernels
from jphoto.objectives.dimensionless import Look, Structure
from jphoto.solver.batch import solve_batch
from jphoto.solver.levels import contents_of, looks_of, structures_of, styles_of
from jphoto.solver.single import Solution, solve

NO_MEMORY = "RESOURCE_EXHAUSTED"
"""Begins what XLA says then."""


class OutOfMemory(Exception):
    """The device has no memory for so many pairs at once; fewer may fit."""


class Solver:
    """A network at work on pair after pair; what it has seen in a photo serves all its pairs.

    Args:
      params: weights of the network.
      preprocessing: that they were trained with.
      devices: to lay pairs over.
    """

    def __init__(self, params: Params, preprocessing: str, devices: Sequence[jax.Device]) -> None:
        self.devices = devices
        self.network = with_turned_kernels(jax.device_put(params)), preprocessing
        self.structures = Memory[list[Structure]]()
        self.looks = Memory[list[Look]]()

    def solve(
        self, chosen: Sequence[Ready], most: int, going_on: Callable[[], bool]
    ) -> list[Solution]:
        """What each pair gives.

        Args:
          chosen: of one group, at most so many; fewer are made up to that number by the last one
            again, so that one program serves all.
          most: solved at once; over all devices, if these can have equal numbers of them.
          going_on: asked between chunks of steps.

        Raises: OutOfMemory.
        """
        filled = [*chosen, *[chosen[-1]] * (most - len(chosen))]
        first, network = chosen[0], (*self.network, chosen[0].settings)
        try:
            structures = [self._structures(ready) for ready in filled]
            looks = [self._looks(ready) for ready in filled]
            if most == 1:
                return [
                    solve(
                        first.pair, *network, lambda _: going_on(), first.shape, structures[0],
                        looks[0],
                    )
                ]  # fmt: skip
            assert first.shape is not None
            devices = () if most % len(self.devices) else self.devices
            pairs = [ready.pair for ready in filled]
            found = solve_batch(pairs, first.shape, *network, structures, looks, devices, going_on)
            return found[: len(chosen)]
        except jax.errors.JaxRuntimeError as error:
            if NO_MEMORY in str(error):
                raise OutOfMemory(str(error).splitlines()[0]) from error
            raise

    def _structures(self, ready: Ready) -> list[Structure]:
        """Of a pair's content."""
        pair, settings, shape = ready.pair, ready.settings, ready.shape
        size = shape and shape.content
        return self.structures.get(
            (_digest(pair.content), size, ready.group.steps, settings.objective),
            lambda: structures_of(contents_of(pair, settings, shape), *self.network, settings),
        )

    def _looks(self, ready: Ready) -> list[Look]:
        """Of a pair's style."""
        pair, settings, shape = ready.pair, ready.settings, ready.shape
        size = shape and (shape.style, shape.regions)
        return self.looks.get(
            (_digest(pair.style, pair.style_masks), size, ready.group.steps, settings.objective),
            lambda: looks_of(styles_of(pair, settings, shape), *self.network, settings),
        )


def _digest(*arrays: np.ndarray) -> bytes:
    digest = hashlib.sha256(repr([array.shape for array in arrays]).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
