"""A cache of arrays on a device, bounded in bytes: targets of photos that many pairs share."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import jax

MOST_BYTES = 1 << 26
"""Largest total size of the cached arrays. Those of a content photo of 700 pixels take 50 MB, those
of a style photo 17. Pairs that share a photo mostly follow each other."""

Tree = TypeVar("Tree")


class ArrayCache(Generic[Tree]):
    """Trees of arrays by key; the least recently used are dropped first."""

    def __init__(self) -> None:
        self._trees = OrderedDict[Hashable, Tree]()
        self._bytes = 0

    def get(self, key: Hashable, compute: Callable[[], Tree]) -> Tree:
        """The cached tree of a key; it is computed and cached if there is none."""
        if key not in self._trees:
            self._trees[key] = compute()
            self._bytes += _bytes(self._trees[key])
            while self._bytes > MOST_BYTES and len(self._trees) > 1:
                self._bytes -= _bytes(self._trees.popitem(last=False)[1])
        self._trees.move_to_end(key)
        return self._trees[key]


def _bytes(tree: object) -> int:
    return sum(array.nbytes for array in jax.tree.leaves(tree))
