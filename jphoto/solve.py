"""The host's side of solving one pair: sizes from coarse to fine, and at each, chunks of steps.

A solution is carried to the next size as local affine maps of the content, so that all its detail
comes from the photo. Between chunks the host reports progress, may stop, and looks for trouble;
never inside: what runs there is compiled as a whole, see `programs`.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Float32

from jphoto.affine import carry, smooth_affine_maps
from jphoto.arrays import Picture
from jphoto.objective import Look, Targets, Weights
from jphoto.optimizer import Condition
from jphoto.padding import reduced
from jphoto.pairs import Pair, Photo, Shape, halved_photo, laid_by_rows, photo_of, rows_mesh
from jphoto.plan import planned_steps, stages_of
from jphoto.programs import (
    CHUNK,
    advance,
    begin,
    first_picture,
    last_picture,
    next_picture,
    prepare,
    see_style,
)
from jphoto.progress import Progress, Status, Step
from jphoto.settings import Settings
from jphoto.vgg import Params, with_turned_kernels

CHUNK_SECONDS = 1.0
"""How long the host waits for a chunk, if a single step does not take longer."""


class Solved(NamedTuple):
    """What one size hands to the next: content, result, and the optimizer's state there."""

    content: Picture
    picture: Picture
    state: Any = None


class Solution(NamedTuple):
    """The best picture, not clipped; the terms step by step; how it ended; seconds by phase."""

    picture: Float32[np.ndarray, "h w 3"]
    steps: tuple[Step, ...]
    status: Status
    seconds: dict[str, float]


def solve(
    pair: Pair,
    params: Params,
    preprocessing: str,
    settings: Settings,
    progress: Callable[[Progress], bool | None] | None = None,
    shape: Shape | None = None,
    looks: Sequence[Look] | None = None,
    devices: Sequence[jax.Device] = (),
) -> Solution:
    """Descend from the start to the picture that has the content's edges and the style's look.

    Args:
      pair: photos and masks, sRGB in [0, 1].
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: work, weights, method, start and seed are read here.
      progress: called after every chunk of steps; returning False stops the solve.
      shape: of the arrays to solve it in, for settings that `paddable` allows; by default as large
        as the photos.
      looks: from `looks_of`, where they are known already.
      devices: to lay the rows of the picture over, if there are several; the height of the arrays
        must be a multiple of their number.
    """
    mesh = rows_mesh(devices) if len(devices) > 1 else None
    plan, params = _plan(pair, settings, shape, mesh), with_turned_kernels(params)
    descent = _Descent(params, preprocessing, settings, plan, progress)
    with descent.timed("prepare"):
        looks = looks or looks_of(pair, params, preprocessing, settings, shape)
        if mesh is not None:
            everywhere = NamedSharding(mesh, PartitionSpec())
            descent.params, looks = jax.device_put((params, looks), everywhere)
    solved: Solved | None = None
    for level, look in zip(plan, looks, strict=True):
        if solved is not None and descent.ended:
            larger, coarse = level.content.picture, reduced(level.content.valid, 2)
            solved = Solved(larger, carry(solved.content, solved.picture, larger, coarse))
        else:
            solved = descent.solve(level, look, solved)
    assert solved is not None
    picture, content = solved.picture, plan[-1].content
    with descent.timed("smooth"):
        if settings.smoothing == "bilateral":
            picture = smooth_affine_maps(content.picture, picture)
        elif settings.smoothing == "laplacian":
            picture = last_picture(content.picture, picture, content.valid)
        result = blended(pair, np.asarray(picture), settings)
    return Solution(result, tuple(descent.steps), descent.status, descent.seconds)


def looks_of(
    pair: Pair,
    params: Params,
    preprocessing: str,
    settings: Settings,
    shape: Shape | None = None,
) -> list[Look]:
    """What is taken from the pair's style, at each size that it is solved at, the smallest first.

    It depends on nothing of the content: many contents may share it. Arguments as in `solve`.
    """
    sizes = len(planned_steps(pair, settings))
    photo = photo_of(pair.style, pair.style_masks, *((None, None) if shape is None else shape[1:]))
    looks: list[Look] = []
    for size in range(sizes):
        if size:
            photo = halved_photo(photo)
        looks.insert(0, see_style(
            params, *photo, preprocessing=preprocessing, objective=settings.objective
        ))  # fmt: skip
    return looks


def blended(
    pair: Pair, picture: Float[np.ndarray, "_ _ 3"], settings: Settings
) -> Float32[np.ndarray, "h w 3"]:
    """The content, taken as far toward a picture, which may be in a larger array, as is asked."""
    height, width, _ = pair.content.shape
    # Fits are linear: this blends the maps of every window with the identity.
    strength = np.float32(settings.style_strength)
    return (1 - strength) * pair.content + strength * picture[:height, :width]


class Level(NamedTuple):
    """A content at one size."""

    content: Photo
    size: tuple[int, int]
    """Of the content, which may be in larger arrays."""
    most: int
    """Steps."""


def _plan(pair: Pair, settings: Settings, shape: Shape | None, mesh: Mesh | None) -> list[Level]:
    """The pair at full size, last; before it, at half the size of the one after.

    Colors are settled where a step costs least. Textures are others at every size, so steps at the
    last one count most.
    """
    larger = (None, None) if shape is None else (shape.content, shape.regions)
    content = photo_of(pair.content, pair.content_masks, *larger)
    if mesh is not None:
        content = laid_by_rows(content, mesh)
    height, width, _ = pair.content.shape
    levels: list[Level] = []
    for most in reversed(planned_steps(pair, settings)):
        if levels:
            content, height, width = halved_photo(content), -(-height // 2), -(-width // 2)
        levels.insert(0, Level(content, (height, width), most))
    return levels


class _Descent:
    """What goes on from size to size: steps, clock, and how it stands."""

    def __init__(
        self,
        params: Params,
        preprocessing: str,
        settings: Settings,
        plan: list[Level],
        progress: Callable[[Progress], bool | None] | None,
    ) -> None:
        self.params, self.preprocessing, self.settings = params, preprocessing, settings
        self.progress = progress
        self.steps: list[Step] = []
        self.status = Status.FINISHED
        self.seconds = {"prepare": 0.0, "solve": 0.0, "smooth": 0.0}
        self._began = time.perf_counter()
        self._planned = sum(level.most for level in plan)
        self._done = 0
        self._work = sum(level.most * math.prod(level.size) for level in plan)

    @property
    def ended(self) -> bool:
        """Whether no other size is to be solved."""
        return self.status in (Status.STOPPED, Status.NOT_FINITE)

    @contextlib.contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Adds to the seconds of a phase."""
        began = time.perf_counter()
        yield
        self.seconds[phase] += time.perf_counter() - began

    def solve(self, level: Level, look: Look, coarser: Solved | None) -> Solved:
        """The best picture at one size, from the one before if there is one."""
        settings, most = self.settings, level.most
        with self.timed("prepare"):
            targets = prepare(
                self.params, level.content.picture, level.content.masks, look, level.content.valid,
                preprocessing=self.preprocessing, objective=settings.objective,
            )  # fmt: skip
            if coarser is None:
                picture = first_picture(targets, settings.seed, start=settings.start)
            else:
                before = coarser.content, coarser.picture
                picture = next_picture(targets.affinities, targets.photo, *before, targets.valid)
            jax.block_until_ready((targets, picture))
        with self.timed("solve"):
            free, stages = stages_of(most, settings)
            # With a free stage there are two objectives: what one taught does not help the other.
            learned = None if coarser is None or free else coarser.state
            state: Any = None
            for steps, weights in stages:
                if not self.ended:
                    state = self._stage(level, targets, weights, picture, steps, learned)
                    picture = state.best
        return Solved(targets.photo, picture, state)

    def _stage(
        self,
        level: Level,
        targets: Targets,
        weights: Weights,
        picture: Picture,
        most: int,
        coarser: Any,
    ) -> Any:
        """Chunks of steps until all are taken, hardly any progress is made, or it is stopped.

        Returns: the optimizer's state.
        """
        settings, pixels, size = self.settings, math.prod(level.size), max(level.size)
        method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
        course = begin(targets, weights, picture, coarser, **method)
        taken, count, self.status = 0, 1, Status.FINISHED
        while taken < most and self.status is Status.FINISHED:
            count = min(count, CHUNK, most - taken)
            began = time.perf_counter()
            course, terms = advance(
                self.params, targets, weights, float(settings.learning_rate), course, count,
                float(settings.tolerance), preprocessing=self.preprocessing,
                objective=settings.objective, **method,
            )  # fmt: skip
            new, taken = int(course.taken) - taken, int(course.taken)
            self.steps += [Step._make((*row, size)) for row in np.stack(terms, -1)[:new].tolist()]
            self._done += new * pixels
            condition = Condition(int(course.condition))
            if condition is not Condition.DESCENDING:
                self.status = Status[condition.name]
                left = most - taken
                self._planned -= left
                self._work -= left * pixels
            if self.status is not Status.NOT_FINITE and self._report(new) is False:
                self.status = Status.STOPPED
            count = max(1, int(count * CHUNK_SECONDS / (time.perf_counter() - began)))
        return course.state

    def _report(self, count: int) -> bool | None:
        if self.progress is None:
            return None
        seconds, share = time.perf_counter() - self._began, self._done / self._work
        return self.progress(
            Progress(len(self.steps), count, self._planned, share, self.steps[-1], seconds)
        )
