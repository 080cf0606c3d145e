"""Which devices a transfer uses: one, or all of them for a sharded picture."""

import json
import os
import subprocess
import sys
from unittest.mock import Mock

import jax
import pytest

import jphoto
from jphoto.errors import DeviceError, SettingsError
from jphoto.settings import Settings
from jphoto.solver.devices import devices_for, find_devices, platform_of

SHARD = pytest.mark.parametrize("shard_picture", [False, True])
UNPADDED = pytest.mark.parametrize(
    "changes",
    [{"objective": "paper"}, {"start": "noise"}, {"smoothing": "bilateral"}],
    ids=lambda changes: next(iter(changes)),
)
FOUR = """
import json
from jphoto.solver.devices import devices_for, find_devices
from jphoto.settings import Settings
chosen = [devices_for(Settings(device=name), shard) for name in ("auto", "cpu") for shard in (0, 1)]
print(json.dumps([[device.id for device in devices] for devices in [find_devices("cpu"), *chosen]]))
"""


def test_one_of_four_simulated_devices_or_all_of_them():
    options = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", FOUR],
        capture_output=True, text=True, check=False, env={**os.environ, **options},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[0, 1, 2, 3], *2 * [[0], [0, 1, 2, 3]]]


@pytest.fixture
def four(monkeypatch):
    """Four GPUs that jax claims to have, and one CPU."""
    devices = {
        "gpu": [Mock(spec=jax.Device, platform="gpu") for _ in range(4)],
        "cpu": [Mock(spec=jax.Device, platform="cpu")],
    }

    def local_devices(process_index=None, backend=None):
        if backend not in (None, *devices):
            raise RuntimeError(f"Unknown backend {backend}")
        return devices[backend or "gpu"]

    monkeypatch.setattr(jax, "local_devices", local_devices)
    return devices


@pytest.mark.parametrize(("name", "kind"), [("auto", "gpu"), ("gpu", "gpu"), ("cpu", "cpu")])
def test_the_devices_are_those_that_were_asked_for(four, name, kind):
    settings = Settings(device=name)
    assert find_devices(name) == four[kind]
    assert devices_for(settings, shard_picture=False) == four[kind][:1]
    assert devices_for(settings, shard_picture=True) == four[kind]


@UNPADDED
def test_a_picture_that_cannot_be_padded_is_not_sharded(four, changes):
    settings = Settings(**changes)
    with pytest.raises(SettingsError, match="cannot be"):
        devices_for(settings, shard_picture=True)
    assert devices_for(settings, shard_picture=False) == four["gpu"][:1]


@UNPADDED
def test_the_refusal_comes_before_the_work(photos, changes, monkeypatch):
    monkeypatch.setattr(
        "jphoto.weights.store.load", lambda name: pytest.fail("weights were loaded")
    )
    pair = photos / "content.png", photos / "style.png"
    with pytest.raises(SettingsError, match="devices"):
        jphoto.transfer(*pair, settings=Settings(**changes), shard_picture=True)


@SHARD
def test_a_device_that_is_not_there_is_an_error(four, shard_picture):
    with pytest.raises(DeviceError, match=r"no tpu that jax can use .*, only cpu, gpu;"):
        devices_for(Settings(device="tpu"), shard_picture)


@pytest.mark.parametrize(
    ("platform", "kind"),
    [("cpu", "cpu"), ("gpu", "gpu"), ("cuda", "gpu"), ("rocm", "gpu"), ("tpu", "tpu")],
)
def test_the_platform_of_a_device(platform, kind):
    assert platform_of(Mock(spec=jax.Device, platform=platform)) == kind
