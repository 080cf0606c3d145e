"""A transfer as pure functions: arrays in, arrays out, for your own jit, vmap and grad.

    import jax
    from jphoto import functional, weights

    vgg = weights.load("vgg16")
    solve = jax.jit(functional.solve, static_argnames=("steps", "preprocessing"))
    solved = solve(vgg.params, content, style, preprocessing=vgg.preprocessing)

`solve` is a whole solve of fixed length, coarse to fine. It is made of the functions before it, and
you can call these yourself: `style_targets` and `content_targets` of one photo each,
`pair_targets` of both, the `objective` with its terms, and `descend` at one size. All work under
`jax.jit` and `jax.vmap`; `examples/vmap_solves.py` vmaps a solve over pairs and over style weights.

Pictures are h x w x 3, float32 sRGB in [0, 1]; masks k x h x w, the share of each of k regions in
each pixel, in the same order for both photos. `jax.grad` differentiates the objective by the
picture and by the loss weights, and the style targets by the style photo; network weights, masks
and matting affinities are constants, and a solve itself is not differentiated.
"""

from typing import Any, NamedTuple

from jphoto.arrays import Picture, Scalar
from jphoto.arrays.padding import Valid
from jphoto.networks.vgg import Params
from jphoto.objectives.targets import ContentTargets, LossWeights, StyleTargets, Targets, Terms
from jphoto.settings import Settings
from jphoto.solver import plan, programs
from jphoto.solver.checks import (
    Values,
    check_levels,
    check_regions,
    checked_masks,
    checked_picture,
)
from jphoto.solver.pairs import Photo, halvings
from jphoto.solver.steps import begin, run_steps

__all__ = [
    "ContentTargets",
    "Descended",
    "LossWeights",
    "Solved",
    "StyleTargets",
    "Targets",
    "Terms",
    "content_targets",
    "descend",
    "loss_weights",
    "objective",
    "pair_targets",
    "solve",
    "style_targets",
]

STEPS = tuple(plan.planned_steps(Settings().levels, Settings()))
"""Evaluations at each size, as `jphoto.transfer` plans them for photos of 700 pixels."""


class Descended(NamedTuple):
    """The result of a descent at one size."""

    picture: Picture
    """The best picture, not clipped."""
    terms: Terms
    """The terms after each step, an array of that length each."""
    state: Any
    """The optimizer's state; its history can be reused at the next size."""


class Solved(NamedTuple):
    """The result of a solve."""

    picture: Picture
    """The picture with its last touches, as of a transfer; not clipped."""
    terms: list[Terms]
    """The terms after each step, a record for each size, the smallest first."""


def loss_weights(**changes: float) -> LossWeights:
    """The default weights of the loss terms.

    Args:
      changes: other weights by their names in Settings, such as `style_weight=2.0`.

    Returns: numbers; `_replace(style=...)` puts traced arrays in their place.
    Raises: SettingsError, for unknown names and values out of range.
    """
    return plan.loss_weights(Settings.preset("default", **changes))


def style_targets(
    params: Params,
    style: Values,
    masks: Values | None = None,
    valid: Valid = None,
    *,
    preprocessing: str = "torchvision",
    objective: str = "jphoto",
) -> StyleTargets:
    """Gram matrices, mean features and color moments of a style photo's regions.

    Args:
      params: weights of the network, as `jphoto.weights.load("vgg16").params` has them.
      style: h x w x 3.
      masks: k x h x w; without them, the whole photo is one region.
      valid: h x w, 1 where a padded array holds the photo; None without padding.
      preprocessing: of the network, as `jphoto.weights.load("vgg16").preprocessing` has it.
      objective: "jphoto" or "paper", as in Settings.

    Raises: ImageError or MaskError, if shapes do not fit.
    """
    style, masks = checked_picture(style, "style"), checked_masks(style, masks, "style")
    kind = {"preprocessing": preprocessing, "objective": objective}
    return programs.style_targets(params, style, masks, valid, **kind)


def content_targets(
    params: Params,
    content: Values,
    valid: Valid = None,
    *,
    preprocessing: str = "torchvision",
    objective: str = "jphoto",
) -> ContentTargets:
    """Features and matting affinities of a content photo; arguments as in `style_targets`.

    Raises: ImageError, if its shape does not fit.
    """
    content = checked_picture(content, "content")
    kind = {"preprocessing": preprocessing, "objective": objective}
    return programs.content_targets(params, content, valid, **kind)


def pair_targets(
    params: Params,
    content: ContentTargets,
    style: StyleTargets,
    masks: Values | None = None,
    *,
    objective: str = "jphoto",
) -> Targets:
    """Everything that the objective compares a picture of this pair with.

    Args:
      params: weights of the network.
      content: of the content photo, from `content_targets`.
      style: of the style photo, from `style_targets`.
      masks: k x h x w, of the content photo, in the order of the style photo's; without them, the
        whole photo is one region.
      objective: as in `style_targets`.

    Returns: its field `recolored` is the closed-form color transfer that a solve starts from.
    Raises: MaskError, if the photos have different numbers of regions, or shapes do not fit.
    """
    masks = checked_masks(content.photo, masks, "content")
    check_regions(len(masks), len(style.grams[0]))
    return Targets(
        style, content, *programs.pair_targets(params, content, masks, style, objective=objective)
    )


def objective(
    params: Params,
    targets: Targets,
    weights: LossWeights,
    picture: Values,
    *,
    preprocessing: str = "torchvision",
    objective: str = "jphoto",
) -> tuple[Scalar, Terms]:
    """The objective of a pair at a picture: the weighted total, and each term before weighting.

    Args:
      params: weights of the network.
      targets: of the pair, from `pair_targets`.
      weights: of the terms, from `loss_weights`.
      picture: h x w x 3, the size of the content photo; not clipped.
      preprocessing: as in `style_targets`.
      objective: as in `style_targets`.
    """
    evaluate = programs.OBJECTIVES[objective].evaluate
    return evaluate(params, preprocessing, targets, weights, checked_picture(picture, "picture"))


def descend(
    params: Params,
    targets: Targets,
    weights: LossWeights,
    picture: Values,
    coarser: Any = None,
    *,
    steps: int,
    preprocessing: str = "torchvision",
    objective: str = "jphoto",
    optimizer: str = "lbfgs",
    preconditioner: str = "laplacian",
    learning_rate: float | Scalar = 0.01,
) -> Descended:
    """Minimize the objective from a picture, at one size, for a fixed number of steps.

    Args:
      params: weights of the network.
      targets: of the pair, from `pair_targets`.
      weights: of the terms, from `loss_weights`.
      picture: to start from, for instance `targets.recolored`.
      coarser: the `state` of a descent at half the size, whose history is reused.
      steps: evaluations of objective and gradient, one a step; the first is of the start itself.
      preprocessing: as in `style_targets`.
      objective: as in `style_targets`.
      optimizer: "lbfgs", "lbfgs-fixed" or "adam", as in Settings.
      preconditioner: "laplacian" or "none", as in Settings.
      learning_rate: of Adam, in units of the [0, 1] range.
    """
    method = {"optimizer": optimizer, "preconditioner": preconditioner}
    start = checked_picture(picture, "picture")
    state = begin(targets, weights, start, coarser, **method).optimizer
    state, terms = run_steps(
        params, targets, weights, state, steps, preprocessing=preprocessing, objective=objective,
        learning_rate=learning_rate, **method,
    )  # fmt: skip
    return Descended(state.best, terms, state)


def solve(
    params: Params,
    content: Values,
    style: Values,
    content_masks: Values | None = None,
    style_masks: Values | None = None,
    weights: LossWeights | None = None,
    *,
    steps: tuple[int, ...] = STEPS,
    preprocessing: str = "torchvision",
) -> Solved:
    """Transfer the look of one photo to another: a whole solve of fixed length, coarse to fine.

    With the same steps it computes what `jphoto.transfer` does at working size without its test of
    convergence.

    Args:
      params: weights of the network, as `jphoto.weights.load("vgg16").params` has them.
      content: h x w x 3.
      style: hs x ws x 3, any size.
      content_masks: k x h x w; without masks, the whole photos are one region.
      style_masks: k x hs x ws, the same regions in the same order.
      weights: of the loss terms; `loss_weights()` when left out.
      steps: evaluations at each size, the smallest first, each half of the next; static under
        `jax.jit`.
      preprocessing: of the network, as in `style_targets`; static likewise.

    Raises: ImageError or MaskError, if shapes do not fit.
    """
    content, style = checked_picture(content, "content"), checked_picture(style, "style")
    content_masks = checked_masks(content, content_masks, "content")
    style_masks = checked_masks(style, style_masks, "style")
    check_regions(len(content_masks), len(style_masks))
    check_levels(content, style, len(steps))
    weights = loss_weights() if weights is None else weights
    contents = halvings(Photo(content, content_masks), len(steps))
    styles = halvings(Photo(style, style_masks), len(steps))
    solved, terms = None, []
    objectives = plan.objectives(len(steps), Settings())
    for level, (count, chosen) in enumerate(zip(steps, objectives, strict=True)):
        photo, masks, _ = contents[level]
        kind: Any = {"preprocessing": preprocessing, "objective": chosen}
        content_side = content_targets(params, photo, **kind)
        style_side = style_targets(params, *styles[level][:2], **kind)
        targets = pair_targets(params, content_side, style_side, masks, objective=chosen)
        if solved is None:
            start, history = targets.recolored, None
        else:
            start = programs.upsampled(contents[level - 1].picture, solved.picture, photo)
            history = solved.state
        solved = descend(params, targets, weights, start, history, steps=count, **kind)
        terms.append(solved.terms)
    assert solved is not None
    goals = plan.last_goals(targets, Settings())
    smooth = programs.finished(
        content, solved.state.last, content_masks, goals, None, targets.content.affinities
    )
    return Solved(smooth, terms)
