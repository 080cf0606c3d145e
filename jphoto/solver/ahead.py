"""The programs of a solve, compiled in threads before their turn.

A solve needs its programs one after the other, and XLA compiles each on one core. Their shapes
follow from those of the photos alone. So all programs are asked for at the beginning, in the order
of their use, and while a picture is solved at small sizes, programs of larger ones are compiled.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import jax
import numpy as np

from jphoto.networks.vgg import Params
from jphoto.objectives.targets import ContentTargets, StyleTargets, Targets
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.pairs import Pair, Photo, Shape, halved_photo
from jphoto.solver.plan import (
    last_goals,
    loss_weights,
    objectives,
    smoothing_affinities,
    stages,
    steps_per_level,
)
from jphoto.solver.steps import advance, begin


def compile_ahead(
    pair: Pair,
    shape: Shape | None,
    params: Params,
    preprocessing: str,
    settings: Settings,
    content_targets: Sequence[ContentTargets] | None,
    style_targets: Sequence[StyleTargets] | None,
) -> None:
    """Begin to compile all programs of a single pair on one device, in the order of their use.

    Arguments as of `single.solve`.
    """
    steps = steps_per_level(pair, settings)
    planned = [*zip(steps, objectives(len(steps), settings), strict=True)]
    kinds = [{"preprocessing": preprocessing, "objective": objective} for _, objective in planned]
    photos, style_photos = _photos(pair, shape, len(steps))
    contents: Iterable[ContentTargets] = content_targets or (
        programs.content_targets.ahead(params, photo.picture, photo.valid, **kind)
        for photo, kind in zip(photos, kinds, strict=True)
    )
    styles: Iterable[StyleTargets] = style_targets or (
        programs.style_targets.ahead(params, *photo, **kind)
        for photo, kind in zip(style_photos, kinds, strict=True)
    )
    _descent(photos, contents, styles, planned, params, preprocessing, settings)


def compile_preview_ahead(pair: Pair, shape: Shape | None) -> None:
    """Begin to compile what `single.recolor` needs for a preview; arguments as there."""
    (content,), (style,) = _photos(pair, shape, 1)
    programs.recoloring.ahead(content, programs.style_colors.ahead(*style))


def _photos(pair: Pair, shape: Shape | None, levels: int) -> tuple[list[Photo], list[Photo]]:
    """The shapes of the content photo at each size, the smallest first, and of the style photo."""
    content, style, regions = (None, None, None) if shape is None else shape
    return (
        _sizes(pair.content, pair.content_masks, content, regions, levels),
        _sizes(pair.style, pair.style_masks, style, regions, levels),
    )


def _sizes(
    picture: np.ndarray,
    masks: np.ndarray,
    shape: tuple[int, int] | None,
    regions: int | None,
    levels: int,
) -> list[Photo]:
    """The shapes of a photo at each size, the smallest first, see `pairs.halvings`."""

    def struct(*sides: int) -> Any:
        return jax.ShapeDtypeStruct(sides, np.float32)

    height, width = shape or picture.shape[:2]
    valid = None if shape is None else struct(height, width)
    masks_shape = regions or len(masks), height, width
    photos = [Photo(struct(height, width, 3), struct(*masks_shape), valid)]
    for _ in range(levels - 1):
        photos.insert(0, halved_photo.ahead(photos[0]))
    return photos


def _descent(
    photos: Sequence[Photo],
    content_targets: Iterable[ContentTargets],
    style_targets: Iterable[StyleTargets],
    planned: Sequence[tuple[int, str]],
    params: Params,
    preprocessing: str,
    settings: Settings,
) -> None:
    """The programs of `descent.Descent.run`, of a single pair, one size after the other.

    Targets of a size are asked for with the steps at that size.
    """
    method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
    weights, numbers = loss_weights(settings), (settings.learning_rate, settings.tolerance)
    coarser: tuple[Any, Any] | None = None
    for photo, content, style, (most, objective) in zip(
        photos, content_targets, style_targets, planned, strict=True
    ):
        picture, valid = content.photo, content.valid
        of_pair = programs.pair_targets.ahead(
            params, content, photo.masks, style, objective=objective
        )
        targets, history = Targets(style, content, *of_pair), None
        if coarser is not None:
            programs.upsampled.ahead(coarser[0], coarser[0], picture, valid)
            history = None if stages(most, settings)[0] else coarser[1]
        state = begin.ahead(targets, weights, picture, history, **method)
        rate, tolerance = map(float, numbers)
        advance.ahead(
            params, targets, weights, rate, state, 1, tolerance, preprocessing=preprocessing,
            objective=objective, **method,
        )  # fmt: skip
        coarser = picture, state.optimizer
    if settings.smoothing == "laplacian":
        goals = last_goals(targets, settings)
        affinities = smoothing_affinities(content, objective)
        programs.finished.ahead(content.photo, picture, photo.masks, goals, valid, affinities)
