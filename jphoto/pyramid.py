"""The regions' masks at every level of the network, for its features come in five sizes.

Two ways: plain halving, and the published one, in which each mask goes through the network beside
the features and is blurred wherever a convolution blurs them.

Source: Luan et al. 2017, section 3.2, and the program published with it for the second.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Planes, to_picture, to_planes

LevelMasks = Float[Array, "k _ _"]


def mask_pyramid(masks: Masks, levels: int) -> list[LevelMasks]:
    """The masks at each level of the network: halved by averaging, sizes rounded up.

    Args:
      masks: k x h x w.
      levels: how many, the first being the masks themselves.
    """
    pyramid = [masks]
    for _ in range(levels - 1):
        pyramid.append(halved(pyramid[-1]))
    return pyramid


def halved(planes: Planes) -> Float[Array, "c (h+1)//2 (w+1)//2"]:
    """Means of 2 x 2 pixels; the last row and column of an odd size stand for two."""
    c, h, w = planes.shape
    even = jnp.pad(planes, ((0, 0), (0, h % 2), (0, w % 2)), mode="edge")
    return even.reshape(c, (h + 1) // 2, 2, (w + 1) // 2, 2).mean((2, 4))


def halved_picture(picture: Picture) -> Float[Array, "(h+1)//2 (w+1)//2 3"]:
    """Likewise, of a picture."""
    return to_picture(halved(to_planes(picture)))


def quartered(planes: Planes) -> Float[Array, "c hq wq"]:
    """Means of 4 x 4 pixels; at the right and lower borders, of those there are."""
    _, h, w = planes.shape
    padding = (0, 0), (0, -h % 4), (0, -w % 4)
    sums: Planes = lax.reduce_window(planes, 0.0, lax.add, (1, 4, 4), (1, 4, 4), padding)
    return sums / _block_areas(h, w)


def quartered_transpose(
    quarter: Float[Array, "c hq wq"], height: int, width: int
) -> Float[Array, "c {height} {width}"]:
    """What `quartered` is the transpose of: each number spread evenly over its pixels.

    Args:
      quarter: c x hq x wq, of planes of that height and width.
    """
    c, hq, wq = quarter.shape
    shares = (quarter / _block_areas(height, width))[:, :, None, :, None]
    # Stated as a broadcast: XLA on the CPU takes several times as long for `jnp.repeat`.
    spread = jnp.broadcast_to(shares, (c, hq, 4, wq, 4)).reshape(c, 4 * hq, 4 * wq)
    return spread[:, :height, :width]


def quartered_picture(picture: Picture) -> Float[Array, "hq wq 3"]:
    """As `quartered`, of a picture."""
    return to_picture(quartered(to_planes(picture)))


def _block_areas(height: int, width: int) -> Float[np.ndarray, "hq wq"]:
    """Pixels in each block of 4 x 4 that a plane of that size is cut into."""
    sides = [np.diff([*range(0, side, 4), side]) for side in (height, width)]
    return np.outer(*sides).astype(np.float32)


def carried_masks(masks: Masks, convolutions: Sequence[int]) -> list[LevelMasks]:
    """The masks as the network carries them to the first convolution of each level.

    A convolution averages 3 x 3 pixels, counting zeros around the photo; a pooling resizes to half,
    rounded up, bilinearly.

    Args:
      masks: k x h x w.
      convolutions: how many each level of the network has; as many levels come back.
    """
    pyramid = []
    for count in convolutions:
        masks = _averaged(masks)
        pyramid.append(masks)
        for _ in range(count - 1):
            masks = _averaged(masks)
        k, h, w = masks.shape
        masks = jax.image.resize(
            masks, (k, (h + 1) // 2, (w + 1) // 2), "bilinear", antialias=False
        )
    return pyramid


def _averaged(masks: Masks) -> Masks:
    """3 x 3 means, zeros counted beyond the border."""
    sums: Masks = lax.reduce_window(masks, 0.0, lax.add, (1, 3, 3), (1, 1, 1), "SAME")
    return sums / 9
