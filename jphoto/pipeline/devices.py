"""Where to compute: the devices that jax has on this machine."""

import jax

from jphoto.errors import DeviceError, SettingsError
from jphoto.settings import Settings
from jphoto.solver.plan import paddable


def find_devices(name: str) -> list[jax.Device]:
    """The devices of a kind that belong to this process; "auto" is the fastest kind there is.

    Raises: DeviceError, if this machine, or the jax installed on it, has none.
    """
    try:
        found: list[jax.Device] = jax.local_devices(backend=None if name == "auto" else name)
        return found
    except RuntimeError:
        kinds = ", ".join(sorted({kind_of(device) for device in jax.local_devices()} | {"cpu"}))
        raise DeviceError(
            f"no {name} that jax can use is on this machine, only {kinds}; with the hardware "
            "present, install jphoto[cuda13], jphoto[cuda12] or jphoto[tpu]"
        ) from None


def devices_for(settings: Settings, shard_picture: bool) -> list[jax.Device]:
    """One, or all for a picture's rows to be laid over.

    Raises: DeviceError; SettingsError, for settings without a padded form.
    """
    devices = find_devices(settings.device)
    if not shard_picture:
        return devices[:1]
    if not paddable(settings):
        raise SettingsError(
            "a picture cannot be laid over devices with the published objective, a start from "
            "noise or bilateral smoothing"
        )
    return devices


def kind_of(device: jax.Device) -> str:
    """cpu, gpu or tpu, as Settings calls it."""
    platform: str = device.platform
    return "gpu" if platform in ("cuda", "rocm") else platform
