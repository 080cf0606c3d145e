"""Pairs collected into groups that share a program, and each group solved at once.

Prepared pairs wait until as many of their group have come as the device solves at once. Targets of
photos that many pairs share are computed once.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar, runtime_checkable

import jax
import numpy as np

from jphoto.compilation import in_threads
from jphoto.networks.vgg import Params, transposed_kernels, with_flipped_kernels
from jphoto.objectives.targets import ContentTargets, StyleTargets
from jphoto.pipeline.array_cache import ArrayCache
from jphoto.pipeline.capacity import pairs_at_once
from jphoto.pipeline.preparing import Group, PreparedPair, look_targets, recolor_prepared
from jphoto.process.memory import give_back
from jphoto.solver.batch import solve_batch
from jphoto.solver.levels import (
    content_photos,
    content_targets_of,
    style_photos,
    style_targets_of,
)
from jphoto.solver.pairs import transposed
from jphoto.solver.single import Solution, solve
from jphoto.weights import AnyWeights

NO_MEMORY = "RESOURCE_EXHAUSTED"
"""Begins XLA's message when a device has too little memory."""
WAITING_FACTOR = 4
"""Pairs that may wait in all groups, as a multiple of those solved at once."""
LEAST_WAITING = 8
"""Pairs that may wait in any case, so that those of one group, which share programs, follow each
other also where one is solved at a time. A pair of 700 pixels takes some 15 MB."""


@runtime_checkable
class Prepared(Protocol):
    """Anything that holds a prepared pair."""

    @property
    def prepared(self) -> PreparedPair: ...  # noqa: D102


Item = TypeVar("Item", bound=Prepared)
Source = TypeVar("Source")
Read = TypeVar("Read")


class OutOfMemory(Exception):
    """The device has no memory for so many pairs at once; fewer may fit."""


class GroupSolver:
    """Solves the pairs of a group with one network, and caches the targets of their photos.

    Args:
      weights: of the network.
      devices: to shard pairs over.
    """

    def __init__(self, weights: AnyWeights, devices: Sequence[jax.Device]) -> None:
        self.devices, self._weights = devices, weights
        self.content_targets = ArrayCache[list[ContentTargets]]()
        self.style_targets = ArrayCache[list[StyleTargets]]()
        self._network: tuple[bool, Params] | None = None

    def network(self, portrait: bool) -> tuple[Params, str]:
        """The network's parameters on the device, and its preprocessing.

        Args:
          portrait: whether for transposed pairs; one form at a time is kept.
        """
        if self._network is None or self._network[0] != portrait:
            self._network = None
            params = jax.device_put(self._weights.params)
            params = transposed_kernels(params) if portrait else params
            self._network = portrait, with_flipped_kernels(params)
        return self._network[1], self._weights.preprocessing

    def solve(
        self, pairs: Sequence[PreparedPair], count: int, keep_going: Callable[[], bool]
    ) -> list[Solution]:
        """The solution of each pair, in order.

        Args:
          pairs: of one group, at most `count`; if fewer, the last is repeated, so that one program
            serves all numbers.
          count: pairs solved at once; over all devices, if these can have equal numbers of them.
          keep_going: called between chunks of steps; returning False stops all pairs.

        Raises: OutOfMemory.
        """
        if portrait := pairs[0].group.portrait:
            pairs = [one._replace(pair=transposed(one.pair)) for one in pairs]
        solutions = self._solve(pairs, count, keep_going)
        return [one.transposed() for one in solutions] if portrait else solutions

    def _solve(
        self, pairs: Sequence[PreparedPair], count: int, keep_going: Callable[[], bool]
    ) -> list[Solution]:
        """The solution of each pair, see `solve`; the pairs are as the arrays hold them."""
        filled = [*pairs, *[pairs[-1]] * (count - len(pairs))]
        first = pairs[0]
        try:
            if not first.settings.steps:
                return [recolor_prepared(pair) for pair in pairs]
            # In a thread: those of the larger sizes are computed while the smallest is solved.
            ((contents, styles),) = in_threads(self._targets, [filled])
            network = *self.network(first.group.portrait), first.settings
            if count == 1:
                targets = contents[0], styles[0]
                return [solve(first.pair, *network, lambda _: keep_going(), first.shape, *targets)]
            assert first.shape is not None
            devices = () if count % len(self.devices) else self.devices
            photos = [pair.pair for pair in filled]
            solutions = solve_batch(
                photos, first.shape, *network, contents, styles, devices, keep_going
            )
            return solutions[: len(pairs)]
        except jax.errors.JaxRuntimeError as error:
            if NO_MEMORY in str(error):
                raise OutOfMemory(str(error).splitlines()[0]) from error
            raise

    def _targets(
        self, pairs: Sequence[PreparedPair]
    ) -> tuple[list[list[ContentTargets]], list[list[StyleTargets]]]:
        contents = [self._content_targets(pair) for pair in pairs]
        return contents, [self._style_targets(pair) for pair in pairs]

    def _content_targets(self, prepared: PreparedPair) -> list[ContentTargets]:
        pair, settings, shape = prepared.pair, prepared.settings, prepared.shape
        size = shape and shape.content
        *_, portrait, steps, _ = prepared.group

        def compute() -> list[ContentTargets]:
            photos = content_photos(pair, settings, shape)
            return [*content_targets_of(photos, *self.network(portrait), settings)]

        key = (_digest(pair.content), size, portrait, steps, settings.objective)
        return self.content_targets.get(key, compute)

    def _style_targets(self, prepared: PreparedPair) -> list[StyleTargets]:
        pair, settings, shape = prepared.pair, prepared.settings, prepared.shape
        if (of_look := look_targets(prepared)) is not None:
            return of_look
        size = shape and (shape.style, shape.regions)
        *_, portrait, steps, _ = prepared.group

        def compute() -> list[StyleTargets]:
            photos = style_photos(pair, settings, shape)
            return [*style_targets_of(photos, *self.network(portrait), settings)]

        key = (_digest(pair.style, pair.style_masks), size, portrait, steps, settings.objective)
        return self.style_targets.get(key, compute)


class PairScheduler(Generic[Item]):
    """Collects prepared pairs by group and solves a group when it is complete.

    Args:
      networks: weights by the names that settings use.
      devices: to shard pairs over.
      count: pairs solved at once; None for as many as the devices have memory for.
      keep_going: called between chunks of steps; returning False stops the pairs being solved, and
        those that wait are not solved.
    """

    def __init__(
        self,
        networks: Mapping[str, AnyWeights],
        devices: Sequence[jax.Device],
        count: int | None,
        keep_going: Callable[[], bool],
    ) -> None:
        self.devices, self.count, self._keep_going = devices, count, keep_going
        self.stopped = False
        self.buckets: dict[str, tuple[int, int]] = {}
        """Pairs solved and pairs waiting, by the size of their arrays."""
        self._waiting: dict[Group, list[Item]] = {}
        self._last: Group | None = None
        """The group that was solved last, whose programs are loaded."""
        self._limits: dict[Group, int] = {}
        self._solvers = {name: GroupSolver(network, devices) for name, network in networks.items()}

    def add(self, item: Item) -> Iterator[tuple[Item, Solution | str]]:
        """Add a pair; the pairs that are solved because of it.

        Yields: each with its solution, or with the reason why there is none.
        """
        group = item.prepared.group
        self._waiting.setdefault(group, []).append(item)
        self._note(group, 0, 1)
        limit = self._limit(group)
        # One at a time, another group waits: a change of programs takes seconds.
        if len(self._waiting[group]) >= limit and (limit > 1 or self._last in (None, group)):
            yield from self._solve(group)
        elif sum(map(len, self._waiting.values())) > max(WAITING_FACTOR * limit, LEAST_WAITING):
            yield from self._solve(max(self._waiting, key=lambda one: len(self._waiting[one])))

    def drain(self) -> Iterator[tuple[Item, Solution | str]]:
        """Solve the pairs that still wait, group by group; as `add` returns them."""
        for group in [*self._waiting]:
            yield from self._solve(group)

    def keep_going(self) -> bool:
        """Whether to continue; False once the caller wanted to stop."""
        self.stopped = self.stopped or not self._keep_going()
        return not self.stopped

    def _limit(self, group: Group) -> int:
        """Pairs of a group that are solved at once."""
        if group not in self._limits:
            alone = group.content is None or not group.settings.steps
            self._limits[group] = 1 if alone else self.count or self._fitting(group)
        return self._limits[group]

    def _fitting(self, group: Group) -> int:
        """Pairs of a padded group that all devices together have memory for."""
        assert group.content is not None
        each = pairs_at_once(self.devices[0], group.content, group.regions, group.settings)
        return each * len(self.devices)

    def _solve(self, group: Group) -> Iterator[tuple[Item, Solution | str]]:
        """Solve the pairs that wait in a group, unless the scheduler was stopped."""
        items, limit = self._waiting.pop(group, []), self._limit(group)
        if not items or self.stopped:
            return
        if len(items) > limit:
            yield from self._solve_parts(group, items, limit)
            return
        self._last = group
        solutions: Sequence[Solution | str]
        try:
            solver = self._solvers[group.settings.backbone]
            prepared = [item.prepared for item in items]
            solutions = solver.solve(prepared, limit, self.keep_going)
        except OutOfMemory as error:
            if limit > 1:
                self._limits[group] = -(-limit // 2)
                yield from self._solve_parts(group, items, self._limits[group])
                return
            solutions = [f"the device has too little memory: {error}"]
        except Exception as error:  # of any class: one pair's failure must not end the others
            solutions = [f"{type(error).__name__}: {error}"] * len(items)
        self._note(group, len(items), -len(items))
        # Otherwise what a solve has freed adds up from pair to pair, in pieces too small to reuse.
        give_back()
        yield from zip(items, solutions, strict=True)

    def _solve_parts(
        self, group: Group, items: list[Item], count: int
    ) -> Iterator[tuple[Item, Solution | str]]:
        """Solve the pairs of a group, so many at once."""
        for first in range(0, len(items), count):
            self._waiting[group] = items[first : first + count]
            yield from self._solve(group)

    def _note(self, group: Group, solved: int, waiting: int) -> None:
        label = "single" if group.content is None else "{1} x {0}".format(*group.content)
        before = self.buckets.get(label, (0, 0))
        self.buckets[label] = before[0] + solved, before[1] + waiting


def read_ahead(
    threads: ThreadPoolExecutor,
    read: Callable[[Source], Read],
    sources: Iterable[Source],
    count: int,
) -> Iterator[tuple[Source, Read]]:
    """Each source with what `read` returns for it, in order; threads read up to `count` ahead."""
    coming: deque[tuple[Source, Future[Read]]] = deque()
    try:
        for source in sources:
            coming.append((source, threads.submit(read, source)))
            if len(coming) > count:
                first, future = coming.popleft()
                yield first, future.result()
        while coming:
            first, future = coming.popleft()
            yield first, future.result()
    finally:
        for _, future in coming:
            future.cancel()


def _digest(*arrays: np.ndarray) -> bytes:
    digest = hashlib.sha256(repr([array.shape for array in arrays]).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
