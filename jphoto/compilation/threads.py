"""Programs asked for by several threads, so that they run side by side.

XLA on a CPU runs what one thread asks for in turn, and few programs keep all cores busy.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What a function returns for some items, each of which has a thread of its own.

    Its programs must run on a single device: several devices, which get programs from two threads
    in different orders, could wait for each other forever.

    Args:
      function: calls programs; arrays that it returns may still be computed.
      items: its arguments.
    """
    device = jax.config.values["jax_default_device"]  # of this thread alone

    def on_device(item: Item) -> Result:
        with jax.default_device(device):
            return function(item)

    with ThreadPoolExecutor(len(items)) as threads:
        return list(threads.map(on_device, items))
