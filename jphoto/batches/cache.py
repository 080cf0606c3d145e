"""What was computed for a photo, kept for the next pair that it is in."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import jax

MOST_BYTES = 1 << 29
"""Of the device's memory, for all that is kept: a photo of 700 pixels takes some 40 MB."""

Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """Trees of arrays by what they were computed from; those not used for longest are let go."""

    def __init__(self) -> None:
        self._kept = OrderedDict[Hashable, Kept]()
        self._bytes = 0

    def get(self, key: Hashable, compute: Callable[[], Kept]) -> Kept:
        """What is kept under a key, or is from now on."""
        if key not in self._kept:
            self._kept[key] = compute()
            self._bytes += _bytes(self._kept[key])
            while self._bytes > MOST_BYTES and len(self._kept) > 1:
                self._bytes -= _bytes(self._kept.popitem(last=False)[1])
        self._kept.move_to_end(key)
        return self._kept[key]


def _bytes(tree: object) -> int:
    return sum(array.nbytes for array in jax.tree.leaves(tree))
