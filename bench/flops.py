"""How much arithmetic one loss and gradient is, and how much memory a matting product must move.

A multiplication with its addition counts as two. Only what grows with pixels times channels squared
is counted: the convolutions, forward and for the picture's gradient, and the Gram matrices.
"""

from collections.abc import Mapping
from typing import Any

from jphoto.matting.affinities import STEPS
from jphoto.objectives.dimensionless import CONTENT_LAYER, STYLE_LAYERS


def evaluation_flops(params: Mapping[str, Any], size: tuple[int, int], regions: int) -> int:
    """Of one loss and gradient.

    Args:
      params: the network's, kernel and bias of each convolution.
      size: (height, width) of the picture.
      regions: for each of which every style layer has a Gram matrix.
    """
    flops, (height, width), block = 0, size, "1"
    needed = {layer.removeprefix("relu") for layer in (*STYLE_LAYERS, CONTENT_LAYER)}
    for name in sorted(params):
        place = name.removeprefix("conv")
        if place[0] != block:
            height, width, block = (height + 1) // 2, (width + 1) // 2, place[0]
        rows, columns, entering, leaving = params[name]["kernel"].shape
        forward = 2 * rows * columns * entering * leaving * height * width
        flops += 2 * forward
        if f"relu{place}" in STYLE_LAYERS:
            flops += 2 * regions * 2 * leaving**2 * height * width
        if place == max(needed):
            break
    return flops


def product_bytes(size: tuple[int, int]) -> int:
    """That a matting product of three planes in float32 reads and writes at least."""
    height, width = size
    return 4 * height * width * (len(STEPS) + 3 + 3)
