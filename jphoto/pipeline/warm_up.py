"""The programs for photos of common proportions, compiled before they are needed."""

import time
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import NamedTuple

import jax

from jphoto import images
from jphoto.compilation import wait_for_pending
from jphoto.networks.vgg import with_flipped_kernels
from jphoto.pipeline.reading import pair_of
from jphoto.segmentation import automatic_regions
from jphoto.settings import Settings
from jphoto.solver.ahead import compile_ahead, compile_preview_ahead
from jphoto.solver.devices import devices_for
from jphoto.solver.pairs import Pair, bucket, transposed
from jphoto.weights import LazyWeights

PROPORTIONS = ("3:2", "4:3", "16:9", "5:4", "1:1")
"""Width to height of the arrays for all photos up to 16:9: the first of `pairs.PROPORTIONS`."""


class Warmed(NamedTuple):
    """What was compiled."""

    proportion: str
    shape: tuple[int, int]
    """Height and width of the arrays, which photos of similar proportions share."""
    seconds: float


def warm_up(settings: Settings) -> Iterator[Warmed]:
    """Compile what transfers and previews of a size need, and cache it on disk, if jax does.

    Programs that are cached already are only loaded.

    Args:
      settings: of the transfers.

    Yields: each of `PROPORTIONS` when it is done.
    Raises: a `JphotoError`, for weights or a device that are not there.
    """
    network, (device, *_) = LazyWeights(settings.backbone), devices_for(settings, False)
    with jax.default_device(device):
        params = with_flipped_kernels(jax.device_put(network.params))
        for proportion in PROPORTIONS:
            began, landscape = time.perf_counter(), _example(proportion, settings.long_side)
            portrait = transposed(landscape)
            mixed = Pair(landscape[0], portrait[1], landscape[2], portrait[3])
            for pair in (mixed, landscape):  # portraits by themselves are solved as landscapes
                shape = bucket(pair, settings.long_side)
                compile_ahead(pair, shape, params, network.preprocessing, settings, None, None)
                compile_preview_ahead(pair, shape)
            for pair in (landscape, portrait):
                _find_regions(pair, settings, network)
            wait_for_pending()
            yield Warmed(proportion, shape.content, time.perf_counter() - began)


def warm_up_previews(settings: Settings) -> Iterator[None]:
    """Compile what previews of a size need, as `warm_up`, in pieces short enough to wait for.

    Args:
      settings: of the previews.

    Yields: after each piece, so that something else can be done first.
    Raises: a `JphotoError`, as `warm_up`.
    """
    network, (device, *_) = LazyWeights(settings.backbone), devices_for(settings, False)
    for proportion in PROPORTIONS:
        landscape = _example(proportion, settings.long_side)
        portrait = transposed(landscape)
        mixed = Pair(landscape[0], portrait[1], landscape[2], portrait[3])
        for pair in (landscape, mixed):
            with jax.default_device(device):
                compile_preview_ahead(pair, bucket(pair, settings.long_side))
                wait_for_pending()
            yield
        for pair in (landscape, portrait):
            with jax.default_device(device):
                _find_regions(pair, settings, network, (True,))
                wait_for_pending()
            yield


def _example(proportion: str, size: int) -> Pair:
    """A bundled pair, cropped to a proportion and enlarged."""
    width, height = map(int, proportion.split(":"))
    photos = []
    with resources.as_file(resources.files("jphoto") / "photos" / "meadow") as folder:
        for role in ("content", "style"):
            photo = images.read_picture(folder / f"{role}.jpg", role=role)
            crop = min(photo.shape[0] / height, photo.shape[1] / width)
            photo = photo[: round(crop * height), : round(crop * width)]
            scale = size / max(width, height)
            photos.append(images.resize(photo, (round(scale * height), round(scale * width))))
    content, style = photos
    return pair_of(content, style, None, None, size)[0]


def _find_regions(
    pair: Pair, settings: Settings, network: LazyWeights, ways: Sequence[bool] = (False, True)
) -> None:
    """Find regions as a transfer does, and, the quick way, as a preview does."""
    photos = pair.content, pair.style
    for quick in ways:
        found = automatic_regions.find(photos, settings.regions, network, quick=quick)
        automatic_regions.match_masks(photos, found, quick=quick)
