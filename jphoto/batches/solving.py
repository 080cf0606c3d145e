"""Pairs of one group solved at once, or told that there is no memory for so many."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

import jax

from jphoto.batch import solve_batch
from jphoto.batches.inputs import Ready
from jphoto.objective import Look
from jphoto.solve import Solution, looks_of, solve
from jphoto.vgg import Params

NO_MEMORY = "RESOURCE_EXHAUSTED"
"""Begins what XLA says then."""
MOST_LOOKS = 32
"""Of styles, that are remembered; some ten megabytes each."""


class OutOfMemory(Exception):
    """The device has no memory for so many pairs at once; fewer may fit."""


class Solver:
    """A network at work on pair after pair; what it has seen in a style serves all its contents."""

    def __init__(self, params: Params, preprocessing: str, devices: Sequence[jax.Device]) -> None:
        self.params, self.preprocessing, self.devices = params, preprocessing, devices
        self.looks: OrderedDict[Hashable, list[Look]] = OrderedDict()

    def solve(
        self, chosen: Sequence[Ready], most: int, going_on: Callable[[], bool]
    ) -> list[Solution]:
        """What each pair gives.

        Args:
          chosen: of one group, at most so many; fewer are made up to that number by the last one
            again, so that one program serves all.
          most: solved at once; over all devices, if these can have equal numbers of them.
          going_on: asked between chunks of steps, if a single pair is solved.

        Raises: OutOfMemory.
        """
        settings, network = chosen[0].settings, (self.params, self.preprocessing)
        try:
            looks = [self._looks(ready) for ready in chosen]
            if most == 1:
                (ready,) = chosen
                return [
                    solve(
                        ready.pair, *network, settings, lambda _: going_on(), ready.shape, looks[0]
                    )
                ]
            filled = [*chosen, *[chosen[-1]] * (most - len(chosen))]
            looks += looks[-1:] * (most - len(chosen))
            pairs, shape = [ready.pair for ready in filled], chosen[0].shape
            assert shape is not None
            devices = () if most % len(self.devices) else self.devices
            found = solve_batch(pairs, shape, *network, settings, looks, devices)
            return found[: len(chosen)]
        except jax.errors.JaxRuntimeError as error:
            if NO_MEMORY in str(error):
                raise OutOfMemory(str(error).splitlines()[0]) from error
            raise

    def _looks(self, ready: Ready) -> list[Look]:
        """Of a pair's style, unless they are remembered."""
        masks = hashlib.sha256(ready.pair.style_masks.data).digest()
        style = ready.shape and ready.shape.style
        key = ready.inputs["style"], ready.pair.style.shape, masks, style, ready.group
        if key not in self.looks:
            self.looks[key] = looks_of(
                ready.pair, self.params, self.preprocessing, ready.settings, ready.shape
            )
            if len(self.looks) > MOST_LOOKS:
                self.looks.popitem(last=False)
        self.looks.move_to_end(key)
        return self.looks[key]
