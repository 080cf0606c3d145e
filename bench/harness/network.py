"""The network that every case uses, with its weights on the device."""

import functools
import os

import jax

from jphoto import weights
from jphoto.networks.vgg import Params, with_flipped_kernels

BACKBONE_VARIABLE = "JPHOTO_BENCH_BACKBONE"
"""Environment variable that names another network, for this process and those it starts."""


def backbone() -> str:
    """The name of the network: vgg16, which comes with every installation, unless chosen."""
    return os.environ.get(BACKBONE_VARIABLE, "vgg16")


@functools.cache
def network() -> weights.Weights:
    """The weights of the network, in the memory of the host."""
    return weights.load(backbone())


def params() -> Params:
    """The weights on jax's default device, with flipped kernels as `solve` uses them."""
    return _params_on(jax.config.jax_default_device)


@functools.cache
def _params_on(device: jax.Device | None) -> Params:
    return with_flipped_kernels(jax.device_put(network().params, device))
