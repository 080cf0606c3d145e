"""The host's side of solving one pair: sizes from coarse to fine, and at each, chunks of steps.

A solution is carried to the next size as local affine maps of the content, so that all its detail
comes from the photo. Between chunks the host reports progress, may stop, and looks for trouble;
never inside: what runs there is compiled as a whole, see `programs`.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Float32

from jphoto.affine import carry, smooth_affine_maps
from jphoto.arrays import Picture
from jphoto.objective import Targets, Weights
from jphoto.optimizer import Condition
from jphoto.padding import reduced
from jphoto.pairs import Pair, Photos, Shape, halved_photos, photos_of
from jphoto.programs import (
    CHUNK,
    advance,
    begin,
    first_picture,
    last_picture,
    next_picture,
    prepare,
)
from jphoto.progress import Progress, Status, Step
from jphoto.settings import Settings
from jphoto.vgg import Params, with_turned_kernels

CHUNK_SECONDS = 1.0
"""How long the host waits for a chunk, if a single step does not take longer."""
MORE = 1.5
"""Steps at half a size, for each at that size."""
SMALLEST_LEVEL = 64
"""Pixels, of the short side of either photo: in a smaller one the network sees hardly anything."""


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
    """
    plan = _plan(pair, settings, shape)
    descent = _Descent(with_turned_kernels(params), preprocessing, settings, plan, progress)
    solved: Solved | None = None
    for level in plan:
        if solved is not None and descent.ended:
            larger, coarse = level.photos.content, reduced(level.photos.valid, 2)
            solved = Solved(larger, carry(solved.content, solved.picture, larger, coarse))
        else:
            solved = descent.solve(level, solved)
    assert solved is not None
    picture, photos = solved.picture, plan[-1].photos
    with descent.timed("smooth"):
        if settings.smoothing == "bilateral":
            picture = smooth_affine_maps(photos.content, picture)
        elif settings.smoothing == "laplacian":
            picture = last_picture(photos.content, picture, photos.valid)
        result = blended(pair, np.asarray(picture), settings)
    return Solution(result, tuple(descent.steps), descent.status, descent.seconds)


def paddable(settings: Settings) -> bool:
    """Whether pairs may be solved in larger arrays: not as published, and not from noise."""
    return (
        settings.objective == "jphoto"
        and settings.start != "noise"
        and settings.smoothing != "bilateral"
    )


def blended(
    pair: Pair, picture: Float[np.ndarray, "_ _ 3"], settings: Settings
) -> Float32[np.ndarray, "h w 3"]:
    """The content, taken as far toward a picture, which may be in a larger array, as is asked."""
    height, width, _ = pair.content.shape
    # Fits are linear: this blends the maps of every window with the identity.
    strength = np.float32(settings.style_strength)
    return (1 - strength) * pair.content + strength * picture[:height, :width]


class Level(NamedTuple):
    """A pair at one size."""

    photos: Photos
    size: tuple[int, int]
    """Of the content."""
    most: int
    """Steps."""


def _plan(pair: Pair, settings: Settings, shape: Shape | None) -> list[Level]:
    """The pair at full size, last; before it, at half the size of the one after.

    Colors are settled where a step costs least. Textures are others at every size, so steps at the
    last one count most.
    """
    photos, (height, width, _) = photos_of(pair, shape), pair.content.shape
    levels: list[Level] = []
    for most in reversed(planned_steps(pair, settings)):
        if levels:
            photos, height, width = halved_photos(photos), -(-height // 2), -(-width // 2)
        levels.insert(0, Level(photos, (height, width), most))
    return levels


def planned_steps(pair: Pair, settings: Settings) -> list[int]:
    """Steps at each size that a pair is solved at, the smallest first."""
    sizes, shortest = 1, min(*pair.content.shape[:2], *pair.style.shape[:2])
    while sizes < settings.levels and shortest >= 2 * SMALLEST_LEVEL:
        sizes, shortest = sizes + 1, -(-shortest // 2)
    return [int(settings.steps * MORE**n) for n in reversed(range(sizes))]


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

    def solve(self, level: Level, coarser: Solved | None) -> Solved:
        """The best picture at one size, from the one before if there is one."""
        settings, most = self.settings, level.most
        with self.timed("prepare"):
            targets = prepare(
                self.params, *level.photos, preprocessing=self.preprocessing,
                objective=settings.objective,
            )  # fmt: skip
            if coarser is None:
                picture = first_picture(targets, settings.seed, start=settings.start)
            else:
                before = coarser.content, coarser.picture
                picture = next_picture(targets.affinities, targets.photo, *before, targets.valid)
            jax.block_until_ready((targets, picture))
        with self.timed("solve"):
            free, weights = round(settings.free_share * most), weights_of(settings)
            stages = (
                (free, weights._replace(photorealism=0.0)),
                (most - free, weights),
            )
            # With a free stage there are two objectives: what one taught does not help the other.
            learned = None if coarser is None or free else coarser.state
            state: Any = None
            for steps, weights in stages:
                if steps and not self.ended:
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
