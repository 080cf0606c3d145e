"""Reads the convolutions of VGG from the file that torchvision publishes.

torchvision numbers the layers of `features` in the order in which they run: a convolution and its
ReLU take two numbers, the pooling after each block one. Its kernels are out x in x height x width.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jphoto.weights.layout import check_tensors, describe, layers
from jphoto.weights.state_dict import opened

_KERNEL_AXES = (2, 3, 1, 0)
"""height x width x in x out of a kernel that is out x in x height x width."""


def read_torchvision(path: Path, network: str) -> dict[str, np.ndarray]:
    """Read the convolutions; the classifier, which is most of the file, is not read.

    Args:
      path: a state dictionary, in the format of any version of PyTorch since 0.1.10.
      network: "vgg16" or "vgg19".

    Returns: tensors by name, as in `layout`.
    Raises: WeightsError, if the file is damaged or holds anything but this network.
    """
    names = _names(network)
    with opened(path) as state:
        # Before the values are read: the file says how many there are.
        check_tensors(network, _shapes(names, state.shapes), str(path))
        tensors = {name: state.read(published) for name, published in names.items()}
    return {
        name: tensor.transpose(_KERNEL_AXES) if tensor.ndim == 4 else tensor
        for name, tensor in tensors.items()
    }


def _names(network: str) -> dict[str, str]:
    """The name that torchvision gives each tensor."""
    names, number, block = {}, 0, "1"
    for layer in layers(network):
        if layer[len("conv")] != block:
            block = layer[len("conv")]
            number += 1
        names[f"{layer}.kernel"] = f"features.{number}.weight"
        names[f"{layer}.bias"] = f"features.{number}.bias"
        number += 2
    return names


def _shapes(names: Mapping[str, str], found: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """The shapes of the network's tensors in the file, as text, with the axes in our order."""
    shapes = {}
    for name, published in names.items():
        if published in found:
            shape = found[published]
            if len(shape) == 4:
                shape = tuple(shape[axis] for axis in _KERNEL_AXES)
            shapes[name] = describe(shape, "float32")
    return shapes
