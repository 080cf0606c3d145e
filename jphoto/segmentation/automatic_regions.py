"""Regions without masks: run a network on the photos, match what it finds, and judge the match.

Photos come at working size. Networks get sizes rounded up to a multiple of `SIDE_MULTIPLE`, so that
many photos share a compiled program.
"""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import jax
import numpy as np
from jax import Array
from jaxtyping import Float, Float32

from jphoto import weights
from jphoto.arrays import Picture
from jphoto.arrays.tiles import ONE_PICTURE, Tiles
from jphoto.compilation import in_threads, program
from jphoto.networks import vgg
from jphoto.regions import COLOR_NAMES, HostMasks, MatchedRegions, clusters
from jphoto.regions.labels import CLASS_NAMES, CLASSES, SUBSTITUTES
from jphoto.regions.matching import (
    SegmentMatch,
    Segments,
    find_segments,
    labels_without,
    match_segments,
    segments_without_match,
)
from jphoto.regions.similarity import align_clusters, rank_substitutes, similarities
from jphoto.segmentation.probabilities import (
    label_probabilities,
    network_input,
    with_photo_colors,
)
from jphoto.segmentation.soft_masks import (
    HostPicture,
    load_ahead,
    soft_masks,
    soft_masks_at_half_size,
)
from jphoto.weights import AnyWeights

Method: TypeAlias = Literal["labels", "features", "none"]
HostFeatures: TypeAlias = Float32[np.ndarray, "_ _ _"]
_Embed: TypeAlias = Callable[[], list[HostFeatures]]
"""Features of the photos, computed when first asked for."""

FEATURES_SIDE = 384
"""Long side of the photo that VGG gets for clusters, in pixels."""
SMALLEST_MATCH_CONFIDENCE = 0.4
"""Photos that match less have too little in common, see `SegmentMatch.match_confidence`."""

_log = logging.getLogger(__name__)


class FoundRegions(NamedTuple):
    """The segments of one or two photos, and which of them match."""

    method: Method
    photos: tuple[Segments, ...]
    """Of each photo. In the content's labels, small segments are already replaced by others."""
    names: tuple[str, ...]
    """Of the segments."""
    colors: tuple[int, ...]
    """Of the segments in masks, red * 65536 + green * 256 + blue."""
    match: SegmentMatch
    """Of the two photos; a single photo is matched with itself."""


def find(
    photos: Sequence[HostPicture],
    method: str,
    network: AnyWeights,
    *,
    quick: bool = False,
    tiles: Tiles = ONE_PICTURE,
) -> FoundRegions:
    """Find the regions of one photo, or the matched regions of two.

    Args:
      photos: one or two, in [0, 1].
      method: "labels", "features" or "none"; "auto" tries labels, if the segmenter is installed,
        then features, and uses the first by which the photos match well enough.
      network: VGG's weights, for features.
      quick: whether to choose substitutes of classes that the style lacks without features.
      tiles: of the first photo.

    Returns: whole photos, after a warning, if no method finds matching regions.
    Raises: WeightsError, if labels are asked for and the segmenter is not installed.
    """
    methods = [method] if method != "auto" else ["labels", "features"]
    if method == "auto" and weights.find("deeplab") is None:
        methods.remove("labels")
    embed = functools.cache(functools.partial(_embeddings, photos, network, quick))
    for chosen, following in zip(methods, [*methods[1:], None], strict=True):
        found = _FINDERS[chosen](photos, embed, quick, tiles)
        if found.method != chosen:
            _log.warning("regions by %s: no distinct parts found; using whole photos", chosen)
            return found
        groups, confidence = found.match.groups, found.match.match_confidence
        matched = groups and (method != "auto" or confidence >= SMALLEST_MATCH_CONFIDENCE)
        if len(photos) == 1 or matched:
            return found
        fallback = f"trying {following}" if following else "using whole photos"
        message = "regions by %s: only %.0f%% of the photos match with confidence; %s"
        _log.warning(message, chosen, 100 * confidence, fallback)
    return _find_nothing(photos)


def match_masks(
    photos: Sequence[HostPicture], found: FoundRegions, *, quick: bool = False
) -> MatchedRegions:
    """Compute soft masks of the regions that two photos share.

    Args:
      photos: the content and the style, at working size.
      found: in these photos.
      quick: whether to compute them at half the size, in a quarter of the time.
    """
    make = soft_masks_at_half_size if quick else soft_masks

    def masks(number: int) -> HostMasks:
        return make(photos[number], found.photos[number].labels, found.match.groups)

    content, style = in_threads(masks, (0, 1))
    return MatchedRegions(content, style, found.match.table)


def find_known(
    photo: HostPicture, known: Mapping[str, float], tiles: Tiles = ONE_PICTURE
) -> FoundRegions:
    """Find in one photo the classes of regions that a look knows, and match them with those.

    Args:
      photo: the content, in [0, 1].
      known: the share of each class in the photos of the look, by name.
      tiles: of the photo.

    Returns: the content's segments and, as a second photo, the look's.
    Raises: WeightsError, if the segmenter is not installed.
    """
    in_look = np.array([name in known for name in CLASS_NAMES])
    probabilities = label_probabilities([photo], tiles, in_look)
    shares = tuple(known.get(name, 0.0) for name in CLASS_NAMES)
    nowhere = np.full((1, 1), -1, np.int32)
    of_look = Segments(nowhere, tuple(in_look.astype(float).tolist()), shares)
    segments = [*map(find_segments, probabilities), of_look]
    return _matched("labels", probabilities, segments, CLASS_NAMES, _CLASS_COLORS, SUBSTITUTES)


def _find_labels(
    photos: Sequence[HostPicture], embed: _Embed, quick: bool, tiles: Tiles
) -> FoundRegions:
    probabilities = label_probabilities(photos, tiles)
    segments, substitutes = [*map(find_segments, probabilities)], SUBSTITUTES
    if not quick and segments_without_match(segments[0], segments[-1]):
        similarity = similarities(segments, embed())
        substitutes = rank_substitutes(SUBSTITUTES, CLASS_NAMES, similarity)
    return _matched("labels", probabilities, segments, CLASS_NAMES, _CLASS_COLORS, substitutes)


def _find_features(
    photos: Sequence[HostPicture], embed: _Embed, quick: bool, tiles: Tiles
) -> FoundRegions:
    embeddings = embed()
    probabilities = clusters.cluster_features(embeddings)
    count = probabilities[0].shape[-1]
    if count == 1:
        return _find_nothing(photos)
    names = tuple(f"part {number}" for number in range(1, count + 1))
    if len(photos) == 2:
        similarity = similarities([*map(find_segments, probabilities)], embeddings)
        probabilities = [align_clusters(probabilities[0], similarity), probabilities[1]]
    probabilities = with_photo_colors(photos, probabilities)
    segments, colors = [*map(find_segments, probabilities)], tuple(COLOR_NAMES)[:count]
    substitutes = dict.fromkeys(names, ())
    return _matched("features", probabilities, segments, names, colors, substitutes)


def _find_nothing(photos: Sequence[HostPicture], *_: object) -> FoundRegions:
    """Whole photos as one region."""
    everywhere = [np.ones((1, 1, 1), np.float32)] * len(photos)
    segments = [*map(find_segments, everywhere)]
    return _matched("none", everywhere, segments, ("whole photo",), (0,), {"whole photo": ()})


_CLASS_COLORS = tuple(region_class.color for region_class in CLASSES.values())

_FINDERS: dict[str, Callable[..., FoundRegions]] = {
    "labels": _find_labels,
    "features": _find_features,
    "none": _find_nothing,
}


def _matched(
    method: Method,
    probabilities: Sequence[np.ndarray],
    segments: Sequence[Segments],
    names: tuple[str, ...],
    colors: tuple[int, ...],
    substitutes: Mapping[str, tuple[str, ...]],
) -> FoundRegions:
    content, *style = segments
    match = match_segments(content, segments[-1], names, substitutes)
    labels = labels_without(match.small_segments, content, probabilities[0])
    content = content._replace(labels=labels)
    return FoundRegions(method, (content, *style), names, colors, match)


def _embeddings(
    photos: Sequence[HostPicture], network: AnyWeights, quick: bool
) -> list[HostFeatures]:
    params, preprocessing = jax.device_put(network.params), network.preprocessing
    resized = [network_input(photo, FEATURES_SIDE) for photo in photos]
    for picture in resized:
        _embed.ahead(params, picture, preprocessing=preprocessing)
    for photo in photos:
        load_ahead(photo, quick=quick)

    def embed(picture: Picture) -> HostFeatures:
        return np.asarray(_embed(params, picture, preprocessing=preprocessing))

    return in_threads(embed, resized)


@program(static=("preprocessing",))
def _embed(params: vgg.Params, photo: Picture, *, preprocessing: str) -> Float[Array, "_ _ _"]:
    return clusters.embed(vgg.features(params, photo, preprocessing, clusters.LAYERS))
