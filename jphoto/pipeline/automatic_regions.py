"""Regions without masks: which network looks at the photos, and whether to trust what it found.

Photos come here at working size. What is compiled is kept per size, and networks see sizes rounded
up to a few, so that many photos share a program.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Float32

from jphoto import images, weights
from jphoto.arrays import Picture, Plane
from jphoto.compilation import program
from jphoto.networks import deeplab, vgg
from jphoto.regions import NAMES as PALETTE
from jphoto.regions import HostMasks, Match, borders, clusters
from jphoto.regions.labels import KINDS, NAMES, NEAR, kinds_of
from jphoto.regions.matching import Labels, Meeting, Segments, dissolved, lacking, meet, segments
from jphoto.regions.similarity import most_similar_first, regrouped, similarities
from jphoto.weights.archive import Weights

Method: TypeAlias = Literal["labels", "features", "none"]
HostPicture: TypeAlias = Float32[np.ndarray, "_ _ 3"]
HostFeatures: TypeAlias = Float32[np.ndarray, "_ _ _"]

LABELS_SIDE = 512
"""Pixels of the long side that the segmenter sees, as in its training."""
LABELS_SCALES = (1.0, 0.75)
"""Of that; their probabilities are averaged."""
FEATURES_SIDE = 384
"""Likewise of VGG for clusters."""
SHORTEST_SIDE = 128
"""Of either, for panoramas: there the long side is longer, if the photo has the pixels."""
STEP = 32
"""Sides that networks see are multiples of it."""
TRUST = 0.4
"""Of a match, below which two photos have too little in common, see `Meeting`."""

_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What is where in one or two photos, and what meets what."""

    method: Method
    photos: tuple[Segments, ...]
    """Where scraps of the content are, other labels stand already."""
    names: tuple[str, ...]
    """Of the segments."""
    colors: tuple[int, ...]
    """Of the segments in a mask, red * 65536 + green * 256 + blue."""
    meeting: Meeting
    """Of a single photo with itself."""


def find(photos: Sequence[HostPicture], method: str, network: Weights) -> Found:
    """The regions of a photo, or those of two and which of them meet.

    Args:
      photos: one or two, in [0, 1].
      method: "labels", "features" or "none"; "auto" takes the first of them that the photos match
        well enough by, labels only where the segmenter is installed.
      network: VGG's weights, for features.

    Raises: WeightsError, if labels are asked for and the segmenter is not installed.
    """
    methods = [method] if method != "auto" else ["labels", "features"]
    if method == "auto" and weights.find("deeplab") is None:
        methods.remove("labels")
    for chosen in methods:
        found = _FINDERS[chosen](photos, network)
        if found.method != chosen:
            _log.warning("by %s, no parts stand apart: taken whole", chosen)
            return found
        groups, trust = found.meeting.groups, found.meeting.trust
        if len(photos) == 1 or (groups and (method != "auto" or trust >= TRUST)):
            return found
        common = f"the photos have only {trust:.0%} in common for sure"
        _log.warning("by %s, %s: not trusted", chosen, common)
    _log.warning("the photos are taken whole")
    return _find_nothing(photos, network)


def match(photos: Sequence[HostPicture], found: Found) -> Match:
    """Soft masks of the regions that two photos share, and the table of all."""
    content, style = (
        soft_masks(photo, seen.labels, found.meeting.groups)
        for photo, seen in zip(photos, found.photos, strict=True)
    )
    return Match(content, style, found.meeting.table)


def soft_masks(photo: HostPicture, labels: Labels, regions: Sequence[Sequence[int]]) -> HostMasks:
    """Masks of regions whose borders follow the photo's edges.

    Args:
      photo: at working size.
      labels: numbers of its segments.
      regions: the numbers of each region's segments.
    """
    on_device = jax.device_put(photo)
    masks = np.zeros((len(regions), *photo.shape[:2]), np.float32)
    for mask, region in zip(masks, regions, strict=True):
        share = np.isin(labels, region)
        mask[:] = (
            share.all()
            if share.all() or not share.any()
            else _soft_mask(on_device, jax.device_put(share.astype(np.float32)))
        )
    shares: HostMasks = masks / np.maximum(masks.sum(0), 1)
    return shares


def _find_labels(photos: Sequence[HostPicture], network: Weights) -> Found:
    params = jax.device_put(weights.load("deeplab").params)
    seen = [_classes(params, _seen_size(photo, LABELS_SIDE)) for photo in photos]
    kinds = [kinds_of(np.asarray(classes)) for classes in seen]
    found, near = [*map(segments, kinds)], NEAR
    if lacking(found[0], found[-1]):
        alike = similarities(found, _embedded(photos, network))
        near = most_similar_first(NEAR, NAMES, alike)
    colors = tuple(kind.color for kind in KINDS.values())
    return _found("labels", kinds, found, NAMES, colors, near)


def _find_features(photos: Sequence[HostPicture], network: Weights) -> Found:
    embedded = _embedded(photos, network)
    found_clusters = clusters.cosegment(embedded)
    count = found_clusters[0].shape[-1]
    if count == 1:
        return _find_nothing(photos, network)
    names = tuple(f"part {number}" for number in range(1, count + 1))
    if len(photos) == 2:
        alike = similarities([*map(segments, found_clusters)], embedded)
        found_clusters = [regrouped(found_clusters[0], alike), found_clusters[1]]
    found, colors = [*map(segments, found_clusters)], tuple(PALETTE)[:count]
    return _found("features", found_clusters, found, names, colors, dict.fromkeys(names, ()))


def _find_nothing(photos: Sequence[HostPicture], network: Weights) -> Found:
    everywhere = [np.ones((1, 1, 1), np.float32)] * len(photos)
    found = [*map(segments, everywhere)]
    return _found("none", everywhere, found, ("whole photo",), (0,), {"whole photo": ()})


_FINDERS = {"labels": _find_labels, "features": _find_features, "none": _find_nothing}


def _found(
    method: Method,
    probabilities: Sequence[np.ndarray],
    found: Sequence[Segments],
    names: tuple[str, ...],
    colors: tuple[int, ...],
    near: Mapping[str, tuple[str, ...]],
) -> Found:
    content, *style = found
    meeting = meet(content, found[-1], names, near)
    content = content._replace(labels=dissolved(content, probabilities[0], meeting.scraps))
    return Found(method, (content, *style), names, colors, meeting)


def _embedded(photos: Sequence[HostPicture], network: Weights) -> list[HostFeatures]:
    params, preprocessing = jax.device_put(network.params), network.preprocessing
    return [
        np.asarray(_features(params, _seen_size(photo, FEATURES_SIDE), preprocessing=preprocessing))
        for photo in photos
    ]


def _seen_size(photo: HostPicture, long_side: int) -> Picture:
    """The photo at a size for a network, sides rounded up."""
    short, long = sorted(photo.shape[:2])
    scale = max(long_side / long, min(1, SHORTEST_SIDE / short))
    height, width = (math.ceil(scale * side / STEP) * STEP for side in photo.shape[:2])
    picture: Picture = jax.device_put(images.resize(photo, (height, width)))
    return picture


@program()
def _classes(params: deeplab.Params, photo: Picture) -> Float[Array, "y x classes"]:
    """Probabilities by the photo and its mirror image, each at two sizes.

    In one of them the network takes a cloud for a mountain, but rarely in all.
    """
    height, width, _ = photo.shape
    grid = (height // 4, width // 4)
    seen = []
    for scale in LABELS_SCALES:
        size = (round(scale * height / STEP) * STEP, round(scale * width / STEP) * STEP)
        picture = jax.image.resize(photo, (*size, 3), "linear")
        here, mirrored = jax.vmap(deeplab.classify, (None, 0))(
            params, jnp.stack([picture, picture[:, ::-1]])
        )
        for logits in (here, mirrored[:, ::-1]):
            probabilities = jax.nn.softmax(logits)
            seen.append(jax.image.resize(probabilities, (*grid, logits.shape[-1]), "linear"))
    return jnp.mean(jnp.stack(seen), 0)


@program(static=("preprocessing",))
def _features(params: vgg.Params, photo: Picture, *, preprocessing: str) -> Float[Array, "_ _ _"]:
    return clusters.embed(vgg.features(params, photo, preprocessing, clusters.LAYERS))


@program()
def _soft_mask(photo: Picture, share: Float[Array, "_ _"]) -> Plane:
    return borders.soft_mask(photo, share)
