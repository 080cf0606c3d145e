"""A batch under way: while a device solves what is ready, threads read the next and write the last.

What is ready waits for others that share its programs until as many have come as are solved at
once. Whatever becomes of a pair is written down as soon as it is known; only what would befall
every other pair as well, such as a full disk, ends a batch.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import jax
from jax.experimental import multihost_utils

from jphoto import files
from jphoto.batches.entries import Entry, Task, Unusable
from jphoto.batches.inputs import Group, Networks, Ready, prepare
from jphoto.batches.outputs import failure, is_fatal, write
from jphoto.batches.records import Record, Records, has_journal
from jphoto.batches.solving import OutOfMemory, Solver
from jphoto.batches.summary import Tally
from jphoto.errors import JphotoError
from jphoto.files import discard_abandoned
from jphoto.pipeline.capacity import at_once, free_bytes
from jphoto.pipeline.devices import find_devices
from jphoto.progress import Status
from jphoto.settings import Settings
from jphoto.solver.single import Solution

READERS = 2
"""Threads that read, and as many pairs more than are waited for are read ahead."""

Item = TypeVar("Item")


class Standing(NamedTuple):
    """How a batch stands, for who watches it."""

    tally: Tally
    pairs: int
    """In all."""
    last: str
    """What became of a pair, in one line."""
    buckets: dict[str, tuple[int, int]]
    """Pairs solved, and pairs ready, by the size of the arrays."""


def run(
    entries: Sequence[Entry],
    folder: Path,
    settings: Settings,
    *,
    force: bool = False,
    most: int | None = None,
    watch: Callable[[Standing], bool | None] | None = None,
) -> Tally:
    """Make all transfers that are not made yet; of several processes, each makes its share.

    Args:
      entries: what to do, from `find_tasks`; the same in all processes.
      folder: where outputs and journal go; made if need be.
      settings: of the run; its device is where everything is computed.
      force: whether files may be replaced that are not a batch's own.
      most: pairs solved at once; by default as many as the device has use and memory for.
      watch: called whenever something became of a pair; returning False ends the batch, and what
        was begun is left to the next run.

    Returns: the counts, of all processes.
    Raises: a JphotoError, if the batch cannot begin or go on.
    """
    files.make_folder(folder)
    began_before = has_journal(folder)
    process, several = jax.process_index(), jax.process_count() > 1
    if several:
        # The others' files of this run are no sign of an earlier one.
        multihost_utils.sync_global_devices("all have looked")
    devices = find_devices(settings.device)
    tasks = [entry for entry in entries if isinstance(entry, Task)]
    if process == 0:
        for place in {(folder / task.name).parent for task in tasks}:
            discard_abandoned(place)
    networks = Networks.load({task.settings.backbone for task in tasks})
    part = process if several else None
    with Records.open(folder, part) as records, jax.default_device(devices[0]):
        batch = _Run(folder, records, networks, devices, force or began_before, most, watch)
        batch.go(entries[process :: jax.process_count()])
        if several:
            batch.tally.share()
        if process == 0:
            records.merge()
    return batch.tally


class _Run:
    """What goes on from pair to pair."""

    def __init__(
        self,
        folder: Path,
        records: Records,
        networks: Networks,
        devices: Sequence[jax.Device],
        force: bool,
        most: int | None,
        watch: Callable[[Standing], bool | None] | None,
    ) -> None:
        self.folder, self.records, self.networks = folder, records, networks
        self.devices, self.force, self.most, self.watch = devices, force, most, watch
        self.tally, self.pairs, self.stopped = Tally(), 0, False
        # Before anything is solved: what is held from then on comes and goes.
        self.free = free_bytes(devices[0])
        self.waiting: dict[Group, list[Ready]] = {}
        self.limits: dict[Group, int] = {}
        self.buckets: dict[str, tuple[int, int]] = {}
        self.solvers = {
            name: Solver(network.params, network.preprocessing, devices)
            for name, network in networks.by_name.items()
        }

    def go(self, entries: Sequence[Entry]) -> None:
        """Through all of them."""
        self.pairs = len(entries)
        with ThreadPoolExecutor(READERS) as readers, ThreadPoolExecutor(1) as writer:
            written: deque[Future[None]] = deque()

            def later(record: Callable[[], Record]) -> None:
                written.append(writer.submit(self._note, record))
                while written and (written[0].done() or len(written) > 2 * READERS):
                    written.popleft().result()

            for entry, found in _ahead(readers, self._read, entries, 2 * READERS):
                if self.stopped:
                    break
                if isinstance(found, Ready):
                    self._wait(found, later)
                elif found is None:
                    self.tally.skip()
                    self._tell(f"{entry.name}: done before")
                else:
                    later(lambda record=found: record)  # type: ignore[misc]
            for group in [*self.waiting]:
                self._solve(group, later)
            while written:
                written.popleft().result()

    def _read(self, entry: Entry) -> Ready | Record | None:
        """In a thread: a task made ready, or what is wrong with it."""
        if self.stopped:
            return None
        if isinstance(entry, Unusable):
            return failure(entry, entry.reason)
        try:
            records, networks, device = self.records, self.networks, self.devices[0]
            return prepare(entry, self.folder, records, networks, device, self.free, self.force)
        except JphotoError as error:
            if is_fatal(error):
                raise
            return failure(entry, str(error))
        except Exception as error:  # of whatever kind: the others are to go on
            return failure(entry, f"{type(error).__name__}: {error}")

    def _wait(self, ready: Ready, later: Callable[[Callable[[], Record]], None]) -> None:
        """Let a pair wait for others like it, unless it completes their number."""
        group = ready.group
        self.waiting.setdefault(group, []).append(ready)
        self._count(group, 0, 1)
        if len(self.waiting[group]) >= self._at_once(group):
            self._solve(group, later)
        elif sum(map(len, self.waiting.values())) > 4 * self._at_once(group):
            self._solve(max(self.waiting, key=lambda other: len(self.waiting[other])), later)

    def _at_once(self, group: Group) -> int:
        if group not in self.limits:
            self.limits[group] = 1 if group.content is None else self.most or self._fitting(group)
        return self.limits[group]

    def _fitting(self, group: Group) -> int:
        """Pairs of a padded group that all devices have memory for."""
        assert group.content is not None
        each = at_once(self.devices[0], group.content, group.regions, group.settings)
        return each * len(self.devices)

    def _solve(self, group: Group, later: Callable[[Callable[[], Record]], None]) -> None:
        """The pairs that wait in a group, unless the batch was ended meanwhile."""
        chosen, most = self.waiting.pop(group, []), self._at_once(group)
        if not chosen or self.stopped:
            return
        solved: list[Solution | str]
        try:
            solver = self.solvers[group.settings.backbone]
            solved = [*solver.solve(chosen, most, lambda: self._tell(""))]
        except OutOfMemory as error:
            if most > 1:
                self.limits[group] = half = -(-most // 2)
                for first in range(0, len(chosen), half):
                    self.waiting[group] = chosen[first : first + half]
                    self._solve(group, later)
                return
            solved = [f"the device has too little memory: {error}"]
        except Exception as error:  # of whatever kind: the others are to go on
            solved = [f"{type(error).__name__}: {error}"] * len(chosen)
        for ready, solution in zip(chosen, solved, strict=True):
            self._count(group, 1, -1)
            if isinstance(solution, Solution) and solution.status is Status.STOPPED:
                return
            later(self._outcome(ready, solution))

    def _outcome(self, ready: Ready, solution: Solution | str) -> Callable[[], Record]:
        if isinstance(solution, str):
            return lambda: failure(ready.task, solution)
        return lambda: write(ready, solution, self.folder, self.records)

    def _note(self, record: Callable[[], Record]) -> None:
        """In a thread: write down what became of a pair."""
        made = record()
        self.records.append(made)
        self.tally.add(made)
        self._tell(f"{made.name}: {made.reason or made.status}")

    def _count(self, group: Group, solved: int, ready: int) -> None:
        label = "single" if group.content is None else "{1} x {0}".format(*group.content)
        before = self.buckets.get(label, (0, 0))
        self.buckets[label] = before[0] + solved, before[1] + ready

    def _tell(self, last: str) -> bool:
        """Whether to go on."""
        if self.watch is not None:
            standing = Standing(self.tally, self.pairs, last, dict(self.buckets))
            if self.watch(standing) is False:
                self.stopped = True
        return not self.stopped


def _ahead(
    pool: ThreadPoolExecutor,
    function: Callable[[Item], Ready | Record | None],
    items: Iterable[Item],
    most: int,
) -> Iterator[tuple[Item, Ready | Record | None]]:
    """Each item with what the function makes of it, in order, at most so many ahead."""
    coming: deque[tuple[Item, Future[Ready | Record | None]]] = deque()
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [future.cancel() for _, future in coming])
        for item in items:
            coming.append((item, pool.submit(function, item)))
            if len(coming) > most:
                first, future = coming.popleft()
                yield first, future.result()
        while coming:
            first, future = coming.popleft()
            yield first, future.result()
