"""DeepLabv3+ on MobileNetV2 in Flax: semantic segmentation, scores of 32 classes at each position.

Batch normalization is folded into the weights. Convolutions run at full float32 precision, so that
regions agree on all machines.

Source: Chen et al. 2018, "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation"; Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks".
Departs: as in the published weights, the pyramid has two branches, and the decoder's skip
connection starts inside a block.
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
"""Kernel and bias of each convolution, with the names of `jphoto.weights.layout`."""
Logits: TypeAlias = Float[Array, "y x classes"]
"""Unnormalized log-probabilities of the classes at each position."""
FeatureMap: TypeAlias = Float[Array, "_ _ _"]
"""Features y x x x c, of any size and depth."""

BLOCK_COUNT = 17
"""Number of MobileNetV2's inverted residual blocks."""
STRIDES = {1: 2, 3: 2, 6: 2}
"""Strides of the blocks that halve the size; the stem halves it too, and all others keep it."""
DILATED_BLOCKS = (14, 15, 16)
"""Blocks with dilation 2, in place of halving the size once more."""
SKIP_BLOCK = 2
"""The block whose inner features, at a quarter of the size, show the decoder where borders are."""


def classify(params: Params, picture: Picture) -> Logits:
    """Scores of each class at each position of a picture; their softmax gives probabilities.

    Args:
      params: the weights, such as `jphoto.weights.load("deeplab").params`.
      picture: h x w x 3, sRGB in [0, 1], sides multiples of 16. Sides of about 512 give the best
        results: the network was trained on them.

    Returns: h/4 x w/4 x 32; position (y, x) is that of pixel (4 y, 4 x).
    """
    widths = {name: layer["bias"].shape[0] for name, layer in params.items()}
    logits = _DeepLab(widths).apply({"params": params}, preprocess(picture, "tensorflow"))
    return cast(Logits, logits)


class _DeepLab(nn.Module):
    """MobileNetV2 as encoder, the pyramid, and the decoder."""

    widths: Mapping[str, int]
    """Output channels of each convolution."""

    @nn.compact
    def __call__(self, picture: Picture) -> Logits:
        x = nn.relu6(self.convolve("stem", picture, stride=2))
        for block in range(BLOCK_COUNT):
            name, block_input = f"block{block}", x
            if block:
                x = nn.relu6(self.convolve(f"{name}_expand", x))
            dilation = 2 if block in DILATED_BLOCKS else 1
            depthwise = _Depthwise(STRIDES.get(block, 1), dilation, name=f"{name}_depthwise")
            x = nn.relu6(depthwise(x))
            if block == SKIP_BLOCK:
                skip = x
            x = self.convolve(f"{name}_project", x)
            if x.shape == block_input.shape:
                x = x + block_input
        global_branch = nn.relu(self.convolve("pool", x.mean((0, 1), keepdims=True)))
        local_branch = nn.relu(self.convolve("aspp", x))
        global_branch = jnp.broadcast_to(global_branch, local_branch.shape)
        x = jnp.concatenate([global_branch, local_branch], -1)
        x = nn.relu(self.convolve("encoder", x))
        skip = nn.relu(self.convolve("skip", skip))
        height, width, _ = skip.shape
        x = jnp.concatenate([resize_bilinear(x, (height, width)), skip], -1)
        for number in range(2):
            x = nn.relu(_Depthwise(1, 1, name=f"decoder{number}_depthwise")(x))
            x = nn.relu(self.convolve(f"decoder{number}_pointwise", x))
        return self.convolve("logits", x)

    def convolve(self, name: str, x: FeatureMap, stride: int = 1) -> FeatureMap:
        """A 1 x 1 convolution of all channels; only the stem's is 3 x 3."""
        side = 3 if name == "stem" else 1
        convolution = nn.Conv(
            self.widths[name], (side, side), stride, precision=lax.Precision.HIGHEST, name=name
        )
        return cast(FeatureMap, convolution(x))


class _Depthwise(nn.Module):
    """A 3 x 3 convolution of each channel by itself.

    It is nine shifted products that the compiler fuses: on a CPU more than ten times as fast as the
    grouped convolution of `flax.linen.Conv`.
    """

    stride: int
    dilation: int

    @nn.compact
    def __call__(self, x: FeatureMap) -> FeatureMap:
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


def resize_bilinear(x: Float[Array, "y x c"], size: tuple[int, int]) -> Float[Array, "h w c"]:
    """Features resized bilinearly: output position p has the input's value at p * old / new.

    This is TensorFlow's resizing with neither aligned corners nor half-pixel centers.

    Args:
      x: y x x x c.
      size: height and width to return.
    """
    for axis, (old, new) in enumerate(zip(x.shape[:2], size, strict=True)):
        position = jnp.arange(new, dtype=x.dtype) * (old / new)
        lower = jnp.floor(position).astype(int)
        weight = (position - lower).reshape(-1, 1, 1) if axis == 0 else (position - lower)[:, None]
        upper = jnp.minimum(lower + 1, old - 1)
        x = jnp.take(x, lower, axis) * (1 - weight) + jnp.take(x, upper, axis) * weight
    return x
