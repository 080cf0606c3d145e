"""What the processes of a distributed batch do at the same time.

If one of them has ended, jax tells the others in words of its own.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from jax.errors import JaxRuntimeError
from jax.experimental import multihost_utils

from jphoto.errors import DeviceError


def wait_for_all(name: str) -> None:
    """Wait until all processes have called this.

    Args:
      name: of what they wait for, the same in all.

    Raises: DeviceError, if one of them has ended.
    """
    with _peers_alive():
        multihost_utils.sync_global_devices(name)


def gathered(values: Any) -> Any:
    """The arrays that each process gives, stacked along a new first axis.

    Raises: DeviceError, if one of them has ended.
    """
    with _peers_alive():
        return multihost_utils.process_allgather(values)


@contextlib.contextmanager
def _peers_alive() -> Iterator[None]:
    try:
        yield
    except JaxRuntimeError as error:
        raise DeviceError(
            "another process of the batch has ended early; results are kept: when all processes "
            "have ended, run the same command again, which makes what is missing"
        ) from error
