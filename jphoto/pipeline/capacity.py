"""How much memory a transfer takes at most, how much there is, and what size fits.

The account is short: what every transfer takes, what the programs of each size take, and so many
bytes for each pixel of the arrays at full size; how many steps are taken makes no difference. The
figures come from transfers in processes of their own and from XLA's account of programs, see
`bench/capacity.py`, which compares all of it again.
"""

import dataclasses
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import psutil  # type: ignore[import-untyped]

from jphoto.errors import DeviceError
from jphoto.images import working_size
from jphoto.settings import Settings
from jphoto.solver.pairs import Shape, rounded
from jphoto.solver.plan import levels_of, paddable

PICTURE = 12
"""Bytes a pixel of a picture: three colors in float32."""
PAIR = 180
"""Bytes a pixel of what is known of a pair: photos, affinities, features, each at all sizes. From
the arrays' shapes."""
REGION = 35
"""Bytes a pixel and region: masks of both photos, at all sizes and levels. Likewise."""
OPTIMIZERS = {"lbfgs": (1350, 34), "lbfgs-fixed": (2450, 204), "adam": (1750, 4)}
"""Bytes a pixel that a step works in, by XLA's account of `course.advance` (512 to 1024 pixels, 4
regions): features, their gradients, half of the long history once more. And the pictures that an
optimizer keeps from step to step."""
UNPRECONDITIONED = 11
"""Of L-BFGS's pictures those that there are only with a preconditioner."""
COARSER = 1 / 4
"""The pictures of the size before are kept as well: this share."""
LOOK = 850
"""Bytes a pixel of the style's arrays while it is looked at, likewise. The rest comes later."""
ORIGINAL = 2 * PICTURE
"""Bytes a pixel of a photo whose result is made at its own size: both are held."""


class Fixed(NamedTuple):
    """Bytes whatever the size of the photos."""

    always: int
    """Interpreter, libraries and weights on a CPU, elsewhere the weights; these twice over."""
    each_level: int
    """The programs for one of the sizes that a pair is solved at."""


ON_CPU = Fixed(1_000_000_000, 165_000_000)
"""What pixels do not explain of the resident memory of transfers at 256 to 2048 pixels. Where all
programs are compiled it is 0.15 GB more, where they were kept from before 0.3 GB less."""
ELSEWHERE = Fixed(200_000_000, 0)
"""The weights of VGG-19, and the style's Gram matrices."""

SMALLEST, LARGEST = Settings.__dataclass_fields__["size"].metadata["bounds"]
REGIONS = 4
"""Counted on before any are known."""
MEMORY_SHARE = 0.8
"""Of what a device has free, for pairs side by side: what is kept of photos comes on top."""
MOST_PAIRS = 32
GROUP_FILES = {
    "": ("memory.max", "memory.current"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""Limit and use of a control group, by the controller that it is listed under."""


def arrays_of(
    content: tuple[int, int], style: tuple[int, int], regions: int, settings: Settings, size: int
) -> Shape:
    """The arrays that a pair is solved in.

    Args:
      content: height and width of the photo at its own size.
      style: likewise.
      regions: that both share.
      settings: say whether arrays may be larger than photos.
      size: long side of the working pictures.
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
    """The most memory that is taken while pairs are solved.

    Args:
      content: height and width of the arrays, from `arrays_of`.
      style: likewise.
      regions: likewise.
      settings: levels, optimizer and preconditioner are read here.
      platform: "cpu", where all of the process counts; elsewhere what is on the device does.
      count: pairs at once.
      original: pixels of the content at its own size, if the result is made at that size.
      devices: that the rows of each picture are laid over; on a CPU these share its memory.
    """
    levels = levels_of(content, style, settings)
    working, pictures = OPTIMIZERS[settings.optimizer]
    if settings.optimizer == "lbfgs" and settings.preconditioner == "none":
        pictures -= UNPRECONDITIONED
    kept = PICTURE * pictures * (1 + COARSER * (levels > 1))
    solving = content[0] * content[1] * (working + kept + PAIR + REGION * regions)
    fixed, parts = (ON_CPU, 1) if platform == "cpu" else (ELSEWHERE, devices)
    growing = max(count * solving / parts, style[0] * style[1] * LOOK)
    return int(fixed.always + levels * fixed.each_level + growing + ORIGINAL * original)


def free_bytes(device: jax.Device) -> int:
    """What a transfer may come to hold; in a machine's memory, with what is held already.

    That is what any process holds of libraries and the like, which `expected_bytes` counts. Memory
    ends where a control group's does, be it a container's or a batch job's.
    """
    stats = device.memory_stats()
    if stats is not None:
        return int(stats["bytes_limit"] - stats["bytes_in_use"])
    held = min(psutil.Process().memory_info().rss, ON_CPU.always)
    left = [limit - max(used - held, 0) for limit, used in _control_groups()]
    return int(min([psutil.virtual_memory().available + held, *left]))


def largest_size(
    content: tuple[int, int],
    style: tuple[int, int],
    regions: int,
    settings: Settings,
    platform: str,
    free: int,
    most: int = LARGEST,
    original: int = 0,
    devices: int = 1,
) -> int | None:
    """The largest size that there is memory for, at most that of the larger photo.

    Args:
      content: height and width of the photo at its own size.
      style: likewise.
      regions: that both share.
      settings: as in `expected_bytes`; their size is of no account.
      platform: as in `expected_bytes`.
      free: bytes, from `free_bytes`.
      most: the largest size of interest.
      original: as in `expected_bytes`.
      devices: likewise.

    Returns: None, if there is not enough for the smallest.
    """

    def too_large(size: int) -> bool:
        arrays = arrays_of(content, style, regions, settings, size)
        return expected_bytes(*arrays, settings, platform, 1, original, devices) > free

    sizes = range(SMALLEST, min(most, max(*content, *style)) + 1)
    fitting = bisect_left(sizes, True, key=too_large)
    return sizes[fitting - 1] if fitting else None


def sized(
    settings: Settings,
    content: tuple[int, ...],
    style: tuple[int, ...],
    platform: str,
    free: int,
    devices: int = 1,
) -> Settings:
    """The settings with a size that there is memory for, in pixels.

    Args:
      settings: size and method are read here.
      content: begins with the height and width of the photo, at its own size.
      style: likewise.
      platform: as in `expected_bytes`.
      free: bytes, from `free_bytes`.
      devices: as in `expected_bytes`.

    Raises: DeviceError, if there is not enough memory for the size asked for.
    """
    size = settings.long_side
    photos = (content[0], content[1]), (style[0], style[1]), REGIONS
    # Full-size photos are the host's, whatever the device.
    original = content[0] * content[1] if platform == "cpu" else 0
    arrays = arrays_of(*photos, settings, size)
    needed = expected_bytes(*arrays, settings, platform, 1, original, devices)
    if needed <= free:
        return dataclasses.replace(settings, size=size)
    fitting = largest_size(*photos, settings, platform, free, size, original, devices)
    if fitting is not None and settings.size == "auto":
        return dataclasses.replace(settings, size=fitting)
    advice = (
        f"none would fit, not even {SMALLEST}; end what else holds memory"
        if fitting is None
        else f"{fitting} would fit: give --size {fitting}, or --size auto"
    )
    raise DeviceError(
        f"a transfer at size {size} takes about {needed / 1e9:.1f} GB of memory, of which "
        f"{free / 1e9:.1f} GB are free; {advice}"
    )


def at_once(device: jax.Device, content: tuple[int, int], regions: int, settings: Settings) -> int:
    """Pairs to solve at once on a device, in arrays of the content's height and width.

    On a CPU a single pair takes all cores, and more of them only memory.
    """
    if device.platform == "cpu":
        return 1
    room = MEMORY_SHARE * free_bytes(device)
    pair = content, content, regions, settings, device.platform
    fitting = (count for count in range(MOST_PAIRS, 1, -1) if expected_bytes(*pair, count) <= room)
    return next(fitting, 1)


def _control_groups(
    root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of every control group with a limit that this process is in.

    Source: Linux's documentation, "Control Group v2" and, for older systems, "Memory Resource
    Controller".
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controller, path = line.split(":", 2)
        if controller not in GROUP_FILES:
            continue
        own = Path(path.lstrip("/"))
        # In a container the path may be the host's, and only the last of these is there.
        for folder in (root / controller / part for part in (own, *own.parents)):
            try:
                limit, used = (int((folder / name).read_text()) for name in GROUP_FILES[controller])
                counts = dict(map(str.split, (folder / "memory.stat").read_text().splitlines()))
            except (OSError, ValueError):  # not there, or "max"
                continue
            # Of files read long ago copies are kept, but only while nobody needs the memory.
            yield limit, used - int(counts.get("total_inactive_file", counts["inactive_file"]))
