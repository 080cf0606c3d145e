"""What a solve will be, as its settings have it: sizes, steps, weights, and in which arrays."""

from jphoto.objectives.dimensionless import Weights
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair

MORE = 1.5
"""Steps at half a size, for each at that size."""
SMALLEST_LEVEL = 64
"""Pixels, of the short side of either photo: in a smaller one the network sees hardly anything."""


def planned_steps(pair: Pair, settings: Settings) -> list[int]:
    """Steps at each size that a pair is solved at, the smallest first."""
    levels = levels_of(pair.content.shape[:2], pair.style.shape[:2], settings)
    return [int(settings.steps * MORE**n) for n in reversed(range(levels))]


def levels_of(content: tuple[int, int], style: tuple[int, int], settings: Settings) -> int:
    """How many sizes photos of these heights and widths are solved at."""
    levels, shortest = 1, min(*content, *style)
    while levels < settings.levels and shortest >= 2 * SMALLEST_LEVEL:
        levels, shortest = levels + 1, -(-shortest // 2)
    return levels


def sizes_of(pair: Pair, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of the pair's content at each of these, halved and rounded up."""
    height, width, _ = pair.content.shape
    halvings = range(len(planned_steps(pair, settings)))
    return [(-(-height // 2**n), -(-width // 2**n)) for n in reversed(halvings)]


def stages_of(most: int, settings: Settings) -> tuple[bool, list[tuple[int, Weights]]]:
    """The stages at one size, each with its steps and weights.

    Returns: whether the first is free of photorealism, and those that have steps.
    """
    free, weights = round(settings.free_share * most), weights_of(settings)
    stages = [(free, weights._replace(photorealism=0.0)), (most - free, weights)]
    return free > 0, [stage for stage in stages if stage[0]]


def paddable(settings: Settings) -> bool:
    """Whether pairs may be solved in larger arrays: not as published, and not from noise."""
    return (
        settings.objective == "jphoto"
        and settings.start != "noise"
        and settings.smoothing != "bilateral"
    )


def weights_of(settings: Settings) -> Weights:
    """Of the terms, as settings have them."""
    # Settings may hold whole numbers, and those would be another program's arguments.
    return Weights(
        float(settings.style_weight),
        float(settings.content_weight),
        float(settings.photorealism_weight),
        float(settings.recoloring_weight),
        float(settings.variation_weight),
    )
