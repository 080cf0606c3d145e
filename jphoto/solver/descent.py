"""The host's side of a solve: sizes from coarse to fine, and at each, chunks of steps.

A solution is carried to the next size as local affine maps of the content, so that all its detail
comes from the photo. Between chunks the host may stop, and looks for trouble; never inside: what
runs there is compiled as a whole, see `mapping`.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import Targets, Weights
from jphoto.optimizers.interface import Condition
from jphoto.progress import Progress, Status, Step
from jphoto.settings import Settings
from jphoto.solver.levels import Level
from jphoto.solver.plan import stages_of
from jphoto.solver.steps import CHUNK
from jphoto.solver.vectorized import Programs

CHUNK_SECONDS = 1.0
"""How long the host waits for a chunk, if a single step does not take longer."""


class _Solved(NamedTuple):
    """What one size hands to the next: content, result, and the optimizer's state there."""

    content: Float[Array, "*n h w 3"]
    picture: Float[Array, "*n h w 3"]
    state: Any = None


class Descent:
    """What goes on from size to size: each pair's steps, the clock, and how they stand.

    Args:
      programs: for one pair, or for several side by side.
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: work, weights, method, start and seed are read here.
      going_on: asked after every chunk of steps; returning False ends it.
    """

    def __init__(
        self,
        programs: Programs,
        params: Params,
        preprocessing: str,
        settings: Settings,
        going_on: Callable[["Descent"], bool],
    ) -> None:
        self.programs, self.params, self.preprocessing = programs, params, preprocessing
        self.settings, self._going_on = settings, going_on
        self.steps: list[list[Step]] = []
        self.statuses: list[Status] = []
        self.seconds = {"prepare": 0.0, "solve": 0.0, "smooth": 0.0}
        self._began = time.perf_counter()

    def through(self, levels: Sequence[Level]) -> Float[Array, "*n h w 3"]:
        """The pictures at full size, which comes last; the sizes before are half of the next."""
        count = len(levels[-1].sizes)
        self.steps, self.statuses = [[] for _ in range(count)], [Status.FINISHED] * count
        self._planned = np.full(count, sum(level.most for level in levels))
        self._work = np.sum([level.most * np.prod(level.sizes, 1) for level in levels], 0)
        self._done, self._new = np.zeros(count, int), np.zeros(count, int)
        solved: _Solved | None = None
        for level in levels:
            photo, valid = level.structure.photo, level.structure.valid
            if solved is not None and self.ended:
                before = solved.content, solved.picture
                solved = _Solved(photo, self.programs.carried(*before, photo, valid))
            else:
                solved = self._solve(level, solved)
        assert solved is not None
        if self.settings.smoothing != "laplacian":
            return solved.picture
        with self.timed("smooth"):
            last: Array = self.programs.last_picture(solved.content, solved.picture, valid)
        return last

    @property
    def ended(self) -> bool:
        """Whether no other size is to be solved."""
        return all(status in (Status.STOPPED, Status.NOT_FINITE) for status in self.statuses)

    @property
    def progress(self) -> Progress:
        """Where the first pair stands, after its last chunk."""
        (steps, *_), seconds = self.steps, time.perf_counter() - self._began
        share = float(self._done[0] / self._work[0])
        new, planned = int(self._new[0]), int(self._planned[0])
        return Progress(len(steps), new, planned, share, steps[-1], seconds)

    @contextlib.contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Adds to the seconds of a phase."""
        began = time.perf_counter()
        yield
        self.seconds[phase] += time.perf_counter() - began

    def _solve(self, level: Level, coarser: _Solved | None) -> _Solved:
        """The best pictures at one size, from the one before if there is one."""
        settings, structure = self.settings, level.structure
        with self.timed("prepare"):
            related = self.programs.relate(
                self.params, structure, level.masks, level.look, objective=settings.objective
            )
            targets = Targets(level.look, structure, *related)
            if coarser is None:
                picture = self.programs.first_picture(targets, settings.seed, start=settings.start)
            else:
                picture = self.programs.next_picture(
                    structure.affinities, coarser.content, coarser.picture, structure.photo,
                    structure.valid,
                )  # fmt: skip
            jax.block_until_ready((targets, picture))
        with self.timed("solve"):
            free, stages = stages_of(level.most, settings)
            # With a free stage there are two objectives: what one taught does not help the other.
            learned = None if coarser is None or free else coarser.state
            state: Any = None
            for steps, weights in stages:
                if not self.ended:
                    state = None  # a long history must not be held twice
                    state = self._stage(level, targets, weights, picture, steps, learned)
                    picture = state.best
        return _Solved(structure.photo, picture, state)

    def _stage(
        self,
        level: Level,
        targets: Targets,
        weights: Weights,
        picture: Float[Array, "*n h w 3"],
        most: int,
        learned: Any,
    ) -> Any:
        """Chunks of steps until every pair's are taken, or none makes any progress to speak of.

        Returns: the optimizer's state.
        """
        settings = self.settings
        method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
        course = self.programs.begin(targets, weights, picture, learned, **method)
        descending = np.array([status is not Status.NOT_FINITE for status in self.statuses])
        if not descending.all():  # those stay as they were at the size before
            conditions = np.where(descending, Condition.DESCENDING, Condition.NOT_FINITE)
            course = course._replace(condition=jnp.int32(conditions))
        self._note(course.condition)
        done, count = 0, 1
        while done < most and descending.any() and not self.ended:
            count, began = min(count, CHUNK, most - done), time.perf_counter()
            before = np.atleast_1d(course.taken)
            course, terms = self.programs.advance(
                self.params, targets, weights, float(settings.learning_rate), course, count,
                float(settings.tolerance), preprocessing=self.preprocessing,
                objective=settings.objective, **method,
            )  # fmt: skip
            done += count
            taken, was = np.atleast_1d(course.taken), descending
            descending = self._note(course.condition)
            self._account(level, taken - before, np.where(was & ~descending, most - taken, 0))
            self._keep(np.stack(terms, -1), level)
            if not self.ended and not self._going_on(self):
                self.statuses = [
                    s if s is Status.NOT_FINITE else Status.STOPPED for s in self.statuses
                ]
            count = max(1, int(count * CHUNK_SECONDS / (time.perf_counter() - began)))
        return course.state

    def _note(self, conditions: Array) -> np.ndarray:
        """How the pairs stand; and which are descending."""
        found = [Condition(int(condition)) for condition in np.atleast_1d(conditions)]
        descending = [condition is Condition.DESCENDING for condition in found]
        self.statuses = [
            Status.FINISHED if further else Status[condition.name]
            for condition, further in zip(found, descending, strict=True)
        ]
        return np.array(descending)

    def _account(self, level: Level, new: np.ndarray, spared: np.ndarray) -> None:
        """Count the steps that each pair took, and those that it will not take any more."""
        pixels = np.prod(level.sizes, 1)
        self._new = new
        self._done += new * pixels
        self._planned -= spared
        self._work -= spared * pixels

    def _keep(self, terms: np.ndarray, level: Level) -> None:
        """The terms after each of the new steps."""
        rows = terms.reshape(len(self.steps), CHUNK, -1).tolist()
        for steps, pair, new, size in zip(self.steps, rows, self._new, level.sizes, strict=True):
            steps += [Step._make((*row, max(size))) for row in pair[:new]]
