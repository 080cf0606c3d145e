"""The work of one loss and gradient, of a matting product, and of a descent over several sizes.

A multiplication with its addition counts as two operations. Only what grows with pixels times
channels squared is counted: the convolutions, forward and for the gradient of the picture, and the
Gram matrices.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from jphoto.matting.affinities import NEIGHBOR_OFFSETS
from jphoto.objectives.targets import CONTENT_LAYER, STYLE_LAYERS
from jphoto.solver.progress import Step


def evaluation_flops(params: Mapping[str, Any], size: tuple[int, int], regions: int) -> int:
    """Floating-point operations of one loss and gradient.

    Args:
      params: weights of the network, kernel and bias of each convolution.
      size: (height, width) of the picture.
      regions: number of regions; each has a Gram matrix at every style layer.
    """
    flops, (height, width), block = 0, size, "1"
    needed = {layer.removeprefix("relu") for layer in (*STYLE_LAYERS, CONTENT_LAYER)}
    for name in sorted(params):
        suffix = name.removeprefix("conv")  # such as 3_1, the first convolution of block 3
        if suffix[0] != block:
            height, width, block = (height + 1) // 2, (width + 1) // 2, suffix[0]
        rows, columns, channels_in, channels_out = params[name]["kernel"].shape
        forward = 2 * rows * columns * channels_in * channels_out * height * width
        flops += 2 * forward
        if f"relu{suffix}" in STYLE_LAYERS:
            flops += 2 * regions * 2 * channels_out**2 * height * width
        if suffix == max(needed):
            break
    return flops


def product_bytes(size: tuple[int, int]) -> int:
    """The least bytes that a matting product of three float32 planes reads and writes."""
    height, width = size
    return 4 * height * width * (len(NEIGHBOR_OFFSETS) + 3 + 3)


def full_size_evaluations(steps: Sequence[Step]) -> Float64[np.ndarray, "steps"]:
    """The evaluations up to and including each step; smaller pictures count by their pixels."""
    sizes = np.array([step.size for step in steps], np.float64)
    return np.cumsum((sizes / sizes[-1]) ** 2)
