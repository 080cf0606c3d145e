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
from jphoto.networks.convolution import (
    SMALLEST_TILED_CHANNEL_PRODUCT,
    Batch,
    Kernel,
    Kernels,
    convolve,
    convolve_directly,
    flip_kernel,
    transform_kernel,
)

Params: TypeAlias = Mapping[str, Any]
"""The "kernel" (3 x 3 x in x out) and "bias" of each convolution, as in
params["conv1_1"]["kernel"]; after `with_flipped_kernels`, also the "flipped" kernel and,
for wide layers on a CPU, the "filters"."""
LAST_TRANSFORMED = "conv5_1"
"""The last convolution with transformed filters: deeper ones are used so rarely that their filters
are not worth the memory."""
FeatureMaps: TypeAlias = dict[str, Float[Array, "_ _ _"]]
"""Features of several layers by name, each y x x x c of its own size."""


def features(
    params: Params,
    picture: Picture,
    preprocessing: str,
    layers: tuple[str, ...],
    valid: Valid = None,
    *,
    direct: bool = False,
) -> FeatureMaps:
    """VGG's features of a picture at the given layers.

    Args:
      params: weights of the network; the names of the convolutions determine its depth.
      picture: h x w x 3, sRGB in [0, 1].
      preprocessing: the one that the weights were trained with, see `preprocess`.
      layers: names such as relu1_1 or conv4_2.
      valid: 1 where the array holds the picture, see `arrays.padding`.
      direct: whether all convolutions have the direct form, which compiles in half of the time: for
        programs that run once and have no gradient. The features are the same up to rounding.

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
    kernels = {name: None if direct else _kernels(layer) for name, layer in params.items()}
    network = _VGG(widths, layers, kernels)
    # The zeros of the padding are zeros in the network's units, as those of a convolution are.
    x = zero_outside(preprocess(picture, preprocessing), valid)
    return cast(FeatureMaps, network.apply({"params": params}, x, valid))


def with_flipped_kernels(params: Params) -> Params:
    """The weights with what gradients need, computed once for many gradients.

    That is flipped kernels and, for wide layers on a CPU, transformed filters, which serve features
    and gradients and take 160 MB in VGG-16.

    Args:
      params: weights of the network; returned unchanged if they have these already.

    Example: the flipped kernel of 3 to 4 channels has 4 to 3 channels.

    >>> import numpy as np
    >>> from jphoto.networks import with_flipped_kernels
    >>> kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float32)
    >>> params = {"conv1_1": {"kernel": kernel, "bias": np.zeros(4, np.float32)}}
    >>> with_flipped_kernels(params)["conv1_1"]["flipped"].shape
    (3, 3, 4, 3)
    """
    if any("flipped" in layer for layer in params.values()):
        return params
    params = jax.device_put(params)
    kernel = params[LAST_TRANSFORMED if LAST_TRANSFORMED in params else min(params)]["kernel"]
    # Inside another program, nobody knows yet which device it will run on.
    known = not isinstance(kernel, jax.core.Tracer)
    on_cpu = known and {device.platform for device in kernel.devices()} == {"cpu"}
    wide = on_cpu * [name for name in params if _is_transformed(name, params[name]["kernel"])]
    prepared: Params = _with_forms(params, tuple(wide))
    return prepared


@jax.jit  # one program for all layers
def transposed_kernels(params: Params) -> Params:
    """The weights of the network for transposed photos.

    Its features of a photo whose rows and columns are swapped are those of the photo, with rows and
    columns swapped.

    Args:
      params: weights of the network, also after `with_flipped_kernels`.
    """
    transposed: Params = jax.tree.map(
        lambda form: form.swapaxes(0, 1) if form.ndim == 4 else form, params
    )
    return transposed


@functools.partial(jax.jit, static_argnums=1)
def _with_forms(params: Params, wide: tuple[str, ...]) -> Params:
    def forms(name: str, kernel: Kernel) -> dict[str, Array]:
        flipped = {"flipped": flip_kernel(kernel)}
        return {**flipped, "filters": transform_kernel(kernel)} if name in wide else flipped

    return {name: {**layer, **forms(name, layer["kernel"])} for name, layer in params.items()}


def _is_transformed(name: str, kernel: Kernel) -> bool:
    *_, inputs, outputs = kernel.shape
    return name <= LAST_TRANSFORMED and inputs * outputs >= SMALLEST_TILED_CHANNEL_PRODUCT


def _kernels(layer: Mapping[str, Array]) -> Kernels:
    """The forms of a layer's kernel."""
    flipped = layer["flipped"] if "flipped" in layer else flip_kernel(layer["kernel"])
    return Kernels(layer["kernel"], flipped, layer.get("filters"))


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
    kernels: Mapping[str, Kernels | None]
    """The forms of each convolution's kernel; None if it has the direct form alone."""

    @nn.compact
    def __call__(self, x: Picture, valid: Valid) -> FeatureMaps:
        maps: FeatureMaps = {}
        block = "1"
        for name, width in self.widths:
            suffix = name.removeprefix("conv")  # such as 3_1, the first convolution of block 3
            if suffix[0] != block:
                x, valid, block = _max_pool(x), subsampled(valid, 2), suffix[0]
            convolution = functools.partial(_convolve, kernels=self.kernels[name])
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


def _convolve(x: Batch, kernel: Kernel, *_: Any, kernels: Kernels | None, **__: Any) -> Batch:
    """The convolution that Flax calls; all of VGG's have the same stride and padding."""
    if kernels is None:
        return convolve_directly(x, kernel)
    # Flax has cast the kernel to the picture's dtype.
    return convolve(x, Kernels(kernel, kernels.flipped.astype(kernel.dtype), kernels.filters))


def _max_pool(x: Features) -> Float[Array, "(y+1)//2 (x+1)//2 c"]:
    """Maxima over blocks of 2 x 2, sizes rounded up.

    From four strided slices instead of `flax.linen.max_pool`: the values are the same (features are
    at least 0 here, so zero padding is neutral), and the gradient is 10 times faster on a CPU.
    """
    h, w, _ = x.shape
    x = jnp.pad(x, ((0, h % 2), (0, w % 2), (0, 0)))
    rows = jnp.maximum(x[::2], x[1::2])
    return jnp.maximum(rows[:, ::2], rows[:, 1::2])
