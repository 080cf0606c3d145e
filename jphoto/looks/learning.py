"""Learning a look: the statistics of style photos, one photo after the other.

Memory does not grow with their number: what is kept of each are some thousand numbers of color.
"""

import functools
from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float32

from jphoto import weights
from jphoto.errors import LookError
from jphoto.looks.regions import ColorPicture, HostPicture, painted
from jphoto.looks.statistics import LAYERS, SIZES, WHOLE, ColorSamples, Statistics, added
from jphoto.looks.targets import region_colors
from jphoto.networks.vgg import Params
from jphoto.objectives.targets import StyleTargets
from jphoto.regions import HostMasks
from jphoto.segmentation import automatic_regions
from jphoto.segmentation.soft_masks import soft_masks, soft_masks_at_half_size
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.pairs import Shape, halvings, photo_arrays, rounded
from jphoto.solver.plan import objectives
from jphoto.weights import AnyWeights


class Kinds(NamedTuple):
    """The kinds of things in one photo, without the whole photo."""

    names: tuple[str, ...]
    masks: HostMasks
    shares: tuple[float, ...]


class Network(NamedTuple):
    """A network on the device, in both directions that photos are held in."""

    landscape: Params
    portrait: Params
    preprocessing: str


def kinds_of(
    photo: HostPicture, mask: ColorPicture | None, network: AnyWeights, *, quick: bool = False
) -> Kinds:
    """The kinds of things in a photo: as painted, or as the segmenter finds them, if it is there.

    Args:
      photo: at working size.
      mask: of the photo in flat colors, the same size, if there is one.
      network: VGG's weights.
      quick: whether to compute soft masks at half the size, see `automatic_regions.match_masks`.

    Raises: MaskError, if the mask cannot be used.
    """
    if mask is not None:
        names, masks, shares = painted(mask)
        return Kinds(names, masks, shares)
    if weights.find("deeplab") is None:
        return Kinds((), np.zeros((0, *photo.shape[:2]), np.float32), ())
    found = automatic_regions.find([photo], "labels", network)
    (segments,) = found.photos
    present = [k for k, share in enumerate(segments.shares) if share]
    make = soft_masks_at_half_size if quick else soft_masks
    masks = make(photo, segments.labels, [(k,) for k in present])
    names = tuple(found.names[k] for k in present)
    return Kinds(names, masks, tuple(segments.shares[k] for k in present))


def photo_statistics(photo: HostPicture, kinds: Kinds, network: Network, size: int) -> Statistics:
    """The statistics of one photo, each kind weighted by its share.

    Args:
      photo: at working size.
      kinds: that it shows.
      network: to compute features with.
      size: long side of working photos, in pixels.
    """
    whole = np.ones((1, *photo.shape[:2]), np.float32)
    masks = np.concatenate([kinds.masks, whole])
    count, params = len(masks), network.landscape
    if photo.shape[0] > photo.shape[1]:  # so that portraits share the programs of landscapes
        photo, masks = photo.swapaxes(0, 1), masks.swapaxes(1, 2)
        params = network.portrait
    own = (photo.shape[0], photo.shape[1])
    shape = rounded(Shape(own, own, count), size)
    arrays = photo_arrays(
        np.ascontiguousarray(photo), np.ascontiguousarray(masks), shape.content, shape.regions
    )
    compute = functools.partial(programs.style_targets, preprocessing=network.preprocessing)
    ahead = functools.partial(programs.style_targets.ahead, preprocessing=network.preprocessing)
    sizes = halvings(arrays, len(SIZES))
    calls = [*zip(sizes, objectives(len(SIZES), Settings()), strict=True)]
    for sized, objective in calls:
        ahead(params, *sized, objective=objective)
    targets = [
        jax.device_get(compute(params, *sized, objective=objective)) for sized, objective in calls
    ]
    averages = {
        f"{name}.{part}": array[:count]
        for name, target in zip(SIZES, targets, strict=True)
        for part, array in _parts(name, target)
    }
    shares = np.array([[*kinds.shares, 1.0]], np.float32)
    means, covariances = (
        np.stack([part[:count] for part in parts], 1)[None]
        for parts in zip(*(target.colors for target in targets), strict=True)
    )
    colors = ColorSamples(shares, shares, np.zeros_like(shares), means, covariances)
    return Statistics((*kinds.names, WHOLE), averages, colors)


def photo_colors(photo: HostPicture, kinds: Kinds) -> Statistics:
    """The statistics of one photo without averages, so that no network is needed.

    Args:
      photo: at working size.
      kinds: that it shows.

    Returns: colors as of `photo_statistics`. Those at smaller sizes, which only a descent needs,
      are those at full size.
    """
    shares = np.array([[*kinds.shares, 1.0]], np.float32)
    found = region_colors(photo, kinds.masks)
    means, covariances = (
        np.array(part, np.float32)[None, :, None].repeat(len(SIZES), 2)
        for part in zip(*found, strict=True)
    )
    colors = ColorSamples(shares, shares, np.zeros_like(shares), means, covariances)
    return Statistics((*kinds.names, WHOLE), {}, colors)


def combined(photos: Iterable[Statistics]) -> Statistics:
    """The look of photos, with the weight 1 in each of its kinds.

    Args:
      photos: the statistics of each, from `photo_statistics`.

    Raises: LookError, if there is none.
    """
    look: Statistics | None = None
    for photo in photos:
        look = photo if look is None else added(look, photo)
    if look is None:
        raise LookError("a look needs at least one photo; none was given")
    shares = look.colors.weights / look.weights
    kept = 1 - np.sum(shares**2, 0, keepdims=True)  # 1 - 1 / n of n photos with equal shares
    kept = np.broadcast_to(kept, shares.shape).astype(np.float32)
    return look._replace(colors=look.colors._replace(weights=shares, kept=np.maximum(kept, 0)))


def _parts(size: str, target: StyleTargets) -> list[tuple[str, Float32[np.ndarray, "k ..."]]]:
    """The averages of a photo at one size, by the rest of their names."""
    parts = [("details", np.asarray(target.details))]
    for layer, gram, mean in zip(LAYERS[size], target.grams, target.means, strict=True):
        parts += [(f"{layer}.gram", np.asarray(gram)), (f"{layer}.mean", np.asarray(mean))]
    return parts
