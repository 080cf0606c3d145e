"""One task of a batch made ready to be solved: inputs hashed, photos read, regions found.

This is the host's part of a task. It runs in threads while a device solves the tasks before.
"""

import dataclasses
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import jax

from jphoto import files, images, weights
from jphoto.batches.entries import Entry, Task, Unusable
from jphoto.batches.records import Records, key_of
from jphoto.errors import LookError
from jphoto.label import Label
from jphoto.looks import Look
from jphoto.looks.bundled import bundled_looks, look_file
from jphoto.looks.styles import opened, with_network
from jphoto.pipeline import finish
from jphoto.pipeline.digests import check_unchanged, digests_of
from jphoto.pipeline.preparing import PreparedPair, prepare_pair
from jphoto.pipeline.reading import read_style
from jphoto.settings import Settings
from jphoto.weights import LazyWeights
from jphoto.weights.digests import file_digest


def with_looks(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with the networks of the looks that they name, and the files of bundled looks.

    A task whose look cannot be read is unusable.
    """
    return [_with_look(entry) if isinstance(entry, Task) else entry for entry in entries]


def _with_look(task: Task) -> Entry:
    try:
        style, settings = task.style, task.settings
        if not style.exists() and style.name in bundled_looks():
            style = look_file(style.name, settings)
        chosen = opened(style, settings)
        settings = with_network(settings, chosen)
        return dataclasses.replace(task, style=style, settings=settings)
    except LookError as error:
        return Unusable(task.number, task.name, str(error))


class ReadyTask(NamedTuple):
    """A task with everything that its solve and its output need."""

    task: Task
    inputs: dict[str, str]
    """Digests of photos and masks, by role."""
    key: str
    """Digest of inputs, settings and networks: equal keys have equal results."""
    prepared: PreparedPair
    label: Label
    seconds: dict[str, float]
    """Time spent by phase: read, regions."""


class Networks(NamedTuple):
    """The networks that the tasks of a batch use, loaded once."""

    by_name: dict[str, LazyWeights]
    segmenter: str
    """Digest of the segmenter's weights; empty if it is not installed."""

    @classmethod
    def load(cls, settings: Iterable[Settings]) -> "Networks":
        """Load networks.

        Args:
          settings: of all tasks. With 0 steps, a network is loaded when regions need it.

        Raises: WeightsError, if one is not installed.
        """
        by_name = dict[str, LazyWeights]()
        for one in settings:
            network = by_name.setdefault(one.backbone, LazyWeights(one.backbone))
            if one.steps:
                network.load()
        path = weights.find("deeplab")
        return cls(by_name, "" if path is None else file_digest(path, "sha256"))


def _digest_of_networks(networks: Networks, settings: Settings, no_masks: bool) -> str:
    """A digest of the networks that a result depends on."""
    used = settings.steps > 0 or (no_masks and settings.regions in ("auto", "features"))
    digest = networks.by_name[settings.backbone].digest if used else ""
    segmented = no_masks and settings.regions in ("auto", "labels")
    return digest + networks.segmenter if segmented else digest


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
) -> ReadyTask | None:
    """Hash the inputs of a task, read them, and find regions.

    Args:
      task: to prepare.
      folder: of the outputs; the folder of this output is made if need be.
      records: of earlier runs.
      networks: that the tasks use.
      device: that finds regions and solves pairs.
      free: bytes of its memory that may be used.
      force: whether an existing file of the output's name may be replaced.

    Returns: None if the output exists, made from the same inputs and settings.
    Raises: a JphotoError, for inputs that cannot be read and outputs that could not be written.
    """
    began, settings, paths = time.perf_counter(), task.settings, paths_of(task)
    style = opened(task.style, settings)
    inputs = digests_of({**paths, "style": style} if isinstance(style, Look) else paths)
    network = networks.by_name[settings.backbone]
    key = key_of(inputs, settings, _digest_of_networks(networks, settings, len(paths) == 2))
    if records.is_done(key, task.name):
        return None
    target = folder / task.name
    if target.parent != folder:
        files.make_folder(target.parent)
    finish.check_output(target, settings, inputs=[*paths.values()], force=force)
    masks = task.content_mask, task.style_mask
    original = images.read_original(task.content, role="content")
    finish.check_size(target, original, settings)
    pictures = images.srgb_on_white(original), read_style(style)
    del original
    read = time.perf_counter() - began
    prepared = prepare_pair(*pictures, masks, settings, network, [device], free)
    photos = {role: path for role, path in paths.items() if role != "style" or path is style}
    check_unchanged(photos, inputs)
    seconds = {**prepared.seconds, "read": read + prepared.seconds["read"]}
    label = finish.label_of(prepared.settings, inputs, network, device, prepared.look_title)
    return ReadyTask(task, inputs, key, prepared, label, seconds)
