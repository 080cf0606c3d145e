"""VGG's convolutional part in PyTorch: frozen weights, channels last, pooling in ceil mode.

Pictures are h x w x 3, sRGB in [0, 1]; permuted, they are channels-last tensors without a copy.
Caffe's BGR order is folded into the first kernel, so both networks take (picture - mean) /
deviation.

Source: Simonyan, Zisserman 2014, table 1, columns D and E; ceil mode as in Luan et al. 2017.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

PREPROCESSING = {
    "torchvision": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": (tuple(level / 255 for level in (123.68, 116.779, 103.939)), (1 / 255,) * 3),
}
"""Mean and deviation of red, green and blue, for pictures in [0, 1]."""

DTYPES = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float64": torch.float64,
}
"""Types of features and kernels, by precision."""


class Convolution(NamedTuple):
    """One layer: its name, such as conv1_1, kernel (out x in x 3 x 3) and bias."""

    name: str
    kernel: Tensor
    bias: Tensor


class Network(NamedTuple):
    """The layers in order, and the mean and deviation of the picture that the first one takes."""

    convolutions: tuple[Convolution, ...]
    mean: Tensor
    deviation: Tensor


def set_precision(precision: str) -> None:
    """Let both convolutions and matrix products use TF32, or neither."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"


def exact_dtype(precision: str) -> torch.dtype:
    """The type of pictures, Gram matrices, matting Laplacian and losses: at least float32."""
    return torch.float64 if precision == "float64" else torch.float32


def load(path: Path, preprocessing: str, precision: str, device: torch.device) -> Network:
    """Load the network from an .npz of `conv1_1.kernel` (3 x 3 x in x out), `conv1_1.bias`, ..."""
    with np.load(path) as arrays:
        names = sorted({key.partition(".")[0] for key in arrays})
        kernels = {name: arrays[f"{name}.kernel"].transpose(3, 2, 0, 1) for name in names}
        biases = {name: arrays[f"{name}.bias"] for name in names}
    if preprocessing == "caffe":
        kernels["conv1_1"] = kernels["conv1_1"][:, ::-1]
    mean, deviation = (
        torch.tensor(value, dtype=exact_dtype(precision), device=device)
        for value in PREPROCESSING[preprocessing]
    )
    place = {"dtype": DTYPES[precision], "device": device}
    convolutions = tuple(
        Convolution(
            name,
            torch.tensor(kernels[name].copy(), **place).to(memory_format=torch.channels_last),
            torch.tensor(biases[name], **place),
        )
        for name in names
    )
    return Network(convolutions, mean, deviation)


def features(network: Network, picture: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
    """The features of a picture.

    Args:
      network: from `load`.
      picture: h x w x 3.
      layers: names such as relu1_1; layers after the last of them are not computed.

    Returns: y x x x c for each layer, in the network's dtype.
    """
    maps: dict[str, Tensor] = {}
    dtype = network.convolutions[0].kernel.dtype
    x = ((picture - network.mean) / network.deviation).to(dtype).permute(2, 0, 1)[None]
    block = "1"
    for name, kernel, bias in network.convolutions:
        suffix = name.removeprefix("conv")  # such as 3_1, the first convolution of block 3
        if suffix[0] != block:
            x, block = F.max_pool2d(x, 2, ceil_mode=True), suffix[0]
        x = F.relu_(F.conv2d(x, kernel, bias, padding=1))
        if f"relu{suffix}" in layers:
            maps[f"relu{suffix}"] = x.squeeze(0).permute(1, 2, 0)
        if len(maps) == len(layers):
            return maps
    raise ValueError(f"no such layers: {', '.join(sorted(set(layers) - set(maps)))}")
