"""What processes of a batch do together, when one of them is gone."""

import numpy as np
import pytest
from jax.errors import JaxRuntimeError
from jax.experimental import multihost_utils

from jphoto.batches import together
from jphoto.errors import DeviceError


def gone(*_):
    raise JaxRuntimeError("UNKNOWN: Gloo AllGather failed: connection closed by peer")


def test_a_process_that_is_gone_is_told_in_a_line(monkeypatch):
    monkeypatch.setattr(multihost_utils, "sync_global_devices", gone)
    monkeypatch.setattr(multihost_utils, "process_allgather", gone)
    for wait in (lambda: together.wait_for_all("all"), lambda: together.gathered(np.zeros(2))):
        with pytest.raises(DeviceError, match="another process of the batch has ended early"):
            wait()


def test_alone_nothing_is_waited_for():
    together.wait_for_all("all are here")
    np.testing.assert_array_equal(together.gathered(np.arange(2)), [[0, 1]])
