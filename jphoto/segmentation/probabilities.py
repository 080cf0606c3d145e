"""What the segmenter sees in photos: the probability of each class at each place.

The colors of the photos decide what the network's grid is too coarse for.
"""

import functools
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float

from jphoto import images, weights
from jphoto.arrays import Picture
from jphoto.arrays.tiles import Tiles, join_tiles, split_tiles
from jphoto.compilation import in_threads, program
from jphoto.networks import deeplab
from jphoto.regions.colors import with_colors
from jphoto.regions.labels import class_probabilities
from jphoto.regions.matching import SMALLEST_ISLAND_SHARE, found_shares
from jphoto.segmentation.soft_masks import HostPicture

LABELS_SIDE = 512
"""Long side of the photo that the segmenter gets, in pixels, as in its training."""
LABELS_SCALES = (1.0, 0.75)
"""Of that size; the probabilities at both are averaged."""
SHORTEST_SIDE = 128
"""Pixels. For a panorama the long side is larger, so that the short side has as many as this, or as
many as the photo has."""
SIDE_MULTIPLE = 32
"""Pixels. Both sides are rounded up to a multiple of it."""
COLORS_SIDE = 256
"""Long side of the photo whose colors decide what the network's grid is too coarse for, in
pixels."""


def label_probabilities(
    photos: Sequence[HostPicture], tiles: Tiles, known: Bool[np.ndarray, "classes"] | None = None
) -> list[np.ndarray]:
    """The probability of each class at each place of each photo; `known` as in `with_photo_colors`.

    `tiles` are those of the first photo. The segmenter sees each of its pictures by itself: beside
    each other they are small, and what is above and below a seam looks like a shore.
    """
    params, count = jax.device_put(weights.load("deeplab").params), math.prod(tiles)
    resized = [
        network_input(one, LABELS_SIDE) for one in (*split_tiles(photos[0], tiles), *photos[1:])
    ]
    found = in_threads(functools.partial(_classify, params), resized)
    classes = [class_probabilities(np.asarray(p)) for p in found]
    return with_photo_colors(photos, [join_tiles(classes[:count], tiles), *classes[count:]], known)


def with_photo_colors(
    photos: Sequence[HostPicture],
    probabilities: Sequence[np.ndarray],
    known: Bool[np.ndarray, "n"] | None = None,
) -> list[np.ndarray]:
    """The probabilities of segments on a finer grid, given the photos' colors there.

    Only of segments that the network finds in one of the photos. In the other, the colors may find
    more of it than the network: it hardly knows white trees of an infrared photo. Segments that are
    `known` from elsewhere count as found.
    """
    found = np.max([found_shares(p) for p in probabilities], 0) >= SMALLEST_ISLAND_SHARE
    found = found if known is None else found | known

    def refine(number: int) -> np.ndarray:
        height, width = photos[number].shape[:2]
        scale = min(1, COLORS_SIDE / max(height, width))
        size = max(1, round(scale * height)), max(1, round(scale * width))
        coarse = (probabilities[number] * found).astype(np.float32)
        return with_colors(images.resize(photos[number], size), images.resize(coarse, size))

    return in_threads(refine, range(len(photos)))


def network_input(photo: HostPicture, long_side: int) -> Picture:
    """The photo resized for a network, both sides rounded up."""
    short, long = sorted(photo.shape[:2])
    scale = max(long_side / long, min(1, SHORTEST_SIDE / short))
    height, width = (
        math.ceil(scale * side / SIDE_MULTIPLE) * SIDE_MULTIPLE for side in photo.shape[:2]
    )
    picture: Picture = jax.device_put(images.resize(photo, (height, width)))
    return picture


@program()
def _classify(params: deeplab.Params, photo: Picture) -> Float[Array, "y x classes"]:
    """Mean probabilities of the segmenter's classes for the photo and its mirror image, each at two
    sizes.

    The network may take a cloud for a mountain in one of the four, but rarely in all.
    """
    height, width, _ = photo.shape
    grid = (height // 4, width // 4)
    probabilities = []
    for scale in LABELS_SCALES:
        scaled = (round(scale * side / SIDE_MULTIPLE) * SIDE_MULTIPLE for side in (height, width))
        picture = jax.image.resize(photo, (*scaled, 3), "linear")
        plain, mirrored = jax.vmap(deeplab.classify, (None, 0))(
            params, jnp.stack([picture, picture[:, ::-1]])
        )
        for logits in (plain, mirrored[:, ::-1]):
            resized = (*grid, logits.shape[-1])
            probabilities.append(jax.image.resize(jax.nn.softmax(logits), resized, "linear"))
    return jnp.mean(jnp.stack(probabilities), 0)
