"""A pair's photos at each size that it is solved at, and their targets.

The targets of one photo depend on nothing of the other, so all pairs with that photo may share
them. The smallest size comes first.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jax.sharding import Mesh

from jphoto.networks.vgg import Params
from jphoto.objectives.targets import ContentTargets, StyleTargets, Targets
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.pairs import Pair, Photo, Shape, halvings, photo_arrays, shard_rows
from jphoto.solver.plan import level_sizes, objectives, steps_per_level
from jphoto.solver.vectorized import Programs


class Level(NamedTuple):
    """One size of a solve. Arrays of several pairs have a first axis for the pairs."""

    photo: Photo
    """The content photo."""
    sizes: list[tuple[int, int]]
    """Height and width of each pair's content photo, which padded arrays may exceed."""
    steps: int
    """Most steps at this size."""
    objective: str
    """A key of `programs.OBJECTIVES`."""


def content_photos(
    pair: Pair, settings: Settings, shape: Shape | None = None, mesh: Mesh | None = None
) -> list[Photo]:
    """The pair's content photo at each size.

    Args:
      pair: photos and masks.
      settings: number of levels.
      shape: of the padded arrays; by default arrays have the photo's size.
      mesh: from `rows_mesh`, to shard the photo's rows over.
    """
    padded = (None, None) if shape is None else (shape.content, shape.regions)
    photo = photo_arrays(pair.content, pair.content_masks, *padded)
    photo = photo if mesh is None else shard_rows(photo, mesh)
    return halvings(photo, len(steps_per_level(pair, settings)))


def style_photos(pair: Pair, settings: Settings, shape: Shape | None = None) -> list[Photo]:
    """The pair's style photo at each size; arguments as in `content_photos`."""
    padded = (None, None) if shape is None else (shape.style, shape.regions)
    photo = photo_arrays(pair.style, pair.style_masks, *padded)
    return halvings(photo, len(steps_per_level(pair, settings)))


def levels_of(pairs: Sequence[Pair], photos: Sequence[Photo], settings: Settings) -> list[Level]:
    """The sizes that a pair is solved at, or a batch.

    Args:
      pairs: of the batch, or the one.
      photos: the content photo at each size; of a batch, stacked along a first axis.
      settings: steps, number of levels and objective.
    """
    sizes = zip(*[level_sizes(pair, settings) for pair in pairs], strict=True)
    steps = steps_per_level(pairs[0], settings)
    planned = zip(steps, objectives(len(steps), settings), strict=True)
    fields = zip(photos, sizes, planned, strict=True)
    return [Level(photo, [*own], *plan) for photo, own, plan in fields]


def content_targets_of(
    photos: Sequence[Photo], params: Params, preprocessing: str, settings: Settings
) -> Iterator[ContentTargets]:
    """The targets of a content photo at each size; masks are not used."""
    for photo, objective in zip(photos, objectives(len(photos), settings), strict=True):
        yield programs.content_targets(
            params, photo.picture, photo.valid, preprocessing=preprocessing, objective=objective
        )


def style_targets_of(
    photos: Sequence[Photo], params: Params, preprocessing: str, settings: Settings
) -> Iterator[StyleTargets]:
    """The targets of a style photo and its masks at each size."""
    for photo, objective in zip(photos, objectives(len(photos), settings), strict=True):
        yield programs.style_targets(
            params, *photo, preprocessing=preprocessing, objective=objective
        )


def targets_of(
    compiled: Programs,
    photos: Sequence[Photo],
    params: Params,
    settings: Settings,
    content_targets: Iterable[ContentTargets],
    style_targets: Iterable[StyleTargets],
) -> Iterator[Targets]:
    """The targets of a pair at each size, or of a batch.

    Args:
      compiled: `SINGLE`, or `BATCHED` for arrays with a first axis for the pairs.
      photos: the content photo at each size.
      params: weights of the network.
      settings: the objective.
      content_targets: of the content photo at each size; like the style's, those of one size are
        asked for before those of the next.
      style_targets: of the style photo.
    """
    sizes = zip(
        photos, content_targets, style_targets, objectives(len(photos), settings), strict=True
    )
    for photo, content, style, objective in sizes:
        of_pair = compiled.pair_targets(params, content, photo.masks, style, objective=objective)
        yield Targets(style, content, *of_pair)
