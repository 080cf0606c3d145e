"""How much memory a transfer takes at most, how much is free, and which size fits.

The estimate adds up a fixed amount, the programs compiled for each level, and bytes for each pixel
of the arrays at full size; the number of steps makes no difference. The figures were measured on
transfers in separate processes or come from XLA's memory analysis of programs;
`bench/studies/capacity.py` measures them again and compares.
"""

import dataclasses
from bisect import bisect_left
from typing import NamedTuple

import jax
import psutil  # type: ignore[import-untyped]

from jphoto.errors import DeviceError
from jphoto.images import working_size
from jphoto.process import memory
from jphoto.settings import Settings
from jphoto.solver.pairs import Shape, rounded
from jphoto.solver.plan import count_levels, paddable


class OptimizerMemory(NamedTuple):
    """What an optimizer needs, for each pixel."""

    step: int
    """Bytes that a step works in: features, their gradients, and half of a long history once more.
    By XLA's memory analysis of `solver.steps.advance` (512 to 1024 pixels, 4 regions)."""
    pictures: int
    """Pictures that are kept from step to step."""


class FixedMemory(NamedTuple):
    """Bytes that do not depend on the size of the photos."""

    always: int
    """On a CPU the interpreter, libraries, and the weights twice; elsewhere the weights twice."""
    each_level: int
    """The programs compiled for one level."""


PICTURE_BYTES = 12
"""For each pixel of a picture: three colors in float32."""
PAIR_BYTES = 180
"""For each pixel of a pair: photos, affinities and features at all sizes. From the shapes of the
arrays."""
REGION_BYTES = 35
"""For each pixel and region: masks of both photos at all sizes and layers. From the shapes of the
arrays."""
OPTIMIZERS = {
    "lbfgs": OptimizerMemory(1350, 34),
    "lbfgs-fixed": OptimizerMemory(2450, 204),
    "adam": OptimizerMemory(1750, 4),
}
PRECONDITIONER_PICTURES = 11
"""Of the pictures that L-BFGS keeps, those that are only needed with a preconditioner."""
COARSER_SHARE = 1 / 4
"""Pixels of the level before, whose pictures are kept as well, as a share of this level's."""
RECOLORING_BYTES = 200
"""For each pixel of both photos with 0 steps: affinities, and pictures while they are smoothed. By
XLA's memory analysis."""
STYLE_TARGETS_BYTES = 850
"""For each pixel of the style photo while its targets are computed, beside the descent at smaller
sizes. By XLA's memory analysis."""
FULL_SIZE_BYTES = 2 * PICTURE_BYTES
"""For each pixel of a result at the content photo's own size: the photo and the result."""
CPU_MEMORY = FixedMemory(1_000_000_000, 165_000_000)
"""From the resident memory of transfers at 256 to 2048 pixels, less what the pixels explain. It is
0.15 GB more if all programs are compiled, and 0.3 GB less if they were cached before."""
ACCELERATOR_MEMORY = FixedMemory(200_000_000, 0)
"""The weights of VGG-19, and the style's Gram matrices."""

SMALLEST_SIZE, LARGEST_SIZE = Settings.__dataclass_fields__["size"].metadata["bounds"]
"""Of the long side, in pixels."""
ASSUMED_REGIONS = 4
"""Number of regions assumed before masks are read."""
MEMORY_SHARE = 0.8
"""Of a device's free memory, for pairs that are solved at once. The rest is for cached targets."""
MOST_PAIRS = 32
"""Pairs that are solved at once."""


def arrays_of(
    content: tuple[int, int], style: tuple[int, int], regions: int, settings: Settings, size: int
) -> Shape:
    """The shapes of the arrays that a pair is solved in.

    Args:
      content: height and width of the content photo at its own size.
      style: height and width of the style photo at its own size.
      regions: number of regions that both photos share.
      settings: decide whether the arrays can be padded.
      size: long side of the working pictures, in pixels.
    """
    own = Shape(working_size(content, size), working_size(style, size), regions)
    return rounded(own, size) if paddable(settings) else own


def expected_bytes(
    content: tuple[int, int],
    style: tuple[int, int],
    regions: int,
    settings: Settings,
    platform: str,
    count: int = 1,
    original: int = 0,
    devices: int = 1,
) -> int:
    """Estimate the peak memory while pairs are solved, in bytes.

    Args:
      content: height and width of the content photo's arrays, from `arrays_of`.
      style: height and width of the style photo's arrays, from `arrays_of`.
      regions: number of regions in the arrays, from `arrays_of`.
      settings: levels, optimizer and preconditioner are used.
      platform: "cpu" for the memory of the whole process; otherwise for that on the device.
      count: pairs solved at once.
      original: pixels of the content photo at its own size, if the result is made at that size.
      devices: number of devices that the rows of each picture are sharded over; on a CPU they share
        its memory.
    """
    if not settings.steps:
        pixels = count * (content[0] * content[1] + style[0] * style[1])
        needed = pixels * (RECOLORING_BYTES + REGION_BYTES * regions) + FULL_SIZE_BYTES * original
        return needed + (CPU_MEMORY if platform == "cpu" else ACCELERATOR_MEMORY).always
    levels = count_levels(content, style, settings)
    step, pictures = OPTIMIZERS[settings.optimizer]
    if settings.optimizer == "lbfgs" and settings.preconditioner == "none":
        pictures -= PRECONDITIONER_PICTURES
    kept = PICTURE_BYTES * pictures * (1 + COARSER_SHARE * (levels > 1))
    solving = content[0] * content[1] * (step + kept + PAIR_BYTES + REGION_BYTES * regions)
    fixed, shards = (CPU_MEMORY, 1) if platform == "cpu" else (ACCELERATOR_MEMORY, devices)
    solving = count * solving / shards
    coarser = COARSER_SHARE * solving * (levels > 1)
    arrays = max(solving, style[0] * style[1] * STYLE_TARGETS_BYTES + coarser)
    return int(fixed.always + levels * fixed.each_level + arrays + FULL_SIZE_BYTES * original)


def free_bytes(device: jax.Device) -> int:
    """The memory that a transfer may use on a device, in bytes.

    On a CPU, what this process already holds of libraries and the like counts as free, because
    `expected_bytes` counts it too. Limits of control groups (of a container or a batch job) and of
    the shell (`ulimit -v`) apply.
    """
    stats = device.memory_stats()
    if stats is not None:
        return int(stats["bytes_limit"] - stats["bytes_in_use"])
    held = min(psutil.Process().memory_info().rss, CPU_MEMORY.always)
    return memory.free_bytes(held)


def largest_size(
    content: tuple[int, int],
    style: tuple[int, int],
    regions: int,
    settings: Settings,
    platform: str,
    free: int,
    most: int = LARGEST_SIZE,
    original: int = 0,
    devices: int = 1,
) -> int | None:
    """The largest size that fits into memory, at most the long side of the larger photo.

    Args:
      content: height and width of the content photo at its own size.
      style: height and width of the style photo at its own size.
      regions: number of regions that both photos share.
      settings: as in `expected_bytes`; their size is not used.
      platform: as in `expected_bytes`.
      free: bytes, from `free_bytes`.
      most: the largest size to consider.
      original: as in `expected_bytes`.
      devices: as in `expected_bytes`.

    Returns: the size in pixels; None if not even the smallest size fits.
    """

    def too_large(size: int) -> bool:
        arrays = arrays_of(content, style, regions, settings, size)
        return expected_bytes(*arrays, settings, platform, 1, original, devices) > free

    sizes = range(SMALLEST_SIZE, min(most, max(*content, *style)) + 1)
    fitting = bisect_left(sizes, True, key=too_large)
    return sizes[fitting - 1] if fitting else None


def transfer_bytes(
    settings: Settings,
    content: tuple[int, ...],
    style: tuple[int, ...],
    platform: str,
    devices: int = 1,
) -> int:
    """Estimate the peak memory of one transfer, in bytes; arguments as in `with_fitting_size`."""
    photos = (content[0], content[1]), (style[0], style[1]), ASSUMED_REGIONS
    arrays = arrays_of(*photos, settings, settings.long_side)
    # Full-size photos are in the host's memory, whatever the device.
    original = content[0] * content[1] if platform == "cpu" else 0
    return expected_bytes(*arrays, settings, platform, 1, original, devices)


def with_fitting_size(
    settings: Settings,
    content: tuple[int, ...],
    style: tuple[int, ...],
    platform: str,
    free: int,
    devices: int = 1,
) -> Settings:
    """The settings with a size in pixels that fits into memory.

    Args:
      settings: if their size is "auto", a smaller size is chosen where the default does not fit.
      content: shape of the content photo at its own size, height and width first.
      style: shape of the style photo at its own size, height and width first.
      platform: as in `expected_bytes`.
      free: bytes, from `free_bytes`.
      devices: as in `expected_bytes`.

    Raises: DeviceError, if a given size does not fit, or none does; it names a size that would.
    """
    size = settings.long_side
    photos = (content[0], content[1]), (style[0], style[1]), ASSUMED_REGIONS
    original = content[0] * content[1] if platform == "cpu" else 0
    needed = transfer_bytes(settings, content, style, platform, devices)
    if needed <= free:
        return dataclasses.replace(settings, size=size)
    fitting = largest_size(*photos, settings, platform, free, size, original, devices)
    if fitting is not None and settings.size == "auto":
        return dataclasses.replace(settings, size=fitting)
    advice = (
        f"none would fit, not even {SMALLEST_SIZE}; end other programs that use memory"
        if fitting is None
        else f"{fitting} would fit: give --size {fitting}, or --size auto"
    )
    raise DeviceError(
        f"a transfer at size {size} takes about {needed / 1e9:.1f} GB of memory, of which "
        f"{free / 1e9:.1f} GB are free; {advice}"
    )


def pairs_at_once(
    device: jax.Device, content: tuple[int, int], regions: int, settings: Settings
) -> int:
    """The number of pairs that a device solves at once: as many as fit into its memory.

    A CPU solves one pair at a time: a single pair uses all cores, and more would only take memory.

    Args:
      device: that solves them.
      content: height and width of the content photos' arrays; the style photos count the same.
      regions: number of regions in the arrays.
      settings: as in `expected_bytes`.
    """
    if device.platform == "cpu":
        return 1
    room = MEMORY_SHARE * free_bytes(device)
    pair = content, content, regions, settings, device.platform
    fitting = (count for count in range(MOST_PAIRS, 1, -1) if expected_bytes(*pair, count) <= room)
    return next(fitting, 1)
