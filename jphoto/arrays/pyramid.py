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
from jphoto.arrays.padding import Valid, extended, reduced

LevelMasks = Float[Array, "k _ _"]


def mask_pyramid(masks: Masks, levels: int, valid: Valid = None) -> list[LevelMasks]:
    """The masks at each level of the network: halved by averaging, sizes rounded up.

    Args:
      masks: k x h x w.
      levels: how many, the first being the masks themselves.
      valid: where the photo is, see `padding`.
    """
    pyramid = [masks]
    for _ in range(levels - 1):
        pyramid.append(halved(pyramid[-1], valid))
        valid = reduced(valid, 2)
    return pyramid


def halved(planes: Planes, valid: Valid = None) -> Float[Array, "c (h+1)//2 (w+1)//2"]:
    """Means of 2 x 2 pixels; the last row and column of an odd size stand for two."""
    c, h, w = planes.shape
    even = jnp.pad(extended(planes, valid), ((0, 0), (0, h % 2), (0, w % 2)), mode="edge")
    means = even.reshape(c, (h + 1) // 2, 2, (w + 1) // 2, 2).mean((2, 4))
    return means if valid is None else means * valid[::2, ::2]


def halved_picture(picture: Picture, valid: Valid = None) -> Float[Array, "(h+1)//2 (w+1)//2 3"]:
    """Likewise, of a picture."""
    return to_picture(halved(to_planes(picture), valid))


def doubled(
    planes: Float[Array, "*n h w"], size: tuple[int, ...], valid: Valid = None
) -> Float[Array, "*n {size[0]} {size[1]}"]:
    """Back to the size before `halved`, bilinearly: two pixels' centers lie around each one's.

    Args:
      planes: half a size, rounded up.
      size: height and width of the planes to return.
      valid: where the smaller picture is, see `padding`.
    """

    def twice(planes: Float[Array, "*n _ _"]) -> Float[Array, "*n _ _"]:
        *n, h, w = planes.shape
        larger: Array = jax.image.resize(planes, (*n, 2 * h, 2 * w), "linear")
        return larger[..., : size[0], : size[1]]

    if valid is None:
        return twice(planes)
    # At its border, of what there is, as `resize` has it at the array's.
    return twice(planes * valid) / jnp.maximum(twice(valid), 1 / 4)


def quartered(planes: Planes, valid: Valid = None) -> Float[Array, "c hq wq"]:
    """Means of 4 x 4 pixels; at the right and lower borders, of those there are."""
    _, h, w = planes.shape
    # Zeros beyond the picture stay so: a gradient must not reach them by the blocks at its end.
    planes = planes if valid is None else planes * valid
    padding = (0, 0), (0, -h % 4), (0, -w % 4)
    sums: Planes = lax.reduce_window(planes, 0.0, lax.add, (1, 4, 4), (1, 4, 4), padding)
    return sums / _block_areas(h, w, valid)


def quartered_transpose(
    quarter: Float[Array, "c hq wq"], height: int, width: int, valid: Valid = None
) -> Float[Array, "c {height} {width}"]:
    """What `quartered` is the transpose of: each number spread evenly over its pixels.

    Args:
      quarter: c x hq x wq, of planes of that height and width.
      valid: where those have a picture, see `padding`.
    """
    c, hq, wq = quarter.shape
    shares = (quarter / _block_areas(height, width, valid))[:, :, None, :, None]
    # Stated as a broadcast: XLA on the CPU takes several times as long for `jnp.repeat`.
    spread = jnp.broadcast_to(shares, (c, hq, 4, wq, 4)).reshape(c, 4 * hq, 4 * wq)
    spread = spread[:, :height, :width]
    return spread if valid is None else spread * valid


def quartered_picture(picture: Picture, valid: Valid = None) -> Float[Array, "hq wq 3"]:
    """As `quartered`, of a picture."""
    return to_picture(quartered(to_planes(picture), valid))


def _block_areas(
    height: int, width: int, valid: Valid
) -> Float[np.ndarray, "hq wq"] | Float[Array, "hq wq"]:
    """Pixels in each block of 4 x 4 that a picture is cut into; at least 1."""
    if valid is not None:
        rows, columns = (
            jnp.pad(line, (0, -len(line) % 4)).reshape(-1, 4).sum(1)
            for line in (valid[:, 0], valid[0])
        )
        return jnp.maximum(jnp.outer(rows, columns), 1)
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
