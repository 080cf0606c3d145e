"""Weights that are loaded when something first needs them."""

import threading
from typing import TypeAlias

from jphoto.weights import store
from jphoto.weights.archive import Tensors, Weights
from jphoto.weights.catalog import Preprocessing


class LazyWeights:
    """The weights of a network, as `Weights` has them. Any thread may be the first to need them.

    Args:
      backbone: the name of a network, or "auto", see `store.resolve`.
    """

    def __init__(self, backbone: str) -> None:
        self.network = store.resolve(backbone)
        self._lock, self._loaded = threading.Lock(), list[Weights]()

    @property
    def used(self) -> bool:
        """Whether they were loaded."""
        return bool(self._loaded)

    @property
    def params(self) -> dict[str, Tensors]:
        """The tensors of each layer."""
        return self.load().params

    @property
    def preprocessing(self) -> Preprocessing:
        """Of the network's input."""
        return self.load().preprocessing

    @property
    def digest(self) -> str:
        """sha256 over the tensors."""
        return self.load().digest

    def load(self) -> Weights:
        """The weights, loaded once.

        Raises: WeightsError, if they are not installed, damaged, or of another network.
        """
        with self._lock:
            if not self._loaded:
                self._loaded.append(store.load(self.network))
        return self._loaded[0]


AnyWeights: TypeAlias = Weights | LazyWeights
"""Weights that were loaded, or will be if need be."""
