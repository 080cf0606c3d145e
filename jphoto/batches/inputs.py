"""One task made ready to be solved: files hashed, photos read, regions found.

This is the host's part; it goes on in threads of its own while a device solves what was ready
before.
"""

import dataclasses
import time
from pathlib import Path
from typing import NamedTuple

import jax

from jphoto import files, images, weights
from jphoto.batches.entries import Task
from jphoto.batches.records import Records, key_of
from jphoto.label import Label
from jphoto.pipeline import finish
from jphoto.pipeline.capacity import sized
from jphoto.pipeline.digests import digests_of
from jphoto.pipeline.reading import pair_of
from jphoto.pipeline.transfer import matched
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, Shape, bucket
from jphoto.solver.plan import paddable, planned_steps
from jphoto.weights.archive import Weights
from jphoto.weights.digests import file_digest


class Group(NamedTuple):
    """What pairs must have in common to be solved together."""

    content: tuple[int, int] | None
    """Of the arrays; None for settings without a padded form: these are solved one by one."""
    regions: int
    steps: tuple[int, ...]
    settings: Settings
    """But for what has its effect before or after: size, regions, and the output's."""


class Ready(NamedTuple):
    """A task with all that its solution takes."""

    task: Task
    inputs: dict[str, str]
    key: str
    pair: Pair
    shape: Shape | None
    settings: Settings
    """As given, but with the size and the regions that were used."""
    label: Label
    group: Group
    seconds: dict[str, float]


class Networks(NamedTuple):
    """What is loaded once for all tasks."""

    by_name: dict[str, Weights]
    segmenter: str
    """Digest of its weights; empty if it is not installed."""

    @classmethod
    def load(cls, backbones: set[str]) -> "Networks":
        """The networks that tasks ask for.

        Args:
          backbones: as `Settings` names them.

        Raises: WeightsError, if one is not installed.
        """
        by_name = {name: weights.load(weights.resolve(name)) for name in sorted(backbones)}
        path = weights.find("deeplab")
        return cls(by_name, "" if path is None else file_digest(path, "sha256"))


def paths_of(task: Task) -> dict[str, Path]:
    """The files that an output is made from, by role."""
    roles = ("content", "style", "content_mask", "style_mask")
    return {role: getattr(task, role) for role in roles if getattr(task, role) is not None}


def prepare(
    task: Task,
    folder: Path,
    records: Records,
    networks: Networks,
    device: jax.Device,
    free: int,
    force: bool,
) -> Ready | None:
    """Hash, read, and find regions.

    Args:
      task: what to do.
      folder: of the outputs; the output's own is made if need be.
      records: of what was done before.
      networks: those that the tasks ask for.
      device: where regions are found and pairs solved.
      free: bytes of its memory.
      force: whether a file of the output's name may be replaced.

    Returns: None if the output is there already, made from the same inputs and settings.
    Raises: a JphotoError, for inputs that cannot be read and outputs that could not be written.
    """
    began, settings, paths = time.perf_counter(), task.settings, paths_of(task)
    inputs = digests_of(paths)
    network = networks.by_name[settings.backbone]
    found = settings.regions in ("auto", "labels") and len(paths) == 2
    seen_by = network.digest + (networks.segmenter if found else "")
    key = key_of(inputs, settings, seen_by)
    if records.is_done(key, task.name):
        return None
    target = folder / task.name
    if target.parent != folder:
        files.make_folder(target.parent)
    finish.check(target, settings, inputs=[*paths.values()], force=force)
    masks = (None, None) if settings.regions == "none" else (task.content_mask, task.style_mask)
    pictures = (
        images.read_picture(task.content, role="content"),
        images.read_picture(task.style, role="style"),
    )
    settings = sized(settings, pictures[0].shape, pictures[1].shape, device.platform, free)
    pair, _ = pair_of(*pictures, *masks, settings.long_side)
    del pictures
    read = time.perf_counter()
    if masks[0] is None:
        with jax.default_device(device):
            pair, _, settings = matched(pair, settings, network)
    seconds = {"read": read - began, "regions": time.perf_counter() - read}
    shape = bucket(pair, settings.long_side) if paddable(settings) else None
    label = finish.label_of(settings, inputs, network, device)
    group = _group(pair, shape, settings)
    return Ready(task, inputs, key, pair, shape, settings, label, group, seconds)


def _group(pair: Pair, shape: Shape | None, settings: Settings) -> Group:
    own = ("size", "regions", "out_size", "depth", "gray", "strip_location", "label")
    common = dataclasses.replace(settings, **{name: getattr(Settings(), name) for name in own})
    content, regions = (None, 0) if shape is None else (shape.content, shape.regions)
    steps = tuple(planned_steps(pair, settings))
    return Group(content, regions, steps, common)
