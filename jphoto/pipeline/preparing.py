"""A pair made ready to be solved: its working size, regions, padded arrays and group."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import Float32

from jphoto.arrays.tiles import ONE_PICTURE, Tiles
from jphoto.errors import LookError, MaskError
from jphoto.images import PictureSource
from jphoto.looks import Look
from jphoto.looks import regions as look_regions
from jphoto.looks.targets import LookTargets, region_colors
from jphoto.objectives.targets import StyleTargets
from jphoto.pipeline.capacity import with_fitting_size
from jphoto.pipeline.reading import content_of, pair_of
from jphoto.process.phases import phase
from jphoto.regions import Region
from jphoto.segmentation import automatic_regions
from jphoto.settings import Settings
from jphoto.solver.ahead import compile_preview_ahead
from jphoto.solver.pairs import Pair, Shape, bucket, is_portrait
from jphoto.solver.plan import objectives, paddable, steps_per_level
from jphoto.solver.progress import Progress
from jphoto.solver.single import Solution, recolor
from jphoto.weights import AnyWeights

AFTER_SOLVING = ("size", "regions", "out_size", "depth", "gray", "strip_location", "label")
"""Settings that take effect before or after a solve, so that pairs of one group may differ."""

MaskSources: TypeAlias = tuple[PictureSource | None, PictureSource | None]


class Group(NamedTuple):
    """What pairs must have in common to be solved by one program, side by side."""

    content: tuple[int, int] | None
    """Height and width of the padded arrays; None for settings without padding, whose pairs are
    solved one by one."""
    regions: int
    portrait: bool
    """Whether the arrays hold the pairs transposed, see `pairs.transposed`."""
    steps: tuple[int, ...]
    settings: Settings
    """Without those that take effect before or after a solve."""


class PreparedPair(NamedTuple):
    """A pair with everything that its solve needs."""

    pair: Pair
    shape: Shape | None
    """Of its padded arrays; None without padding."""
    regions: tuple[Region, ...]
    """Which regions were matched, and what happens to the others."""
    settings: Settings
    """As given, with the size and the regions that are used."""
    group: Group
    seconds: dict[str, float]
    """Time spent by phase: read, regions."""
    look: LookTargets | None = None
    """In place of a style photo; the content photo, which has the right size, stands for the style
    photo of the pair then."""

    @property
    def look_title(self) -> str:
        """Of the look; empty with a style photo."""
        return self.look.title if self.look else ""


def prepare_pair(
    content: Float32[np.ndarray, "h w 3"],
    style: Float32[np.ndarray, "hs ws 3"] | Look,
    masks: MaskSources,
    settings: Settings,
    network: AnyWeights,
    devices: Sequence[jax.Device],
    free: int,
    tiles: Tiles = ONE_PICTURE,
) -> PreparedPair:
    """Bring two photos to working size and find the regions that they share.

    Args:
      content: the content photo at its own size, sRGB in [0, 1].
      style: the style photo at its own size, or a look.
      masks: of the content photo and the style photo; without them, regions are found. With a
        look, of the content photo.
      settings: of the transfer.
      network: VGG's weights, which only regions by features need here.
      devices: one, or those that the picture's rows are sharded over.
      free: bytes of memory that the transfer may use, from `free_bytes`.
      tiles: of the content photo.

    Raises: a `JphotoError`, for photos, masks and looks that cannot be used, too little memory, or
      missing weights of the segmenter.
    """
    if isinstance(style, Look):
        return _prepare_with_look(content, style, masks, settings, network, devices, free, tiles)
    began = time.perf_counter()
    masks = (None, None) if settings.regions == "none" else masks
    platform, count = devices[0].platform, len(devices)
    settings = with_fitting_size(settings, content.shape, style.shape, platform, free, count)
    pair, table = pair_of(content, style, *masks, settings.long_side)
    read = time.perf_counter()
    if masks[0] is None:
        with phase("finding regions"), jax.default_device(devices[0]):
            pair, table, settings = _with_found_regions(pair, settings, network, count, tiles)
    seconds = {"read": read - began, "regions": time.perf_counter() - read}
    return _grouped(pair, table, settings, count, seconds)


def look_targets(prepared: PreparedPair) -> list[StyleTargets] | None:
    """The style targets of a pair's look at each size; None of a pair with a style photo."""
    if prepared.look is None:
        return None
    levels = objectives(len(prepared.group.steps), prepared.settings)
    targets: list[StyleTargets] = prepared.look.style_targets(levels, _regions_of_arrays(prepared))
    return targets


def recolor_prepared(
    prepared: PreparedPair, progress: Callable[[Progress], bool | None] | None = None
) -> Solution:
    """The solution of a pair without steps: the color transfer, see `single.recolor`."""
    colors = prepared.look and prepared.look.colors(_regions_of_arrays(prepared))
    return recolor(prepared.pair, prepared.settings, progress, prepared.shape, colors)


def _regions_of_arrays(prepared: PreparedPair) -> int:
    """The number of regions that a pair's arrays have room for."""
    return prepared.shape.regions if prepared.shape else len(prepared.pair.content_masks)


def _prepare_with_look(
    content: Float32[np.ndarray, "h w 3"],
    look: Look,
    masks: MaskSources,
    settings: Settings,
    network: AnyWeights,
    devices: Sequence[jax.Device],
    free: int,
    tiles: Tiles,
) -> PreparedPair:
    """As `prepare_pair`, with a look in place of the style photo."""
    began, count = time.perf_counter(), len(devices)
    _check_look(look, masks, settings, network)
    photos = content.shape, content.shape
    settings = with_fitting_size(settings, *photos, devices[0].platform, free, count)
    photo, mask = content_of(content, masks[0], settings.long_side)
    read = time.perf_counter()
    with phase("finding regions"), jax.default_device(devices[0]):
        found = look_regions.find_regions(
            photo, look.statistics, settings.regions,
            mask=mask, general=look.general, quick=not settings.steps, tiles=tiles,
        )  # fmt: skip
    if found.method is not None:
        settings = dataclasses.replace(settings, regions=found.method)
    targets = LookTargets(
        look.title, look.statistics, found.groups, region_colors(photo, found.masks)
    )
    seconds = {"read": read - began, "regions": time.perf_counter() - read}
    pair = Pair(photo, photo, found.masks, found.masks)
    return _grouped(pair, found.table, settings, count, seconds, targets)


def _check_look(look: Look, masks: MaskSources, settings: Settings, network: AnyWeights) -> None:
    """Raise an error for a look that does not fit the other arguments of a transfer."""
    if masks[1] is not None:
        raise MaskError("a look needs no style mask; give the content mask alone, or no mask")
    if settings.objective != "jphoto":
        raise LookError(
            f"a look does not hold what the objective {settings.objective!r} compares; give a "
            "style photo"
        )
    if settings.steps:
        look.check_network(network.network, network.digest)


def _with_found_regions(
    pair: Pair, settings: Settings, network: AnyWeights, devices: int, tiles: Tiles
) -> tuple[Pair, tuple[Region, ...], Settings]:
    """The pair with masks of the regions that are found in both photos.

    Args:
      pair: at working size, without regions.
      settings: of the transfer.
      network: VGG's weights.
      devices: number of devices that the content photo's rows are sharded over.
      tiles: of the content photo.

    Returns: also the table of regions, and the settings with the method that found them.
    """
    photos, quick = (pair.content, pair.style), not settings.steps
    found = automatic_regions.find(photos, settings.regions, network, quick=quick, tiles=tiles)
    if not settings.steps and paddable(settings):
        # Loaded while the masks are made; few pairs have more regions than their arrays' least.
        compile_preview_ahead(pair, bucket(pair, settings.long_side, devices))
    match = automatic_regions.match_masks(photos, found, quick=quick)
    pair = Pair(*photos, match.content_masks, match.style_masks)
    return pair, match.table, dataclasses.replace(settings, regions=found.method)


def _grouped(
    pair: Pair,
    table: tuple[Region, ...],
    settings: Settings,
    devices: int,
    seconds: dict[str, float],
    look: LookTargets | None = None,
) -> PreparedPair:
    """A pair whose regions are known, with its arrays' shape and its group."""
    shape = bucket(pair, settings.long_side, devices) if paddable(settings) else None
    group = _group(pair, shape, settings)
    return PreparedPair(pair, shape, table, settings, group, seconds, look)


def _group(pair: Pair, shape: Shape | None, settings: Settings) -> Group:
    defaults = {name: getattr(Settings(), name) for name in AFTER_SOLVING}
    common = dataclasses.replace(settings, **defaults)
    steps = tuple(steps_per_level(pair, settings))
    if shape is None:
        return Group(None, 0, False, steps, common)
    return Group(shape.content, shape.regions, is_portrait(pair), steps, common)
