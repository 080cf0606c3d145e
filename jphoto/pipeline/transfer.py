"""One transfer: two photos in, one photo out, from paths, Pillow images or arrays."""

import dataclasses
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float32

from jphoto import images
from jphoto.images import PictureSource
from jphoto.label import Label
from jphoto.looks.styles import Masks, StyleSource, style_of
from jphoto.pipeline import finish
from jphoto.pipeline.capacity import free_bytes
from jphoto.pipeline.digests import check_unchanged, digests_of
from jphoto.pipeline.preparing import (
    PreparedPair,
    look_targets,
    prepare_pair,
    recolor_prepared,
)
from jphoto.pipeline.reading import read_style
from jphoto.process.phases import phase
from jphoto.regions import Region
from jphoto.settings import Settings
from jphoto.solver.devices import devices_for
from jphoto.solver.progress import Progress, Status, Step
from jphoto.solver.single import Solution, solve
from jphoto.weights import AnyWeights, LazyWeights

LIFTING = "making the result at full size"
"""The last phase of a transfer, see `jphoto.process.phases`."""


@dataclasses.dataclass(frozen=True)
class Result:
    """A finished transfer."""

    picture: Float32[np.ndarray, "h w 3"]
    """The result at the size of the content photo, or with `settings.out_size` as its long side:
    sRGB in [0, 1]; colors of a photo with a wider color profile may lie outside."""
    solved: Float32[np.ndarray, "hs ws 3"]
    """The picture as it was solved, sRGB in [0, 1], its long side at most `settings.size`."""
    unclipped: Float32[np.ndarray, "hs ws 3"]
    """The same before it was clipped to [0, 1]: all that `lifted_result` needs besides the content
    photo and the label."""
    content: Float32[np.ndarray, "hs ws 3"]
    """The content photo at the size of `solved`."""
    original: images.Original
    """The content photo as it was read."""
    label: Label
    """How the picture was made; `save` writes it into the file."""
    steps: tuple[Step, ...]
    """Loss terms at the best picture after each step; the first is the start's. None with
    `settings.steps` 0."""
    status: Status
    regions: tuple[Region, ...]
    """Which regions were matched, and what happened to the others."""
    seconds: dict[str, float]
    """Time spent by phase: read, weights, regions, prepare, solve, smooth, lift, total; regions to
    smooth include compilation."""

    @property
    def settings(self) -> Settings:
        """The settings as given, with the `size`, `backbone`, `device` and, without masks, the
        `regions` that were used.
        """
        return self.label.settings

    def with_strength(self, strength: float | int) -> "Result":
        """The result with another share of the change, see `Settings.style_strength`. Nothing is
        solved again; the picture is made at full size anew, in seconds for many megapixels.

        Raises: SettingsError, for a strength that is not from 0 to 1, and of a result that was
          solved with strength 0.
        """
        settings = dataclasses.replace(self.settings, style_strength=strength)
        label = dataclasses.replace(self.label, settings=settings)
        was = self.settings.style_strength
        unclipped = finish.at_strength(self.content, self.unclipped, was, strength)
        rest = self.steps, self.status, self.regions, self.seconds
        return lifted_result(self.original, self.content, unclipped, label, *rest)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the picture with the content photo's color profile, depth, transparency and
        metadata; the suffix decides the format.

        Raises: ImageError, if the file exists (without `force`), cannot be written, or its format
          cannot hold the picture's size or the depth that the settings ask for;
          SavedElsewhereError, if the picture had to be saved under another name.
        """
        target = finish.check_output(path, self.settings, inputs=(), force=force)
        finish.check_size(target, self.original, self.settings)
        with phase("writing the result"):
            finish.write_result(
                self.picture, self.original, target, self.settings, self.label, force=force
            )


def transfer(
    content: PictureSource,
    style: StyleSource | Sequence[StyleSource],
    *,
    content_mask: PictureSource | None = None,
    style_mask: Masks = None,
    style_weights: Sequence[float | int] | None = None,
    style_for: Mapping[str, StyleSource] | None = None,
    settings: Settings | None = None,
    progress: Callable[[Progress], bool | None] | None = None,
    shard_picture: bool = False,
    save_as: str | os.PathLike[str] | None = None,
    content_tiles: tuple[int, int] = (1, 1),
) -> Result:
    """Give the content photo the look of the style photo.

    Args:
      content: the photo whose objects and edges stay: a path, the bytes of a file, a file open for
        reading bytes, a Pillow image, or an array h x w x 3, of uint8 or of floats in [0, 1].
      style: the photo whose colors and textures are transferred, of any size, or a `Look`, the path
        of its file, or the name of a bundled one. Several are mixed, see `Look`.
      content_mask: regions of the content photo in flat colors; needs `style_mask` beside it unless
        the style is a look. Without masks, regions are found.
      style_mask: regions of the style photo; the same color marks the same class of things. Of
        several styles, one each, None for one without.
      style_weights: of several styles; equal ones when left out.
      style_for: styles of single kinds of things, by the names of the kinds, such as "sky".
      settings: how to transfer; `Settings()` when left out.
      progress: called with the picture that the steps start from, and after every chunk of steps;
        returning False stops early, and the best picture so far is returned.
      shard_picture: shard the rows of the picture over all devices of the machine, for a photo too
        large for the memory of one.
      save_as: where the result will be saved, by `Result.save`: whether its format can hold the
        result is checked as soon as the size is known. Nothing is written.
      content_tiles: rows and columns, if the content photo consists of several pictures of one
        size, such as frames of a clip: things are recognized in each of them by itself.

    Raises: a `JphotoError`, by cause: pictures, masks, weights or device.
    Source: Luan et al. 2017, "Deep Photo Style Transfer".
    """
    began, settings = time.perf_counter(), settings or Settings()
    chosen, mask, settings = style_of(style, style_mask, style_weights, style_for, settings)
    with phase("reading the photos"), ThreadPoolExecutor(1) as thread:
        inputs = finish.held_inputs(content, chosen, content_mask, mask)
        digests = digests_of(inputs)
        other = thread.submit(read_style, inputs["style"])
        original = images.read_original(inputs["content"], role="content")
        if save_as is not None:
            finish.check_size(Path(save_as), original, settings)
        devices = devices_for(settings, shard_picture)
        pictures = images.srgb_on_white(original), other.result()
    free, read = free_bytes(devices[0]), time.perf_counter()
    network = LazyWeights(settings.backbone)
    if settings.steps:
        network.load()
    loaded = time.perf_counter()
    masks = inputs.get("content_mask"), inputs.get("style_mask")
    prepared = prepare_pair(*pictures, masks, settings, network, devices, free, content_tiles)
    check_unchanged(inputs, digests)
    del pictures, inputs, masks
    with jax.default_device(devices[0]):
        solution = _solution(prepared, network, progress, devices)
    seconds = {"read": read - began + prepared.seconds["read"], "weights": loaded - read}
    seconds["regions"] = prepared.seconds["regions"]
    return make_result(original, prepared, solution, digests, network, devices[0], seconds)


def _solution(
    prepared: PreparedPair,
    network: LazyWeights,
    progress: Callable[[Progress], bool | None] | None,
    devices: Sequence[jax.Device],
) -> Solution:
    """The solution of a pair; without steps, the color transfer, which needs no network."""
    pair, settings, shape = prepared.pair, prepared.settings, prepared.shape
    if not settings.steps:
        return recolor_prepared(prepared, progress)
    params, known = jax.device_put(network.params), look_targets(prepared)
    return solve(
        pair, params, network.preprocessing, settings, progress, shape,
        style_targets=known, devices=devices,
    )  # fmt: skip


def make_result(
    original: images.Original,
    prepared: PreparedPair,
    solution: Solution,
    digests: Mapping[str, str],
    network: AnyWeights,
    device: jax.Device,
    seconds: Mapping[str, float],
) -> Result:
    """The result at full size, with its label.

    Args:
      original: the content photo as it was read.
      prepared: the pair that was solved.
      solution: of the pair.
      digests: of photos and masks, by role.
      network: weights that were used.
      device: that computed it.
      seconds: time spent before the solve, by phase.
    """
    settings = prepared.settings
    label = finish.label_of(settings, digests, network, device, prepared.look_title)
    return lifted_result(
        original, prepared.pair.content, solution.picture, label,
        solution.steps, solution.status, prepared.regions, {**seconds, **solution.seconds},
    )  # fmt: skip


def lifted_result(
    original: images.Original,
    content: Float32[np.ndarray, "h w 3"],
    unclipped: Float32[np.ndarray, "h w 3"],
    label: Label,
    steps: tuple[Step, ...],
    status: Status,
    regions: tuple[Region, ...],
    seconds: Mapping[str, float],
) -> Result:
    """The result at full size of a picture that was solved.

    Args:
      original: the content photo as it was read.
      content: the content photo at working size.
      unclipped: the solved picture, the same size.
      label: how it was made; its settings have the output size.
      steps: as in `Result`.
      status: as in `Result`.
      regions: as in `Result`.
      seconds: time spent before, by phase.
    """
    began = time.perf_counter()
    with phase(LIFTING):
        picture = finish.full_size_result(original, content, unclipped, label.settings)
    spent = {**seconds, "lift": time.perf_counter() - began}
    spent.pop("total", None)
    return Result(
        picture=picture,
        solved=np.clip(unclipped, 0, 1),
        unclipped=unclipped,
        content=content,
        original=original,
        label=label,
        steps=steps,
        status=status,
        regions=regions,
        seconds={**spent, "total": sum(spent.values())},
    )
