"""Half, double and quarter sizes of pictures and masks, and the masks at each level of the network.

VGG's features come in five sizes, one for each level between two poolings, and every level needs
the regions' masks at its size. There are two ways to make them: `mask_pyramid` halves the masks;
`published_mask_pyramid` blurs them wherever the network convolves, as Luan et al. do.

Source: Luan et al. 2017, section 3.2, and the program published with it for the second way.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

from jphoto.arrays import Masks, Picture, Planes, to_picture, to_planes
from jphoto.arrays.padding import Valid, edge_extended, subsampled

LevelMasks = Float[Array, "k _ _"]
"""Masks of k regions at the size of one level of the network."""


def mask_pyramid(masks: Masks, levels: int, valid: Valid = None) -> list[LevelMasks]:
    """The masks at each level of the network, halved by averaging.

    Args:
      masks: k x h x w, in [0, 1].
      levels: number of levels; the first has the masks themselves.
      valid: 1 where the arrays hold the photo, see `padding`.

    Returns: one array of masks for each level; each size is half of the one before, rounded up.
    """
    pyramid = [masks]
    for _ in range(levels - 1):
        pyramid.append(halved(pyramid[-1], valid))
        valid = subsampled(valid, 2)
    return pyramid


def halved(planes: Planes, valid: Valid = None) -> Float[Array, "c (h+1)//2 (w+1)//2"]:
    """Means of blocks of 2 x 2 pixels.

    Args:
      planes: c x h x w; the last row or column of an odd size counts twice.
      valid: 1 where the array holds the picture, see `padding`.
    """
    c, h, w = planes.shape
    even = jnp.pad(edge_extended(planes, valid), ((0, 0), (0, h % 2), (0, w % 2)), mode="edge")
    means = even.reshape(c, (h + 1) // 2, 2, (w + 1) // 2, 2).mean((2, 4))
    return means if valid is None else means * valid[::2, ::2]


def halved_picture(picture: Picture, valid: Valid = None) -> Float[Array, "(h+1)//2 (w+1)//2 3"]:
    """Means of blocks of 2 x 2 pixels of a picture, see `halved`."""
    return to_picture(halved(to_planes(picture), valid))


def doubled(
    planes: Float[Array, "*n h w"], size: tuple[int, ...], valid: Valid = None
) -> Float[Array, "*n {size[0]} {size[1]}"]:
    """Planes enlarged bilinearly to the size that they had before `halved`.

    Args:
      planes: at half of that size, rounded up.
      size: height and width to return.
      valid: 1 where the smaller array holds the picture, see `padding`.
    """

    def twice(planes: Float[Array, "*n _ _"]) -> Float[Array, "*n _ _"]:
        # As `jax.image.resize`, which multiplies by whole matrices, in a quarter of the time.
        wide = _doubled_rows(planes.swapaxes(-1, -2)).swapaxes(-1, -2)
        return _doubled_rows(wide)[..., : size[0], : size[1]]

    if valid is None:
        return twice(planes)
    # At the picture's border, weights are renormalized, as `resize` does at the array's border.
    return twice(planes * valid) / jnp.maximum(twice(valid), 1 / 4)


def _doubled_rows(planes: Float[Array, "*n h w"]) -> Float[Array, "*n 2*h w"]:
    *n, h, w = planes.shape
    padded = jnp.pad(planes, [(0, 0)] * len(n) + [(1, 1), (0, 0)], mode="edge")
    before, after = padded[..., :-2, :], padded[..., 2:, :]
    pairs = jnp.stack([0.75 * planes + 0.25 * before, 0.75 * planes + 0.25 * after], -2)
    return pairs.reshape(*n, 2 * h, w)


def quartered(planes: Planes, valid: Valid = None) -> Float[Array, "c hq wq"]:
    """Means of blocks of 4 x 4 pixels; blocks at the right and lower borders may be smaller.

    Args:
      planes: c x h x w.
      valid: 1 where the array holds the picture, see `padding`.

    Returns: c x h/4 x w/4, sizes rounded up.
    """
    _, h, w = planes.shape
    # Without this product, the last blocks would pass a gradient on to the padding.
    planes = planes if valid is None else planes * valid
    padding = (0, 0), (0, -h % 4), (0, -w % 4)
    sums: Planes = lax.reduce_window(planes, 0.0, lax.add, (1, 4, 4), (1, 4, 4), padding)
    return sums / _block_pixel_counts(h, w, valid)


def quartered_transpose(
    quarter: Float[Array, "c hq wq"], height: int, width: int, valid: Valid = None
) -> Float[Array, "c {height} {width}"]:
    """The transpose of `quartered`: spreads each number evenly over the pixels of its block.

    Args:
      quarter: c x hq x wq, the size that `quartered` returns for planes of this height and width.
      height: of the planes to return, in pixels.
      width: of the planes to return, in pixels.
      valid: 1 where those planes hold the picture, see `padding`.
    """
    c, hq, wq = quarter.shape
    shares = (quarter / _block_pixel_counts(height, width, valid))[:, :, None, :, None]
    # Written as a broadcast: XLA on the CPU takes several times as long for `jnp.repeat`.
    spread = jnp.broadcast_to(shares, (c, hq, 4, wq, 4)).reshape(c, 4 * hq, 4 * wq)
    spread = spread[:, :height, :width]
    return spread if valid is None else spread * valid


def quartered_picture(picture: Picture, valid: Valid = None) -> Float[Array, "hq wq 3"]:
    """Means of blocks of 4 x 4 pixels of a picture, see `quartered`."""
    return to_picture(quartered(to_planes(picture), valid))


def _block_pixel_counts(
    height: int, width: int, valid: Valid
) -> Float[np.ndarray, "hq wq"] | Float[Array, "hq wq"]:
    """Pixels of the picture in each block of 4 x 4, at least 1."""
    if valid is not None:
        rows, columns = (
            jnp.pad(line, (0, -len(line) % 4)).reshape(-1, 4).sum(1)
            for line in (valid[:, 0], valid[0])
        )
        return jnp.maximum(jnp.outer(rows, columns), 1)
    sides = [np.diff([*range(0, side, 4), side]) for side in (height, width)]
    return np.outer(*sides).astype(np.float32)


def published_mask_pyramid(masks: Masks, convolutions: Sequence[int]) -> list[LevelMasks]:
    """The masks at each level of the network, blurred and halved as in the published program.

    Each convolution of the network averages the masks over 3 x 3 pixels, with zeros around the
    photo. Each pooling resizes them bilinearly to half, rounded up.

    Args:
      masks: k x h x w, in [0, 1].
      convolutions: number of convolutions at each level of the network.

    Returns: for each level, the masks after its first convolution.
    """
    pyramid = []
    for count in convolutions:
        masks = _window_means(masks)
        pyramid.append(masks)
        for _ in range(count - 1):
            masks = _window_means(masks)
        k, h, w = masks.shape
        masks = jax.image.resize(
            masks, (k, (h + 1) // 2, (w + 1) // 2), "bilinear", antialias=False
        )
    return pyramid


def _window_means(masks: Masks) -> Masks:
    """Means over 3 x 3 windows, with zeros around the photo."""
    sums: Masks = lax.reduce_window(masks, 0.0, lax.add, (1, 3, 3), (1, 1, 1), "SAME")
    return sums / 9
