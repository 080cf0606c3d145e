"""DeepLabv3+ on MobileNetV2 in Flax: what kind of thing is seen at each place of a photo.

Batch normalization is in the weights. Convolutions run at full float32 precision, so that regions
agree from machine to machine.

Source: Chen et al. 2018, "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation"; Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks".
Departs: as in the published weights, the pyramid has two branches, and the decoder takes its fine
features from inside a block.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Picture
from jphoto.networks.vgg import preprocess

Params: TypeAlias = Mapping[str, Any]
"""Kernel and bias of each convolution, named as in `jphoto.weights.layout`."""
Logits: TypeAlias = Float[Array, "y x classes"]
Map: TypeAlias = Float[Array, "_ _ _"]
"""Features of a size and depth of its own."""

BLOCKS = 17
STRIDES = {1: 2, 3: 2, 6: 2}
"""Of the blocks that halve the size, beside the stem."""
DILATED = (14, 15, 16)
"""Blocks that see twice as far instead of halving the size once more."""
FINE = 2
"""The block whose inner features, at a quarter of the size, tell the decoder where borders are."""


def classify(params: Params, picture: Picture) -> Logits:
    """How much each place looks like each class: softmax makes probabilities of it.

    Args:
      params: as `jphoto.weights.load("deeplab").params` has them.
      picture: h x w x 3, sRGB in [0, 1], sides multiples of 16; it knows sizes around 512 best.

    Returns: h/4 x w/4 x 32; the place (y, x) stands for the pixel (4 y, 4 x).
    """
    widths = {name: layer["bias"].shape[0] for name, layer in params.items()}
    found = _DeepLab(widths).apply({"params": params}, preprocess(picture, "tensorflow"))
    return cast(Logits, found)


class _DeepLab(nn.Module):
    """Encoder, pyramid, decoder."""

    widths: Mapping[str, int]
    """Output channels of each convolution."""

    @nn.compact
    def __call__(self, picture: Picture) -> Logits:
        x = nn.relu6(self.convolve("stem", picture, stride=2))
        for block in range(BLOCKS):
            name, before = f"block{block}", x
            if block:
                x = nn.relu6(self.convolve(f"{name}_expand", x))
            dilation = 2 if block in DILATED else 1
            x = nn.relu6(_Filter(STRIDES.get(block, 1), dilation, name=f"{name}_depthwise")(x))
            if block == FINE:
                fine = x
            x = self.convolve(f"{name}_project", x)
            if x.shape == before.shape:
                x = x + before
        everywhere = nn.relu(self.convolve("pool", x.mean((0, 1), keepdims=True)))
        here = nn.relu(self.convolve("aspp", x))
        x = jnp.concatenate([jnp.broadcast_to(everywhere, here.shape), here], -1)
        x = nn.relu(self.convolve("encoder", x))
        fine = nn.relu(self.convolve("skip", fine))
        height, width, _ = fine.shape
        x = jnp.concatenate([enlarge(x, (height, width)), fine], -1)
        for number in range(2):
            x = nn.relu(_Filter(1, 1, name=f"decoder{number}_depthwise")(x))
            x = nn.relu(self.convolve(f"decoder{number}_pointwise", x))
        return self.convolve("logits", x)

    def convolve(self, name: str, x: Map, stride: int = 1) -> Map:
        """All channels together, at one place; the stem alone sees 3 x 3."""
        side = 3 if name == "stem" else 1
        convolution = nn.Conv(
            self.widths[name], (side, side), stride, precision=lax.Precision.HIGHEST, name=name
        )
        return cast(Map, convolution(x))


class _Filter(nn.Module):
    """Each channel by itself, over 3 x 3 places.

    Nine shifted products that the compiler fuses: on a CPU more than ten times as fast as the
    grouped convolution that `flax.linen.Conv` would ask for.
    """

    stride: int
    dilation: int

    @nn.compact
    def __call__(self, x: Map) -> Map:
        shape = (3, 3, 1, x.shape[-1])
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        filtered = self.param("bias", nn.initializers.zeros, shape[3:])
        last = 2 * self.dilation
        padding = lax.padtype_to_pads(x.shape[:2], (last + 1,) * 2, (self.stride,) * 2, "SAME")
        padded = jnp.pad(x, [*padding, (0, 0)])
        height, width, _ = padded.shape
        for row, column in np.ndindex(3, 3):
            top, left = row * self.dilation, column * self.dilation
            rows = slice(top, top + height - last, self.stride)
            columns = slice(left, left + width - last, self.stride)
            filtered += padded[rows, columns] * kernel[row, column, 0]
        return filtered


def enlarge(x: Float[Array, "y x c"], size: tuple[int, int]) -> Float[Array, "h w c"]:
    """Bilinear, from first pixel to first pixel: the place p is seen at p * old / new.

    As TensorFlow resizes with neither corners aligned nor half-pixel centers.

    Args:
      size: (h, w).
    """
    for axis, (old, new) in enumerate(zip(x.shape[:2], size, strict=True)):
        place = jnp.arange(new, dtype=x.dtype) * (old / new)
        before = jnp.floor(place).astype(int)
        share = (place - before).reshape(-1, 1, 1) if axis == 0 else (place - before)[:, None]
        after = jnp.minimum(before + 1, old - 1)
        x = jnp.take(x, before, axis) * (1 - share) + jnp.take(x, after, axis) * share
    return x
