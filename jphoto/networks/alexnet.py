"""AlexNet's convolutions in Flax, for measuring results with a network that did not make them.

The features after each ReLU serve both the style distance and LPIPS: the standardization of LPIPS,
written for pictures from -1 to 1, equals torchvision's. Convolutions run at full float32 precision,
so that measures agree on all machines.

Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", with
the sizes of torchvision; Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features".
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Picture
from jphoto.networks.vgg import preprocess

Params: TypeAlias = Mapping[str, Any]
"""Kernel and bias of conv1 to conv5, and the kernels of LPIPS' heads lpips1 to lpips5."""
FeatureMaps: TypeAlias = list[Float[Array, "_ _ _"]]
"""Features of conv1 to conv5 after their ReLU, each y x x x c of its own."""

SMALLEST_SIDE = 31
"""Shortest side of a picture in pixels; conv5 then has one position left, and none below it."""


class _Convolution(NamedTuple):
    """Shape of one convolution, in channels and pixels."""

    width: int
    """Output channels."""
    kernel_side: int
    stride: int
    padding: int
    pooled: bool
    """Whether maxima over 3 x 3, at every second position, are taken before it."""


_CONVOLUTIONS = {
    "conv1": _Convolution(64, 11, 4, 2, False),
    "conv2": _Convolution(192, 5, 1, 2, True),
    "conv3": _Convolution(384, 3, 1, 1, True),
    "conv4": _Convolution(256, 3, 1, 1, False),
    "conv5": _Convolution(256, 3, 1, 1, False),
}


@jax.jit
def features(params: Params, picture: Picture) -> FeatureMaps:
    """AlexNet's features of a picture, after each of its five ReLUs.

    Args:
      params: the weights, such as `jphoto.weights.load("alexnet").params`.
      picture: h x w x 3, sRGB in [0, 1], at least `SMALLEST_SIDE` pixels on the shorter side.
    """
    convolutions = {name: params[name] for name in _CONVOLUTIONS}
    maps = _AlexNet().apply({"params": convolutions}, preprocess(picture, "torchvision"))
    return cast(FeatureMaps, maps)


class _AlexNet(nn.Module):
    """AlexNet up to the ReLU of conv5."""

    @nn.compact
    def __call__(self, x: Picture) -> FeatureMaps:
        maps: FeatureMaps = []
        for name, convolution in _CONVOLUTIONS.items():
            if convolution.pooled:
                x = lax.reduce_window(x, -jnp.inf, lax.max, (3, 3, 1), (2, 2, 1), "VALID")
            x = nn.Conv(
                convolution.width,
                (convolution.kernel_side, convolution.kernel_side),
                convolution.stride,
                convolution.padding,
                precision=lax.Precision.HIGHEST,
                name=name,
            )(x)
            x = nn.relu(x)
            maps.append(x)
        return maps
