"""A batch: a device solves prepared tasks while threads read the next and write the last.

Tasks that share a program wait for one another and are solved at once, see `pipeline.grouping`. The
outcome of every task is recorded as soon as it is known; only an error that every further task
would meet, such as a full disk, ends a batch.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jax

from jphoto import files
from jphoto.batches import together
from jphoto.batches.entries import Entry, Task, Unusable
from jphoto.batches.inputs import Networks, ReadyTask, prepare, with_looks
from jphoto.batches.outputs import failure, is_fatal, write
from jphoto.batches.records import Record, Records, has_journal
from jphoto.batches.summary import Tally
from jphoto.errors import JphotoError
from jphoto.pipeline.capacity import free_bytes
from jphoto.pipeline.grouping import PairScheduler, read_ahead
from jphoto.settings import Settings
from jphoto.solver.devices import find_devices
from jphoto.solver.progress import Status
from jphoto.solver.single import Solution

READER_THREADS = 2
"""Threads that read and prepare tasks."""
READ_AHEAD = 2 * READER_THREADS
"""Tasks that are prepared ahead, and outcomes that may wait to be written."""


class RunProgress(NamedTuple):
    """Progress of a batch."""

    tally: Tally
    pairs: int
    """Pairs in all."""
    last: str
    """The latest outcome of a pair, in one line; empty between outcomes."""
    buckets: dict[str, tuple[int, int]]
    """Pairs solved and pairs waiting, by the size of their arrays."""


def run(
    entries: Sequence[Entry],
    folder: Path,
    settings: Settings,
    *,
    force: bool = False,
    at_once: int | None = None,
    watch: Callable[[RunProgress], bool | None] | None = None,
) -> Tally:
    """Make all transfers that are not made yet; with several processes, each makes its share.

    Args:
      entries: tasks from `find_tasks`; the same in all processes.
      folder: of outputs and journal; made if need be.
      settings: of the run; its device computes everything.
      force: whether existing files that are not of this batch may be replaced.
      at_once: pairs solved at once; by default as many as fit into the device's memory.
      watch: called after every outcome and every chunk of steps; returning False ends the batch,
        and the next run does what is missing.

    Returns: the counts over all processes.
    Raises: a JphotoError, if the batch cannot begin or continue.
    """
    files.make_folder(folder)
    resumed = has_journal(folder)
    process, several = jax.process_index(), jax.process_count() > 1
    if several:
        # Wait: files that another process writes in this run are not of an earlier one.
        together.wait_for_all("all have looked for a journal")
    devices, entries = find_devices(settings.device), with_looks(entries)
    tasks = [entry for entry in entries if isinstance(entry, Task)]
    if process == 0:
        for parent in {(folder / task.name).parent for task in tasks}:
            files.delete_abandoned_drafts(parent)
    networks = Networks.load(task.settings for task in tasks)
    part = process if several else None
    with Records.open(folder, part) as records, jax.default_device(devices[0]):
        batch = _Run(folder, records, networks, devices, force or resumed, at_once, watch)
        batch.run(entries[process :: jax.process_count()])
        if several:
            batch.tally.share()
        if process == 0:
            records.merge()
    return batch.tally


class _Run:
    """The state of one run of a batch in one process."""

    def __init__(
        self,
        folder: Path,
        records: Records,
        networks: Networks,
        devices: Sequence[jax.Device],
        force: bool,
        at_once: int | None,
        watch: Callable[[RunProgress], bool | None] | None,
    ) -> None:
        self.folder, self.records, self.networks = folder, records, networks
        self.devices, self.force, self.watch = devices, force, watch
        self.tally, self.pairs = Tally(), 0
        # Before anything is solved: from then on the memory in use varies.
        self.free = free_bytes(devices[0])
        self.scheduler = PairScheduler[ReadyTask](networks.by_name, devices, at_once, self._tell)

    def run(self, entries: Sequence[Entry]) -> None:
        """Run all tasks."""
        self.pairs = len(entries)
        with ThreadPoolExecutor(READER_THREADS) as readers, ThreadPoolExecutor(1) as writer:
            writing: deque[Future[None]] = deque()

            def record(make: Callable[..., Record], *arguments: Any) -> None:
                writing.append(writer.submit(self._record, make, *arguments))
                while writing and (writing[0].done() or len(writing) > READ_AHEAD):
                    writing.popleft().result()

            for entry, found in read_ahead(readers, self._prepare, entries, READ_AHEAD):
                if self.scheduler.stopped:
                    break
                if isinstance(found, ReadyTask):
                    self._finish(self.scheduler.add(found), record)
                elif found is None:
                    self.tally.skip()
                    self._watch(f"{entry.name}: done before")
                else:
                    record(lambda made: made, found)
            self._finish(self.scheduler.drain(), record)
            while writing:
                writing.popleft().result()

    def _prepare(self, entry: Entry) -> ReadyTask | Record | None:
        """In a thread: a task made ready, or the record of why it cannot be."""
        if self.scheduler.stopped:
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
        except Exception as error:  # of any class: one pair's failure must not end the others
            return failure(entry, f"{type(error).__name__}: {error}")

    def _finish(
        self,
        solved: Iterable[tuple[ReadyTask, Solution | str]],
        record: Callable[..., None],
    ) -> None:
        """Write the pictures of solved pairs; stopped ones are left to the next run."""
        for ready, solution in solved:
            if isinstance(solution, str):
                record(failure, ready.task, solution)
            elif solution.status is not Status.STOPPED:
                record(write, ready, solution, self.folder, self.records, self.force)

    def _record(self, make: Callable[..., Record], *arguments: Any) -> None:
        """In a thread: make the record of a pair and append it."""
        made = make(*arguments)
        self.records.append(made)
        self.tally.add(made)
        self._watch(f"{made.name}: {made.reason or made.status}")

    def _watch(self, last: str) -> None:
        """Report an outcome."""
        if not self._tell(last):
            self.scheduler.stopped = True

    def _tell(self, last: str = "") -> bool:
        """Report progress; whether to continue."""
        if self.watch is None:
            return True
        progress = RunProgress(self.tally, self.pairs, last, dict(self.scheduler.buckets))
        return self.watch(progress) is not False
