"""The front door: two photos in, one photo out, from paths, Pillow images or arrays."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jaxtyping import Float32

from jphoto import images, weights
from jphoto.images import PictureSource
from jphoto.label import Label
from jphoto.pipeline import automatic_regions, finish
from jphoto.pipeline.capacity import free_bytes, sized
from jphoto.pipeline.devices import devices_for
from jphoto.pipeline.reading import pair_of
from jphoto.progress import Progress, Status, Step
from jphoto.regions import Region
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, bucket
from jphoto.solver.plan import paddable
from jphoto.solver.single import solve


@dataclasses.dataclass(frozen=True)
class Result:
    """A finished transfer."""

    picture: Float32[np.ndarray, "h w 3"]
    """At the size of the content photo, or with `settings.out_size` as its long side: sRGB in
    [0, 1], but that colors of a photo with a wider color profile may lie outside."""
    solved: Float32[np.ndarray, "hs ws 3"]
    """What was solved, sRGB in [0, 1], its long side at most `settings.size`."""
    content: Float32[np.ndarray, "hs ws 3"]
    """The content photo as it was solved."""
    original: images.Original
    """The content photo as it was read."""
    label: Label
    """How the picture was made, as its file will say."""
    steps: tuple[Step, ...]
    """Loss terms at the best picture after each step; the first is the start's."""
    status: Status
    regions: tuple[Region, ...]
    """Which regions were matched, and what became of the others."""
    seconds: dict[str, float]
    """By phase: read, weights, regions, prepare, solve, smooth, lift, total; compilation is in the
    four after weights."""

    @property
    def settings(self) -> Settings:
        """As given, but with the `size`, `backbone`, `device` and, without masks, the `regions`
        that were used.
        """
        return self.label.settings

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the picture, as a file of the content photo's color profile, depth, transparency
        and metadata; the format follows from the suffix.

        Raises: ImageError, if the file exists (without `force`), cannot be written, or has not
          the depth that the settings ask for.
        """
        target = finish.check(path, self.settings, inputs=(), force=force)
        finish.write(self.picture, self.original, target, self.settings, self.label)


def transfer(
    content: PictureSource,
    style: PictureSource,
    *,
    content_mask: PictureSource | None = None,
    style_mask: PictureSource | None = None,
    settings: Settings | None = None,
    progress: Callable[[Progress], bool | None] | None = None,
    shard_picture: bool = False,
) -> Result:
    """Give the content photo the look of the style photo.

    Args:
      content: the photo whose objects and edges stay: a path, a Pillow image, or an array
        h x w x 3, of uint8 or of floats in [0, 1].
      style: the photo whose look is taken; any size.
      content_mask: regions of the content photo in flat colors; needs `style_mask` beside it.
        Without masks, regions are found.
      style_mask: regions of the style photo; the same color means the same kind of thing.
      settings: how to transfer; `Settings()` when left out.
      progress: called after every chunk of steps; returning False stops early, and the best
        picture so far is returned.
      shard_picture: lay the rows of the picture over all devices of the kind: for a photo too large
        for the memory of one.

    Raises: a `JphotoError`, by cause: pictures, masks, weights or device.
    Source: Luan et al. 2017, "Deep Photo Style Transfer".
    """
    settings, watch = settings or Settings(), _Watch()
    masks = (None, None) if settings.regions == "none" else (content_mask, style_mask)
    original = images.read_original(content, role="content")
    devices = devices_for(settings, shard_picture)
    pair, table, settings = _reduced(original, style, masks, settings, devices)
    digests = finish.digests(content, style, content_mask, style_mask)
    watch.lap("read")
    network = weights.load(weights.resolve(settings.backbone))
    watch.lap("weights")
    with jax.default_device(devices[0]):
        if masks[0] is None:
            pair, table, settings = matched(pair, settings, network)
        watch.lap("regions")
        shape = bucket(pair, settings.long_side, len(devices)) if paddable(settings) else None
        given = jax.device_put(network.params), network.preprocessing, settings, progress
        solution = solve(pair, *given, shape, devices=devices)
    watch.lap("solve")
    picture = finish.finished(original, pair.content, solution.picture, settings)
    watch.lap("lift")
    return Result(
        picture=picture,
        solved=np.clip(solution.picture, 0, 1),
        content=pair.content,
        original=original,
        label=finish.label_of(settings, digests, network, devices[0]),
        steps=solution.steps,
        status=solution.status,
        regions=table,
        seconds=watch.seconds(solution.seconds),
    )


def _reduced(
    original: images.Original,
    style: PictureSource,
    masks: tuple[PictureSource | None, PictureSource | None],
    settings: Settings,
    devices: Sequence[jax.Device],
) -> tuple[Pair, tuple[Region, ...], Settings]:
    """The pair at working size, the table of its regions, and the settings with that size."""
    pictures = images.viewed(original), images.read_picture(style, role="style")
    free, platform = free_bytes(devices[0]), devices[0].platform
    content_size, style_size = (picture.shape for picture in pictures)
    settings = sized(settings, content_size, style_size, platform, free, len(devices))
    return *pair_of(*pictures, *masks, settings.long_side), settings


class _Watch:
    """How long each phase took."""

    def __init__(self) -> None:
        self.began = self.last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """A phase ends here, and the next begins."""
        now = time.perf_counter()
        self.laps[phase], self.last = now - self.last, now

    def seconds(self, solve: dict[str, float]) -> dict[str, float]:
        """Of all phases in their order, that of the solve by those it had itself, and in total."""
        found: dict[str, float] = {}
        for phase, spent in self.laps.items():
            found |= solve if phase == "solve" else {phase: spent}
        return {**found, "total": self.last - self.began}


def matched(
    pair: Pair, settings: Settings, network: weights.Weights
) -> tuple[Pair, tuple[Region, ...], Settings]:
    """The pair with masks of the regions that it is found to share.

    Args:
      pair: whose masks are of no account.
      settings: say how to find them.
      network: VGG's weights.

    Returns: also the table of the regions, and the settings with how they were found.
    Raises: WeightsError, see `automatic.find`.
    """
    photos = pair.content, pair.style
    found = automatic_regions.find(photos, settings.regions, network)
    match = automatic_regions.match(photos, found)
    pair = Pair(*photos, match.content_masks, match.style_masks)
    return pair, match.table, dataclasses.replace(settings, regions=found.method)
