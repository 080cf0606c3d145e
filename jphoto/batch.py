"""Solving many pairs at once: one program for all of them, whatever their sizes.

Pairs are padded to one shape, see `padding`, and every function of `programs` is mapped over them.
Each goes its own way, and ends at its own step: a pair gives what it gives alone, up to rounding.

There is no padded form of the published objective, of a start from noise, of bilateral smoothing.
"""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Float, Int

from jphoto import programs
from jphoto.arrays import Scalar
from jphoto.compilation import program
from jphoto.objective import Look, Targets, Terms, Weights
from jphoto.optimizer import Condition
from jphoto.pairs import Pair, Photo, Shape, halved_photo, photo_of
from jphoto.plan import planned_steps, stages_of
from jphoto.programs import CHUNK, Course
from jphoto.progress import Status, Step
from jphoto.settings import Settings
from jphoto.solve import Solution, blended, looks_of
from jphoto.vgg import Params, with_turned_kernels

PAIRS = "pairs"
"""The axis of a mesh of devices that pairs are laid over."""

Pictures: TypeAlias = Float[Array, "n h w 3"]
Planes: TypeAlias = Float[Array, "n h w"]


def solve_batch(
    pairs: Sequence[Pair],
    shape: Shape,
    params: Params,
    preprocessing: str,
    settings: Settings,
    looks: Sequence[Sequence[Look]] | None = None,
    devices: Sequence[jax.Device] = (),
) -> list[Solution]:
    """Every pair's picture, as `solve.solve` finds it alone.

    Args:
      pairs: photos and masks; as many sizes are solved for each, see `solve.planned_steps`.
      shape: that they fit into.
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: as in `solve.solve`.
      looks: of each pair's style, from `looks_of`, where they are known already.
      devices: to lay the pairs over, an equal number on each; by default jax's own.
    """
    params = with_turned_kernels(params)
    if looks is None:
        looks = [looks_of(pair, params, preprocessing, settings, shape) for pair in pairs]
    larger = shape.content, shape.regions
    photos = [photo_of(pair.content, pair.content_masks, *larger) for pair in pairs]
    batch, seen = _stacked(photos), [_stacked(level) for level in zip(*looks, strict=True)]
    with contextlib.ExitStack() as stack:
        if len(devices) > 1:
            mesh = jax.make_mesh((len(devices),), (PAIRS,), (AxisType.Auto,), devices=devices)
            stack.enter_context(jax.set_mesh(mesh))
            params = jax.device_put(params, NamedSharding(mesh, PartitionSpec()))
            batch, seen = jax.device_put((batch, seen), NamedSharding(mesh, PartitionSpec(PAIRS)))
        descents = _Descents(pairs, params, preprocessing, settings)
        pictures = np.asarray(descents.all_sizes(batch, seen))
    return [
        Solution(blended(pair, picture, settings), tuple(steps), status, {})
        for pair, picture, steps, status in zip(
            pairs, pictures, descents.steps, descents.statuses, strict=True
        )
    ]


class _Solved(NamedTuple):
    """What one size hands to the next."""

    content: Pictures
    pictures: Pictures
    states: Any


class _Descents:
    """What goes on from size to size: each pair's steps, and how it stands."""

    def __init__(
        self, pairs: Sequence[Pair], params: Params, preprocessing: str, settings: Settings
    ) -> None:
        self.pairs, self.params, self.settings = pairs, params, settings
        self.preprocessing = preprocessing
        self.sides = [max(pair.content.shape) for pair in pairs]
        self.steps: list[list[Step]] = [[] for _ in pairs]
        self.statuses = [Status.FINISHED] * len(pairs)

    def all_sizes(self, batch: Photo, looks: Sequence[Look]) -> Pictures:
        """The pictures at full size, solved at all sizes one after the other."""
        settings, batches = self.settings, [batch]
        while len(batches) < len(looks):
            batches.insert(0, _halved(batches[0]))
        planned = planned_steps(self.pairs[0], settings)
        solved: _Solved | None = None
        for level, (batch, look, most) in enumerate(zip(batches, looks, planned, strict=True)):
            solved = self.solve(batch, look, len(batches) - 1 - level, most, solved)
        pictures = cast(_Solved, solved).pictures
        if settings.smoothing == "laplacian":
            pictures = _last_pictures(batch.picture, pictures, batch.valid)
        return pictures

    def solve(
        self, batch: Photo, looks: Look, halvings: int, most: int, coarser: _Solved | None
    ) -> _Solved:
        """The best pictures at one size, from those at half of it if there are any."""
        settings, sizes = self.settings, [-(-side // 2**halvings) for side in self.sides]
        targets = _prepare(self.params, batch, looks, preprocessing=self.preprocessing)
        if coarser is None:
            pictures = _first_pictures(targets, start=settings.start)
        else:
            before = coarser.content, coarser.pictures
            pictures = _next_pictures(targets.affinities, batch.picture, *before, batch.valid)
        free, stages = stages_of(most, settings)
        learned = None if coarser is None or free else coarser.states
        states: Any = None
        for steps, weights in stages:
            states = self._stage(targets, weights, pictures, steps, sizes, learned)
            pictures = states.best
        return _Solved(batch.picture, pictures, states)

    def _stage(
        self,
        targets: Targets,
        weights: Weights,
        pictures: Pictures,
        most: int,
        sizes: list[int],
        learned: Any,
    ) -> Any:
        """Chunks of steps until every pair's are taken or none descends any more."""
        settings = self.settings
        method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
        courses = _begin(targets, weights, pictures, learned, **method)
        # A pair whose objective was not finite at the size before stays as it was.
        ended = np.array([status is Status.NOT_FINITE for status in self.statuses])
        courses = courses._replace(
            condition=jnp.where(ended, Condition.NOT_FINITE, courses.condition).astype(jnp.int32)
        )
        done = 0
        while done < most:
            count, before = min(CHUNK, most - done), np.asarray(courses.taken)
            courses, terms = _advance(
                self.params, targets, weights, float(settings.learning_rate), courses, count,
                float(settings.tolerance), preprocessing=self.preprocessing, **method,
            )  # fmt: skip
            new = np.asarray(courses.taken) - before
            for steps, rows, taken, size in zip(
                self.steps, np.stack(terms, -1).tolist(), new, sizes, strict=True
            ):
                steps += [Step._make((*row, size)) for row in rows[:taken]]
            conditions = [Condition(int(c)) for c in courses.condition]
            done += count
            if Condition.DESCENDING not in conditions:
                break
        self.statuses = [
            Status.FINISHED if c is Condition.DESCENDING else Status[c.name] for c in conditions
        ]
        return courses.state


def _each(one: Callable[..., Any], common: Any, *pairs: Any) -> Any:
    """The function of every pair, side by side, and each device's share of them on that device.

    On a CPU one after the other: a single pair takes all cores, and what is gathered in loops takes
    several times as long side by side.

    Args:
      one: of what is common and of what is the pair's.
      common: to all pairs.
      pairs: arrays and trees of them, whose first axis is that of the pairs.
    """

    def share(common: Any, *pairs: Any) -> Any:
        function = functools.partial(one, common)

        def in_turn(*pairs: Any) -> Any:
            return lax.map(lambda pair: function(*pair), pairs)

        return lax.platform_dependent(*pairs, cpu=in_turn, default=jax.vmap(function))

    if jax.sharding.get_abstract_mesh().empty:
        return share(common, *pairs)
    # No device waits for another: each goes through its own pairs' loops.
    places = (PartitionSpec(), *[PartitionSpec(PAIRS)] * len(pairs))
    spread = jax.shard_map(share, in_specs=places, out_specs=PartitionSpec(PAIRS), check_vma=False)
    return spread(common, *pairs)


@jax.jit
def _stacked(trees: Sequence[Any]) -> Any:
    """Pairs side by side, in arrays with one axis more."""
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *trees)


@program()
def _halved(batch: Photo) -> Photo:
    found: Photo = _each(lambda _, photo: halved_photo(photo), (), batch)
    return found


@program(static=("preprocessing",))
def _prepare(params: Params, batch: Photo, looks: Look, *, preprocessing: str) -> Targets:
    def one(params: Params, content: Photo, look: Look) -> Targets:
        return programs.prepare(
            params, content.picture, content.masks, look, content.valid,
            preprocessing=preprocessing, objective="jphoto",
        )  # fmt: skip

    found: Targets = _each(one, params, batch, looks)
    return found


@functools.partial(jax.jit, static_argnames="start")
def _first_pictures(targets: Targets, *, start: str) -> Pictures:
    def one(_: Any, targets: Targets) -> Array:
        return programs.first_picture(targets, 0, start=start)

    found: Pictures = _each(one, (), targets)
    return found


@program()
def _next_pictures(
    affinities: tuple[Float[Array, "n _ _"], ...],
    content: Pictures,
    coarser: Float[Array, "n hc wc 3"],
    pictures: Float[Array, "n hc wc 3"],
    valid: Planes | None,
) -> Pictures:
    def one(_: Any, *pair: Any) -> Array:
        return programs.next_picture(*pair)

    found: Pictures = _each(one, (), affinities, content, coarser, pictures, valid)
    return found


@program()
def _last_pictures(content: Pictures, pictures: Pictures, valid: Planes | None) -> Pictures:
    def one(_: Any, content: Array, picture: Array, valid: Array) -> Array:
        return programs.last_picture(content, picture, valid)

    found: Pictures = _each(one, (), content, pictures, valid)
    return found


@functools.partial(jax.jit, static_argnames=("optimizer", "preconditioner"))
def _begin(
    targets: Targets, weights: Weights, pictures: Pictures, learned: Any, **method: Any
) -> Course:
    def one(weights: Weights, targets: Targets, picture: Array, learned: Any) -> Course:
        course: Course = programs.begin(targets, weights, picture, learned, **method)
        return course

    courses: Course = _each(one, weights, targets, pictures, learned)
    return courses


@program(static=("preprocessing", "optimizer", "preconditioner"), donated=(4,))
def _advance(
    params: Params,
    targets: Targets,
    weights: Weights,
    learning_rate: float | Scalar,
    courses: Course,
    count: int | Int[Array, ""],
    tolerance: float | Scalar,
    **static: Any,
) -> tuple[Course, Terms]:
    def one(common: Any, targets: Targets, course: Course) -> Any:
        params, weights, learning_rate, count, tolerance = common
        return programs.advance(
            params, targets, weights, learning_rate, course, count, tolerance,
            objective="jphoto", **static,
        )  # fmt: skip

    common = params, weights, learning_rate, count, tolerance
    led: tuple[Course, Terms] = _each(one, common, targets, courses)
    return led
