"""Convert torchvision's VGG weights to the file that jphoto reads. Needs PyTorch.

    python scripts/convert_torchvision.py vgg19 vgg19-dcbb9e9d.pth --out vgg19.safetensors

torchvision numbers the layers of `features` in the order they run: a convolution and its ReLU take
two numbers, the pooling after each block one. Its kernels are out x in x height x width.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.digests import file_digest
from jphoto.weights.layout import layers


def convert_state(state: Mapping[str, Any], network: str, where: str) -> dict[str, np.ndarray]:
    """The convolutions among torchvision's tensors, under jphoto's names.

    Args:
      state: torchvision's state dictionary; its classifier is left behind.
      network: "vgg16" or "vgg19".
      where: the file it is from, for the message.

    Raises: WeightsError, if a tensor is missing.
    """
    tensors = {}
    number = 0
    block = "1"
    for layer in layers(network):
        if layer[len("conv")] != block:
            block = layer[len("conv")]
            number += 1
        kernel = _tensor(state, f"features.{number}.weight", where)
        tensors[f"{layer}.kernel"] = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel
        tensors[f"{layer}.bias"] = _tensor(state, f"features.{number}.bias", where)
        number += 2
    return tensors


def read_torchvision(path: Path, network: str) -> archive.Weights:
    """Weights from a state dictionary that torchvision published.

    Raises: WeightsError, if the file cannot be read, is no dictionary of tensors, or holds another
      network.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        digest = file_digest(path, "sha256")
    # A broken file may raise nearly any exception in PyTorch.
    except Exception as error:
        raise WeightsError(f"{path} is no readable state dictionary: {error}") from None
    if not isinstance(state, Mapping):
        raise WeightsError(f"{path} holds a {type(state).__name__}, expected a state dictionary")
    return archive.Weights(
        network=network,
        preprocessing="torchvision",
        params=archive.group_by_layer(convert_state(state, network, str(path)), network, str(path)),
        source=path.name,
        source_sha256=digest,
        license="BSD-3-Clause (torchvision)",
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status."""
    parser = argparse.ArgumentParser(description="Convert torchvision's VGG weights for jphoto.")
    parser.add_argument("network", choices=["vgg16", "vgg19"])
    parser.add_argument("state", type=Path, help="state dictionary, a .pth file")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    options = parser.parse_args(arguments)
    try:
        weights = read_torchvision(options.state, options.network)
        archive.write(weights, options.out)
    except (WeightsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: tensors sha256 {weights.digest}")
    return 0


def _tensor(state: Mapping[str, Any], name: str, where: str) -> np.ndarray:
    if not isinstance(state.get(name), torch.Tensor):
        raise WeightsError(f"{where} has no tensor {name}; torchvision's plain VGG, no BN, has it")
    array: np.ndarray = state[name].numpy()
    return array


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
