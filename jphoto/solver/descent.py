"""The host's loop of a solve: sizes from coarse to fine, and at each size chunks of steps.

The result at one size is upsampled to the next by its local affine maps of the content photo, so
that all detail comes from the photo. The host reports progress, stops, and checks for failure
between chunks only; a chunk is one compiled program, see `vectorized`.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float

from jphoto.networks.vgg import Params
from jphoto.objectives.targets import LossWeights, Targets
from jphoto.optimizers.interface import Condition
from jphoto.settings import Settings
from jphoto.solver.levels import Level
from jphoto.solver.plan import last_goals, smoothing_affinities, stages
from jphoto.solver.progress import BestSoFar, Progress, Status, Step
from jphoto.solver.steps import CHUNK_STEPS, DescentState
from jphoto.solver.vectorized import Programs

CHUNK_SECONDS = 1.0
"""Seconds that a chunk should take, unless a single step takes longer."""


class _LevelResult(NamedTuple):
    """The result at one size: content photo, picture, and the optimizer's state."""

    content: Float[Array, "*n h w 3"]
    picture: Float[Array, "*n h w 3"]
    state: Any = None


class Descent:
    """A descent of one pair or of a batch, with each pair's steps and status, and the time spent.

    Args:
      programs: `SINGLE` for one pair, `BATCHED` for several.
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      settings: all but those of regions, device and output.
      keep_going: called after every chunk of steps; returning False stops the descent.
    """

    def __init__(
        self,
        programs: Programs,
        params: Params,
        preprocessing: str,
        settings: Settings,
        keep_going: Callable[["Descent"], bool],
    ) -> None:
        self.programs, self.params, self.preprocessing = programs, params, preprocessing
        self.settings, self._keep_going = settings, keep_going
        self.steps: list[list[Step]] = []
        self.statuses: list[Status] = []
        self.seconds = {"prepare": 0.0, "solve": 0.0, "smooth": 0.0}
        self._began = time.perf_counter()
        self.best: tuple[Level, Float[Array, "*n h w 3"]] | None = None
        """The size that is solved and the best pictures so far, only while `keep_going` runs."""

    def run(self, levels: Sequence[Level], targets: Iterator[Targets]) -> Float[Array, "*n h w 3"]:
        """Solve at every size; the pictures at the last.

        Args:
          levels: the smallest size first, each half of the next.
          targets: at each size; those of a larger one are asked for after the steps at a smaller.
        """
        count = len(levels[-1].sizes)
        self.steps, self.statuses = [[] for _ in range(count)], [Status.FINISHED] * count
        self._planned = np.full(count, sum(level.steps for level in levels))
        self._work = np.sum([level.steps * np.prod(level.sizes, 1) for level in levels], 0)
        self._done, self._new = np.zeros(count, int), np.zeros(count, int)
        solved: _LevelResult | None = None
        for level in levels:
            photo, masks, valid = level.photo
            with self.timed("prepare"):
                own = next(targets)
            if solved is not None and self.ended:
                before = solved.content, solved.picture
                solved = _LevelResult(photo, self.programs.upsampled(*before, photo, valid))
            else:
                solved = self._solve(level, own, solved)
        assert solved is not None
        # A stopped descent ends with the picture that was shown. Smaller sizes end with the best:
        # a further move there costs edges at the next size, and gains nothing.
        whole = solved.state is not None and not self.ended
        picture: Array = _last_move(solved.state) if whole else solved.picture
        if self.settings.smoothing != "laplacian":
            return picture
        with self.timed("smooth"):
            goals = last_goals(own, self.settings)
            last: Array = self.programs.finished(
                solved.content, picture, masks, goals, valid,
                smoothing_affinities(own.content, level.objective),
            )  # fmt: skip
            last.block_until_ready()
        return last

    @property
    def ended(self) -> bool:
        """Whether every pair was stopped or failed, so that no further size is solved."""
        return all(status in (Status.STOPPED, Status.NOT_FINITE) for status in self.statuses)

    def progress(self, picture: BestSoFar) -> Progress:
        """Progress of the first pair after its last chunk.

        Args:
          picture: makes the best picture so far.
        """
        (steps, *_), seconds = self.steps, time.perf_counter() - self._began
        share = float(self._done[0] / self._work[0])
        new, planned = int(self._new[0]), int(self._planned[0])
        last = steps[-1] if steps else None
        return Progress(len(steps), new, planned, share, last, seconds, picture)

    @contextlib.contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time spent inside to the seconds of a phase."""
        began = time.perf_counter()
        yield
        self.seconds[phase] += time.perf_counter() - began

    def _solve(self, level: Level, targets: Targets, coarser: _LevelResult | None) -> _LevelResult:
        """The best pictures at one size, started from the result at the size before, if any."""
        settings, (photo, _, valid) = self.settings, level.photo
        with self.timed("prepare"):
            if coarser is None:
                picture = self.programs.start_picture(targets, settings.seed, start=settings.start)
            else:
                picture = self.programs.upsampled(*coarser[:2], photo, valid)
            jax.block_until_ready((targets, picture))
        if coarser is None:
            self._report(level, picture)
        with self.timed("solve"):
            free, planned = stages(level.steps, settings)
            # With a free stage there are two objectives, and the history of one misleads the other.
            history = None if coarser is None or free else coarser.state
            state: Any = None
            for steps, weights in planned:
                if not self.ended:
                    state = None  # release it first: two long histories may not fit into memory
                    state = self._stage(level, targets, weights, picture, steps, history)
                    picture = state.best
        return _LevelResult(photo, picture, state)

    def _stage(
        self,
        level: Level,
        targets: Targets,
        weights: LossWeights,
        picture: Float[Array, "*n h w 3"],
        steps: int,
        coarser: Any,
    ) -> Any:
        """Take chunks of steps until every pair has taken all or converged.

        Args:
          level: the size.
          targets: of the pairs.
          weights: of the loss terms.
          picture: to start from.
          steps: at most.
          coarser: the optimizer's state at the size before, or None.

        Returns: the optimizer's state.
        """
        settings = self.settings
        method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
        state = self.programs.begin(targets, weights, picture, coarser, **method)
        state = _placed_like(targets.content.photo, state)
        descending = np.array([status is not Status.NOT_FINITE for status in self.statuses])
        if not descending.all():  # pairs that failed keep the result of the size before
            conditions = np.where(descending, Condition.DESCENDING, Condition.NOT_FINITE)
            state = state._replace(condition=jnp.int32(conditions))
        self._note(state.condition)
        done, count = 0, 1
        while done < steps and descending.any() and not self.ended:
            count, began = min(count, CHUNK_STEPS, steps - done), time.perf_counter()
            before = np.atleast_1d(state.taken)
            state, terms = self.programs.advance(
                self.params, targets, weights, float(settings.learning_rate), state, count,
                float(settings.tolerance), preprocessing=self.preprocessing,
                objective=level.objective, **method,
            )  # fmt: skip
            done += count
            taken, was = np.atleast_1d(state.taken), descending
            descending = self._note(state.condition)
            self._account(level, taken - before, np.where(was & ~descending, steps - taken, 0))
            self._record(np.stack(terms, -1), level)
            self._report(level, state.optimizer.best)
            count = max(1, int(count * CHUNK_SECONDS / (time.perf_counter() - began)))
        return state.optimizer

    def _report(self, level: Level, picture: Float[Array, "*n h w 3"]) -> None:
        """Let the caller know of the best pictures so far, and stop if it wants to."""
        if self.ended:
            return
        self.best = level, picture
        if not self._keep_going(self):
            self.statuses = [s if s is Status.NOT_FINITE else Status.STOPPED for s in self.statuses]
        self.best = None  # the next steps reuse its memory

    def _note(self, conditions: Array) -> np.ndarray:
        """Update the status of each pair; which of them are still descending."""
        found = [Condition(int(condition)) for condition in np.atleast_1d(conditions)]
        descending = [condition is Condition.DESCENDING for condition in found]
        self.statuses = [
            Status.FINISHED if still else Status[condition.name]
            for condition, still in zip(found, descending, strict=True)
        ]
        return np.array(descending)

    def _account(self, level: Level, new: np.ndarray, skipped: np.ndarray) -> None:
        """Count the steps that each pair took, and those that it will not take."""
        pixels = np.prod(level.sizes, 1)
        self._new = new
        self._done += new * pixels
        self._planned -= skipped
        self._work -= skipped * pixels

    def _record(self, terms: np.ndarray, level: Level) -> None:
        """Append the terms after each of the new steps."""
        rows = terms.reshape(len(self.steps), CHUNK_STEPS, -1).tolist()
        for steps, pair, new, size in zip(self.steps, rows, self._new, level.sizes, strict=True):
            steps += [Step._make((*row, max(size))) for row in pair[:new]]


@jax.jit
def _last_move(state: Any) -> Array:
    """The picture that an optimizer's state ends with, by one program."""
    last: Array = state.last
    return last


def _placed_like(photo: Array, state: DescentState) -> DescentState:
    """A first state on the photo's device, or with its pictures sharded as the photo is.

    The steps return it so; were it elsewhere before the first chunk, `advance` would be compiled
    for both.
    """
    if not photo.committed:
        return state

    def place(array: Array) -> Array:
        sharding = photo.sharding
        if isinstance(sharding, NamedSharding):
            further = array.ndim - photo.ndim
            if array.shape[further:] != photo.shape:
                return array
            spec = PartitionSpec(*[None] * further, *sharding.spec)
            sharding = NamedSharding(sharding.mesh, spec)
        placed: Array = jax.device_put(array, sharding)
        return placed

    found: DescentState = jax.tree.map(place, state)
    return found
