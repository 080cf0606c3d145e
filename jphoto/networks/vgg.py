"""VGG-16 and VGG-19 in Flax, computed up to the deepest layer that the caller asks for.

Layers have the names of the papers: conv4_2 before its ReLU, relu4_2 after it. Files of weights
name the preprocessing that the network was trained with, because torchvision's and Caffe's differ.

Source: Simonyan, Zisserman 2014, "Very Deep Convolutional Networks", table 1, columns D and E.
Departs: pooling rounds sizes up, as in Luan et al. 2017, so that features cover all border pixels.
"""

import functools
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Features, Picture
from jphoto.arrays.padding import Valid, subsampled, zero_outside
from jphoto.networks.convolution import Batch, Kernel, convolve, flip_kernel

Params: TypeAlias = Mapping[str, Any]
"""The "kernel" (3 x 3 x in x out) and "bias" of each convolution, as in
params["conv1_1"]["kernel"]; after `with_flipped_kernels`, also the "flipped" kernel."""
FeatureMaps: TypeAlias = dict[str, Float[Array, "_ _ _"]]
"""Features of several layers by name, each y x x x c of its own size."""


def features(
    params: Params,
    picture: Picture,
    preprocessing: str,
    layers: tuple[str, ...],
    valid: Valid = None,
) -> FeatureMaps:
    """VGG's features of a picture at the given layers.

    Args:
      params: weights of the network; the names of the convolutions determine its depth.
      picture: h x w x 3, sRGB in [0, 1].
      preprocessing: the one that the weights were trained with, see `preprocess`.
      layers: names such as relu1_1 or conv4_2.
      valid: 1 where the array holds the picture, see `arrays.padding`.

    Returns: y x x x c for each layer; y and x are h and w, halved and rounded up at each pooling.
    Raises: ValueError, if the network has no such layer or preprocessing.

    Example: a network of three convolutions with random weights. `jphoto.weights.load("vgg16")` has
    the `params` and the `preprocessing` of the real one.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.networks import vgg_features
    >>> random, widths = np.random.default_rng(0), {"conv1_1": 4, "conv1_2": 4, "conv2_1": 8}
    >>> params, before = {}, 3
    >>> for name, width in widths.items():
    ...     kernel = random.normal(0, 0.2, (3, 3, before, width)).astype(np.float32)
    ...     params[name] = {"kernel": kernel, "bias": np.zeros(width, np.float32)}
    ...     before = width
    >>> features = jax.jit(vgg_features, static_argnums=(2, 3))
    >>> photo = random.random((15, 20, 3), np.float32)
    >>> maps = features(params, photo, "torchvision", ("relu1_1", "conv2_1"))
    >>> maps["relu1_1"].shape, maps["conv2_1"].shape
    ((15, 20, 4), (8, 10, 8))
    """
    widths = tuple((name, params[name]["bias"].shape[0]) for name in sorted(params))
    flipped_kernels = {
        name: layer["flipped"] if "flipped" in layer else flip_kernel(layer["kernel"])
        for name, layer in params.items()
    }
    network = _VGG(widths, layers, flipped_kernels)
    # The zeros of the padding are zeros in the network's units, as those of a convolution are.
    x = zero_outside(preprocess(picture, preprocessing), valid)
    return cast(FeatureMaps, network.apply({"params": params}, x, valid))


def with_flipped_kernels(params: Params) -> Params:
    """The weights with the flipped kernels that gradients need, computed once for many gradients.

    Args:
      params: weights of the network; returned unchanged if they have flipped kernels already.

    Example: the flipped kernel of 3 to 4 channels has 4 to 3 channels.

    >>> import numpy as np
    >>> from jphoto.networks import with_flipped_kernels
    >>> kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float32)
    >>> params = {"conv1_1": {"kernel": kernel, "bias": np.zeros(4, np.float32)}}
    >>> with_flipped_kernels(params)["conv1_1"]["flipped"].shape
    (3, 3, 4, 3)
    """
    ready = all("flipped" in layer for layer in params.values())
    return params if ready else _flip_kernels(params)


@jax.jit
def _flip_kernels(params: Params) -> Params:
    return {
        name: {**layer, "flipped": flip_kernel(layer["kernel"])} for name, layer in params.items()
    }


def preprocess(picture: Picture, preprocessing: str) -> Picture:
    """The picture in the units that a network was trained on.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      preprocessing: "torchvision" (RGB, standardized), "caffe" (BGR, 0 to 255, minus the mean) or
        "tensorflow" (RGB, -1 to 1).

    Raises: ValueError, for any other name.
    """
    if preprocessing == "torchvision":
        mean, deviation = jnp.array([0.485, 0.456, 0.406]), jnp.array([0.229, 0.224, 0.225])
        return (picture - mean) / deviation
    if preprocessing == "caffe":
        return picture[..., ::-1] * 255 - jnp.array([103.939, 116.779, 123.68])
    if preprocessing == "tensorflow":
        return 2 * picture - 1
    raise ValueError(f"no preprocessing is called {preprocessing!r}")


class _VGG(nn.Module):
    """VGG's convolutions, up to the last layer that the caller asks for."""

    widths: tuple[tuple[str, int], ...]
    """Name and output channels of each convolution, in order."""
    layers: tuple[str, ...]
    """Names of the layers to return."""
    flipped_kernels: Mapping[str, Kernel]
    """The flipped kernel of each convolution."""

    @nn.compact
    def __call__(self, x: Picture, valid: Valid) -> FeatureMaps:
        maps: FeatureMaps = {}
        block = "1"
        for name, width in self.widths:
            suffix = name.removeprefix("conv")  # such as 3_1, the first convolution of block 3
            if suffix[0] != block:
                x, valid, block = _max_pool(x), subsampled(valid, 2), suffix[0]
            convolution = functools.partial(_convolve, flipped_kernel=self.flipped_kernels[name])
            x = nn.Conv(width, (3, 3), name=name, conv_general_dilated=convolution)(x)
            x = zero_outside(x, valid)
            if name in self.layers:
                maps[name] = x
            x = nn.relu(x)
            if f"relu{suffix}" in self.layers:
                maps[f"relu{suffix}"] = x
            if len(maps) == len(set(self.layers)):
                return maps
        raise ValueError(f"no such layers: {', '.join(sorted(set(self.layers) - set(maps)))}")


def _convolve(x: Batch, kernel: Kernel, *_: Any, flipped_kernel: Kernel, **__: Any) -> Batch:
    """The convolution that Flax calls; all of VGG's have the same stride and padding."""
    # Flax has cast the kernel to the picture's dtype.
    return convolve(x, kernel, flipped_kernel.astype(kernel.dtype))


def _max_pool(x: Features) -> Float[Array, "(y+1)//2 (x+1)//2 c"]:
    """Maxima over blocks of 2 x 2, sizes rounded up.

    From four strided slices instead of `flax.linen.max_pool`: the values are the same (features are
    at least 0 here, so zero padding is neutral), and the gradient is 10 times faster on a CPU.
    """
    h, w, _ = x.shape
    x = jnp.pad(x, ((0, h % 2), (0, w % 2), (0, 0)))
    rows = jnp.maximum(x[::2], x[1::2])
    return jnp.maximum(rows[:, ::2], rows[:, 1::2])
