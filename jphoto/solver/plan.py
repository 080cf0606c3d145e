"""The plan of a solve, from its settings: sizes, steps at each, stages and weights."""

from typing import Any

from jphoto.objectives.dimensionless import EPSILON
from jphoto.objectives.targets import ContentTargets, LossWeights, Targets
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.programs import (
    COARSE_OBJECTIVE,
    FINE_OBJECTIVE,
    HALF_OBJECTIVE,
    OBJECTIVES,
    Goals,
)

STEPS_RATIO = 2
"""Steps at half a size for each step at a size: they cost less, and the larger size starts from
what they find."""
SHORTEST_SIDE = 64
"""Least short side of either photo at the smallest size, in pixels: in less the network has hardly
any features."""


def steps_per_level(pair: Pair, settings: Settings) -> list[int]:
    """The most steps at each size that a pair is solved at, the smallest size first."""
    levels = count_levels(pair.content.shape[:2], pair.style.shape[:2], settings)
    return planned_steps(levels, settings)


def planned_steps(levels: int, settings: Settings) -> list[int]:
    """The most steps at each of so many sizes, the smallest size first."""
    return [settings.steps * STEPS_RATIO**n for n in reversed(range(levels))]


def count_levels(content: tuple[int, int], style: tuple[int, int], settings: Settings) -> int:
    """The number of sizes that photos of these heights and widths are solved at."""
    levels, shortest = 1, min(*content, *style)
    most = settings.levels if settings.steps else 1
    while levels < most and shortest >= 2 * SHORTEST_SIDE:
        levels, shortest = levels + 1, -(-shortest // 2)
    return levels


def level_sizes(pair: Pair, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of the content photo at each size, halved and rounded up."""
    height, width, _ = pair.content.shape
    halvings = range(len(steps_per_level(pair, settings)))
    return [(-(-height // 2**n), -(-width // 2**n)) for n in reversed(halvings)]


def objectives(levels: int, settings: Settings) -> list[str]:
    """The objective at each size, a key of `programs.OBJECTIVES`; the smallest size first."""
    if settings.objective != "jphoto" or levels == 1:
        return [settings.objective] * levels
    return [*[COARSE_OBJECTIVE] * (levels - 2), HALF_OBJECTIVE, FINE_OBJECTIVE]


def smoothing_affinities(content: ContentTargets, objective: str) -> tuple[Any, ...] | None:
    """The affinities of a content photo's targets, if the last smoothing can use them.

    Args:
      content: targets of the content photo, or their shapes.
      objective: that they are of, a key of `OBJECTIVES`; the published one has another ridge.
    """
    return content.affinities if OBJECTIVES[objective].epsilon == EPSILON else None


def last_goals(targets: Targets, settings: Settings) -> Goals | None:
    """What the last touches approach: what starts with the style's colors ends with them.

    Args:
      targets: of the pair, or their shapes.
      settings: the start.
    """
    if settings.start != "color":
        return None
    return Goals(targets.recolored, targets.style.colors, targets.style.details)


def stages(steps: int, settings: Settings) -> tuple[bool, list[tuple[int, LossWeights]]]:
    """The stages at one size, each with its steps and weights.

    Args:
      steps: at that size.
      settings: weights, and the share of the steps without photorealism.

    Returns: whether a stage without photorealism comes first, and the stages that have steps.
    """
    free, weights = round(settings.free_share * steps), loss_weights(settings)
    both = [(free, weights._replace(photorealism=0.0)), (steps - free, weights)]
    return free > 0, [stage for stage in both if stage[0]]


def paddable(settings: Settings) -> bool:
    """Whether pairs may be solved in padded arrays.

    The published objective, a start from noise and bilateral smoothing have no padded form.
    """
    return (
        settings.objective == "jphoto"
        and settings.start != "noise"
        and settings.smoothing != "bilateral"
    )


def loss_weights(settings: Settings) -> LossWeights:
    """The weights of the loss terms."""
    # Settings may hold whole numbers; as arguments these would compile another program.
    return LossWeights(
        float(settings.style_weight),
        float(settings.content_weight),
        float(settings.photorealism_weight),
        float(settings.recoloring_weight),
        float(settings.variation_weight),
    )
