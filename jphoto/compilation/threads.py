"""Programs asked for by several threads, so that they run side by side.

XLA on a CPU runs what one thread asks for in turn, and few programs keep all cores busy.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
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
    with ThreadPoolExecutor(len(items)) as threads:
        return list(threads.map(_on_default_device(function), items))


@contextlib.contextmanager
def begun_in_thread(items: Iterator[Item], count: int) -> Iterator[Iterator[Item]]:
    """The items of an iterator, which a thread begins to compute at once, one after the other.

    At the end of the context, those that it has not begun are given up.

    Args:
      items: are made by programs on a single device, see `in_threads`.
      count: their number.
    """
    thread, following = ThreadPoolExecutor(1), _on_default_device(next)
    coming = [thread.submit(following, items) for _ in range(count)]
    try:
        yield (item.result() for item in coming)
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


def _on_default_device(function: Callable[[Item], Result]) -> Callable[[Item], Result]:
    """The function for other threads, which do not have jax's default device of this one."""
    device = jax.config.values["jax_default_device"]

    def on_device(item: Item) -> Result:
        with jax.default_device(device):
            return function(item)

    return on_device
