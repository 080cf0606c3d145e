"""VGG-16 and VGG-19 in Flax, up to the deepest feature that is asked for.

Features carry the names of the papers: conv4_2 before its ReLU, relu4_2 after. Each network's own
preprocessing is kept with its weights: torchvision's and Caffe's differ.

Source: Simonyan, Zisserman 2014, "Very Deep Convolutional Networks", table 1, columns D and E.
Departs: pooling rounds sizes up, as in Luan et al. 2017, so that no border pixel goes unseen.
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
from jphoto.arrays.padding import Valid, reduced, within
from jphoto.networks.convolution import Batch, Kernel, convolve, turned

Params: TypeAlias = Mapping[str, Any]
"""Kernel (3 x 3 x in x out) and bias of each convolution, as in params["conv1_1"]["kernel"]; and
the kernel turned around, if `with_turned_kernels` has been there."""
Seen: TypeAlias = dict[str, Float[Array, "_ _ _"]]
"""Features of several layers by name, each h x w x c of its own."""


def features(
    params: Params,
    picture: Picture,
    preprocessing: str,
    layers: tuple[str, ...],
    valid: Valid = None,
) -> Seen:
    """What the network sees in a picture.

    Args:
      params: weights of the network; which convolutions there are says which network it is.
      picture: h x w x 3, sRGB in [0, 1].
      preprocessing: that the weights were trained with, see `preprocess`.
      layers: names such as relu1_1 or conv4_2.
      valid: where the picture is, see `padding`.

    Returns: h x w x c for each layer, h and w halved (and rounded up) at each pooling before it.
    """
    widths = tuple((name, params[name]["bias"].shape[0]) for name in sorted(params))
    turned_kernels = {
        name: layer["turned"] if "turned" in layer else turned(layer["kernel"])
        for name, layer in params.items()
    }
    network = _VGG(widths, layers, turned_kernels)
    # The network sees zeros beyond a border, in its own units.
    x = within(preprocess(picture, preprocessing), valid)
    return cast(Seen, network.apply({"params": params}, x, valid))


def with_turned_kernels(params: Params) -> Params:
    """The weights with all that gradients need: whoever evaluates often prepares this once."""
    return params if all("turned" in layer for layer in params.values()) else _turned(params)


@jax.jit
def _turned(params: Params) -> Params:
    return {name: {**layer, "turned": turned(layer["kernel"])} for name, layer in params.items()}


def preprocess(picture: Picture, preprocessing: str) -> Picture:
    """The picture in the units that the network was trained on.

    Args:
      preprocessing: "torchvision" (RGB, standardized), "caffe" (BGR, 0 to 255, minus the mean) or
        "tensorflow" (RGB, -1 to 1).
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
    """The convolutional part; stops at the last layer that is wanted."""

    widths: tuple[tuple[str, int], ...]
    """Name and output channels of each convolution, in order."""
    layers: tuple[str, ...]
    turned: Mapping[str, Kernel]
    """The kernel of each convolution turned around."""

    @nn.compact
    def __call__(self, x: Picture, valid: Valid) -> Seen:
        found: Seen = {}
        block = "1"
        for name, width in self.widths:
            place = name.removeprefix("conv")
            if place[0] != block:
                x, valid, block = _max_pool(x), reduced(valid, 2), place[0]
            convolution = functools.partial(_convolve, turned=self.turned[name])
            x = nn.Conv(width, (3, 3), name=name, conv_general_dilated=convolution)(x)
            x = within(x, valid)
            if name in self.layers:
                found[name] = x
            x = nn.relu(x)
            if f"relu{place}" in self.layers:
                found[f"relu{place}"] = x
            if len(found) == len(set(self.layers)):
                return found
        raise ValueError(f"no such layers: {', '.join(sorted(set(self.layers) - set(found)))}")


def _convolve(x: Batch, kernel: Kernel, *_: Any, turned: Kernel, **__: Any) -> Batch:
    """Flax's convolution, of which these networks have one kind."""
    return convolve(x, kernel, turned.astype(kernel.dtype))  # which is the picture's, by Flax


def _max_pool(x: Features) -> Float[Array, "(y+1)//2 (x+1)//2 c"]:
    """2 x 2 maxima, sizes rounded up.

    Of four strided slices, not by `flax.linen.max_pool`: the same values (features are at least 0
    here, so zero padding is neutral), and a gradient 10 times as fast on a CPU.
    """
    h, w, _ = x.shape
    x = jnp.pad(x, ((0, h % 2), (0, w % 2), (0, 0)))
    rows = jnp.maximum(x[::2], x[1::2])
    return jnp.maximum(rows[:, ::2], rows[:, 1::2])
