"""AlexNet's convolutional part in Flax: other eyes than the VGG that the optimizer looks through.

Its features after each ReLU serve the style distance and LPIPS alike: LPIPS' own standardization,
written for pictures from -1 to 1, is torchvision's. Convolutions run at full float32 precision, so
that measures agree from machine to machine.

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
"""Pixels; there conv5 has one position left, and below it none."""


class _Shape(NamedTuple):
    """One convolution."""

    width: int
    side: int
    stride: int
    padding: int
    pooled: bool
    """Whether it sees maxima of 3 x 3, at every second position."""


_SHAPES = {
    "conv1": _Shape(64, 11, 4, 2, False),
    "conv2": _Shape(192, 5, 1, 2, True),
    "conv3": _Shape(384, 3, 1, 1, True),
    "conv4": _Shape(256, 3, 1, 1, False),
    "conv5": _Shape(256, 3, 1, 1, False),
}


@jax.jit
def features(params: Params, picture: Picture) -> FeatureMaps:
    """AlexNet's features of a picture, after each of its five ReLUs.

    Args:
      params: as `jphoto.weights.load("alexnet").params` has them.
      picture: h x w x 3, sRGB in [0, 1], at least `SMALLEST_SIDE` pixels on the shorter side.
    """
    convolutions = {name: params[name] for name in _SHAPES}
    found = _AlexNet().apply({"params": convolutions}, preprocess(picture, "torchvision"))
    return cast(FeatureMaps, found)


class _AlexNet(nn.Module):
    """Up to the ReLU of conv5."""

    @nn.compact
    def __call__(self, x: Picture) -> FeatureMaps:
        found: FeatureMaps = []
        for name, shape in _SHAPES.items():
            if shape.pooled:
                x = lax.reduce_window(x, -jnp.inf, lax.max, (3, 3, 1), (2, 2, 1), "VALID")
            x = nn.Conv(
                shape.width,
                (shape.side, shape.side),
                shape.stride,
                shape.padding,
                precision=lax.Precision.HIGHEST,
                name=name,
            )(x)
            x = nn.relu(x)
            found.append(x)
        return found
