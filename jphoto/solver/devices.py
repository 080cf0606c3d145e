"""The devices that a transfer computes on."""

import jax

from jphoto.errors import DeviceError, SettingsError
from jphoto.settings import Settings
from jphoto.solver.plan import paddable


def find_devices(name: str) -> list[jax.Device]:
    """The devices of one platform that belong to this process.

    Args:
      name: "cpu", "gpu" or "tpu"; "auto" for the fastest platform available.

    Raises: DeviceError, if this machine, or the jax installed on it, has none.
    """
    try:
        devices: list[jax.Device] = jax.local_devices(backend=None if name == "auto" else name)
        return devices
    except RuntimeError:
        platforms = {platform_of(device) for device in jax.local_devices()} | {"cpu"}
        raise DeviceError(
            f"no {name} that jax can use was found on this machine, only "
            f"{', '.join(sorted(platforms))}; if the hardware is present, install jphoto[cuda13], "
            "jphoto[cuda12] or jphoto[tpu]"
        ) from None


def devices_for(settings: Settings, shard_picture: bool) -> list[jax.Device]:
    """The devices of a transfer: one, or all of them to shard the rows of the picture over.

    Args:
      settings: the device is used; the other settings decide whether pictures can be padded.
      shard_picture: whether to use all devices.

    Raises: DeviceError, as `find_devices`; SettingsError, if a picture that cannot be padded is to
      be sharded.
    """
    devices = find_devices(settings.device)
    if not shard_picture:
        return devices[:1]
    if not paddable(settings):
        raise SettingsError(
            "a picture cannot be sharded over devices with the published objective, a start from "
            "noise or bilateral smoothing"
        )
    return devices


def platform_of(device: jax.Device) -> str:
    """The platform of a device as Settings names it: cpu, gpu or tpu."""
    platform: str = device.platform
    return "gpu" if platform in ("cuda", "rocm") else platform
