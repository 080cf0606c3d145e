"""AlexNet's features of NumPy pictures, for the measures that compare features."""

from typing import TypeAlias

import jax
import numpy as np
from jaxtyping import Float32

from jphoto.metrics.pictures import HostPicture, check_side
from jphoto.networks import alexnet
from jphoto.networks.alexnet import Params

HostFeatures: TypeAlias = list[Float32[np.ndarray, "_ _ _"]]
"""Features of conv1 to conv5 after their ReLU, each y x x x c in its own size."""


def alexnet_features(params: Params, picture: HostPicture) -> HostFeatures:
    """Compute AlexNet's features of a picture; a program is compiled for each size of picture.

    Args:
      params: `jphoto.weights.load("alexnet").params`.
      picture: h x w x 3, sRGB in [0, 1], at least 31 pixels on the shorter side.

    Raises: ImageError, if the picture is smaller.
    """
    check_side(picture, alexnet.SMALLEST_SIDE)
    layers = alexnet.features(params, jax.device_put(picture.astype(np.float32)))
    return [np.asarray(layer) for layer in layers]
