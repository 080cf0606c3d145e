"""The front door: two photos in, one photo out, from paths, Pillow images or arrays."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float32

from jphoto import automatic, finish, images, weights
from jphoto.errors import DeviceError, ImageError, MaskError, SettingsError
from jphoto.images import PictureSource
from jphoto.label import Label
from jphoto.pairs import Pair, bucket
from jphoto.plan import paddable
from jphoto.progress import Progress, Status, Step
from jphoto.regions import Match, Region, match_regions, whole_photos
from jphoto.settings import Settings
from jphoto.solve import solve

SMALLEST_SIDE = 32
"""Pixels: what leaves 2 x 2 features at the network's deepest style layer."""


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
    settings: Settings
    """As given, but with the `backbone`, the `device` and, without masks, the `regions` that were
    used."""
    regions: tuple[Region, ...]
    """Which regions were matched, and what became of the others."""
    seconds: dict[str, float]
    """By phase: read, weights, regions, prepare, solve, smooth, lift, total; compilation is in the
    four after weights."""

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
    settings = settings or Settings()
    began = time.perf_counter()
    masks = (None, None) if settings.regions == "none" else (content_mask, style_mask)
    original = images.read_original(content, role="content")
    pictures = images.viewed(original), images.read_picture(style, role="style")
    devices = _devices(settings, shard_picture)
    settings = sized(settings, (pictures[0].shape, pictures[1].shape), devices[0])
    pair, table = pair_of(*pictures, *masks, settings.long_side)
    del pictures
    read = time.perf_counter()
    network = weights.load(weights.resolve(settings.backbone))
    loaded = time.perf_counter()
    with jax.default_device(devices[0]):
        if masks[0] is None:
            pair, table, method = matched(pair, settings.regions, network)
            settings = dataclasses.replace(settings, regions=method)
        found = time.perf_counter()
        params = jax.device_put(network.params)
        # As in a batch: photos of about the same size share compiled programs.
        shape = bucket(pair, settings.long_side, len(devices)) if paddable(settings) else None
        solution = solve(
            pair, params, network.preprocessing, settings, progress, shape, devices=devices
        )
    solved = time.perf_counter()
    settings = as_used(settings, network, devices[0])
    picture = finish.finished(original, pair.content, solution.picture, settings)
    seconds = {"read": read - began, "weights": loaded - read, "regions": found - loaded}
    ended = time.perf_counter()
    roles = "content", "style", "content_mask", "style_mask"
    sources = dict(zip(roles, (content, style, content_mask, style_mask), strict=True))
    return Result(
        picture,
        np.clip(solution.picture, 0, 1),
        pair.content,
        original,
        finish.label_of(settings, finish.digests(sources), network.digest, devices[0]),
        solution.steps,
        solution.status,
        settings,
        table,
        {**seconds, **solution.seconds, "lift": ended - solved, "total": ended - began},
    )


def _devices(settings: Settings, shard_picture: bool) -> list[jax.Device]:
    """One, or all for a picture's rows to be laid over.

    Raises: DeviceError; SettingsError, for settings without a padded form.
    """
    devices = find_devices(settings.device)
    if not shard_picture:
        return devices[:1]
    if not paddable(settings):
        raise SettingsError(
            "a picture cannot be laid over devices with the published objective, a start from "
            "noise or bilateral smoothing"
        )
    return devices


def matched(
    pair: Pair, method: str, network: weights.Weights
) -> tuple[Pair, tuple[Region, ...], automatic.Method]:
    """The pair with masks of the regions that it is found to share, their table, and by what.

    Args:
      pair: whose masks are of no account.
      method: as `Settings.regions`.
      network: VGG's weights.

    Raises: WeightsError, see `automatic.find`.
    """
    photos = pair.content, pair.style
    found = automatic.find(photos, method, network)
    match = automatic.match(photos, found)
    return Pair(*photos, match.content_masks, match.style_masks), match.table, found.method


def as_used(settings: Settings, network: weights.Weights, device: jax.Device) -> Settings:
    """The settings with the backbone and the device in place of what was to be chosen."""
    names: Any = {"backbone": network.network, "device": kind_of(device)}
    return dataclasses.replace(settings, **names)


def sized(
    settings: Settings, sizes: tuple[tuple[int, ...], tuple[int, ...]], device: jax.Device
) -> Settings:
    """The settings with a size in numbers that there is memory for.

    Args:
      settings: size and method are read here.
      sizes: height and width of content and style, in their first two places.
      device: where the pair is to be solved.

    Raises: DeviceError, if there is not enough memory for the size asked for.
    """
    if settings.size == "auto":
        return dataclasses.replace(settings, size=settings.long_side)
    return settings


def read_pair(
    content: PictureSource,
    style: PictureSource,
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Photos and masks read and brought to working size, as `pair_of` has it."""
    pictures = (
        images.read_picture(content, role="content"),
        images.read_picture(style, role="style"),
    )
    return pair_of(*pictures, content_mask, style_mask, size)


def pair_of(
    content: Float32[np.ndarray, "h w 3"],
    style: Float32[np.ndarray, "hs ws 3"],
    content_mask: PictureSource | None,
    style_mask: PictureSource | None,
    size: int,
) -> tuple[Pair, tuple[Region, ...]]:
    """Photos and masks at working size, and the table of their regions.

    Args:
      size: long side of both working pictures, in pixels.

    Raises: ImageError or MaskError.
    """
    if (content_mask is None) != (style_mask is None):
        given, missing = ("content", "style") if style_mask is None else ("style", "content")
        raise MaskError(f"only the {given} mask was given; give the {missing} mask too, or neither")
    pictures = reduced_photo(content, "content", size), reduced_photo(style, "style", size)
    if content_mask is None or style_mask is None:
        match = whole_photos(pictures[0].shape[:2], pictures[1].shape[:2])
    else:
        sizes = [photo.shape[:2] for photo in (content, style)]
        match = _read_masks((content_mask, style_mask), pictures, sizes)
    pair = Pair(pictures[0], pictures[1], match.content_masks, match.style_masks)
    return pair, match.table


def read_photo(
    source: PictureSource, role: str, size: int
) -> tuple[Float32[np.ndarray, "h w 3"], tuple[int, int]]:
    """A photo at working size, see `reduced_photo`, and its own (height, width)."""
    picture = images.read_picture(source, role=role)
    return reduced_photo(picture, role, size), (picture.shape[0], picture.shape[1])


def reduced_photo(
    picture: Float32[np.ndarray, "h w 3"], role: str, size: int
) -> Float32[np.ndarray, "h2 w2 3"]:
    """A photo at working size.

    Args:
      picture: at its own size.
      role: of the photo, for messages.
      size: long side of the working picture, in pixels.

    Raises: ImageError, if it is less than the network can take.
    """
    height, width = images.working_size(picture.shape[:2], size)
    if min(height, width) < SMALLEST_SIDE:
        before = f"{picture.shape[1]} x {picture.shape[0]}"
        shrunk = (
            "" if (height, width) == picture.shape[:2] else f", {width} x {height} at size {size}"
        )
        raise ImageError(
            f"{role}: the photo is {before} pixels{shrunk}; the network needs at least "
            f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
        )
    return images.resize(picture, (height, width))


def _read_masks(
    sources: tuple[PictureSource, PictureSource],
    pictures: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int]],
) -> Match:
    masks = [
        images.read_mask(source, role=role, size=picture.shape[:2], picture_size=size)
        for source, role, picture, size in zip(
            sources, ("content mask", "style mask"), pictures, sizes, strict=True
        )
    ]
    return match_regions(masks[0], masks[1])


def find_devices(name: str) -> list[jax.Device]:
    """The devices of a kind that belong to this process; "auto" is the fastest kind there is.

    Raises: DeviceError, if this machine, or the jax installed on it, has none.
    """
    try:
        found: list[jax.Device] = jax.local_devices(backend=None if name == "auto" else name)
        return found
    except RuntimeError:
        kinds = ", ".join(sorted({kind_of(device) for device in jax.local_devices()} | {"cpu"}))
        raise DeviceError(
            f"no {name} that jax can use is on this machine, only {kinds}; with the hardware "
            "present, install jphoto[cuda13], jphoto[cuda12] or jphoto[tpu]"
        ) from None


def kind_of(device: jax.Device) -> str:
    """cpu, gpu or tpu, as Settings calls it."""
    platform: str = device.platform
    return "gpu" if platform in ("cuda", "rocm") else platform
