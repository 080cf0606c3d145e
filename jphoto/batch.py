"""Solving many pairs at once: one program for all of them, whatever their sizes.

Pairs are padded to one shape, see `padding`, and every function of `programs` is mapped over them.
Each goes its own way, and ends at its own step: a pair gives what it gives alone, up to rounding.

There is no padded form of the published objective, of a start from noise, of bilateral smoothing.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto import programs
from jphoto.arrays import Scalar
from jphoto.compilation import program
from jphoto.objective import Targets, Terms, Weights
from jphoto.optimizer import Condition
from jphoto.pairs import Pair, Photos, Shape, halved_photos, photos_of
from jphoto.programs import CHUNK, Course
from jphoto.progress import Status, Step
from jphoto.settings import Settings
from jphoto.solve import Solution, blended, planned_steps, weights_of
from jphoto.vgg import Params, with_turned_kernels

Pictures: TypeAlias = Float[Array, "n h w 3"]
Planes: TypeAlias = Float[Array, "n h w"]


def solve_batch(
    pairs: Sequence[Pair], shape: Shape, params: Params, preprocessing: str, settings: Settings
) -> list[Solution]:
    """Every pair's picture, as `solve.solve` finds it alone.

    Args:
      pairs: photos and masks; as many sizes are solved for each, see `solve.planned_steps`.
      shape: that they fit into.
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: as in `solve.solve`.
    """
    planned = planned_steps(pairs[0], settings)
    batches = [_stacked([photos_of(pair, shape) for pair in pairs])]
    while len(batches) < len(planned):
        batches.insert(0, _halved(batches[0]))
    descents = _Descents(pairs, with_turned_kernels(params), preprocessing, settings)
    solved: _Solved | None = None
    halvings = len(planned)
    for batch, most in zip(batches, planned, strict=True):
        halvings -= 1
        solved = descents.solve(batch, halvings, most, solved)
    pictures = cast(_Solved, solved).pictures
    if settings.smoothing == "laplacian":
        pictures = _last_pictures(batches[-1].content, pictures, batches[-1].valid)
    return [
        Solution(blended(pair, np.asarray(picture), settings), tuple(steps), status, {})
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
        self.params, self.preprocessing, self.settings = params, preprocessing, settings
        self.sides = [max(pair.content.shape) for pair in pairs]
        self.steps: list[list[Step]] = [[] for _ in pairs]
        self.statuses = [Status.FINISHED] * len(pairs)

    def solve(self, batch: Photos, halvings: int, most: int, coarser: _Solved | None) -> _Solved:
        """The best pictures at one size, from those at half of it if there are any."""
        settings, sizes = self.settings, [-(-side // 2**halvings) for side in self.sides]
        targets = _prepare(self.params, batch, preprocessing=self.preprocessing)
        if coarser is None:
            pictures = _first_pictures(targets, start=settings.start)
        else:
            before = coarser.content, coarser.pictures
            pictures = _next_pictures(targets.affinities, batch.content, *before, batch.valid)
        free, weights = round(settings.free_share * most), weights_of(settings)
        learned = None if coarser is None or free else coarser.states
        states: Any = None
        for steps, stage in (
            (free, weights._replace(photorealism=0.0)),
            (most - free, weights),
        ):
            if steps:
                states = self._stage(targets, stage, pictures, steps, sizes, learned)
                pictures = states.best
        return _Solved(batch.content, pictures, states)

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


def _each(one: Callable[..., Any], *pairs: Any) -> Any:
    """The function of every pair, side by side.

    On a CPU one after the other: a single pair takes all cores, and what is gathered in loops takes
    several times as long side by side.
    """

    def in_turn(*pairs: Any) -> Any:
        return lax.map(lambda pair: one(*pair), pairs)

    return lax.platform_dependent(*pairs, cpu=in_turn, default=jax.vmap(one))


@jax.jit
def _stacked(pairs: list[Photos]) -> Photos:
    """Pairs side by side, in arrays with one axis more."""
    stacked: Photos = jax.tree.map(lambda *arrays: jnp.stack(arrays), *pairs)
    return stacked


@program()
def _halved(batch: Photos) -> Photos:
    found: Photos = _each(halved_photos, batch)
    return found


@program(static=("preprocessing",))
def _prepare(params: Params, batch: Photos, *, preprocessing: str) -> Targets:
    def one(pair: Photos) -> Targets:
        return programs.prepare(params, *pair, preprocessing=preprocessing, objective="jphoto")

    found: Targets = _each(one, batch)
    return found


@functools.partial(jax.jit, static_argnames="start")
def _first_pictures(targets: Targets, *, start: str) -> Pictures:
    return jax.vmap(lambda each: programs.first_picture(each, 0, start=start))(targets)


@program()
def _next_pictures(
    affinities: tuple[Float[Array, "n _ _"], ...],
    content: Pictures,
    coarser: Float[Array, "n hc wc 3"],
    pictures: Float[Array, "n hc wc 3"],
    valid: Planes | None,
) -> Pictures:
    photos = content, coarser, pictures, valid
    found: Pictures = _each(programs.next_picture, affinities, *photos)
    return found


@program()
def _last_pictures(content: Pictures, pictures: Pictures, valid: Planes | None) -> Pictures:
    def one(content: Array, picture: Array, valid: Array) -> Array:
        return programs.last_picture(content, picture, valid)

    found: Pictures = _each(one, content, pictures, valid)
    return found


@functools.partial(jax.jit, static_argnames=("optimizer", "preconditioner"))
def _begin(
    targets: Targets, weights: Weights, pictures: Pictures, learned: Any, **method: Any
) -> Course:
    one = functools.partial(programs.begin, **method)
    courses: Course = jax.vmap(one, (0, None, 0, 0))(targets, weights, pictures, learned)
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
    def one(targets: Targets, course: Course) -> Any:
        return programs.advance(
            params, targets, weights, learning_rate, course, count, tolerance,
            objective="jphoto", **static,
        )  # fmt: skip

    led: tuple[Course, Terms] = _each(one, targets, courses)
    return led
