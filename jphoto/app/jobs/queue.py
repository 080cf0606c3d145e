"""A queue that is fair to several clients: they take turns, each with its jobs in order."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Condition
from typing import Generic, Protocol, TypeVar


class Queued(Protocol):
    """What can wait in the queue."""

    client: str
    """Whose turn it takes."""


Job = TypeVar("Job", bound=Queued)


class FairQueue(Generic[Job]):
    """Jobs of several clients, for one worker."""

    def __init__(self) -> None:
        self._waiting = OrderedDict[str, deque[Job]]()
        self._changed = Condition()
        self._closed = False

    def add(self, job: Job) -> None:
        """Add a job behind the others of its client."""
        with self._changed:
            self._waiting.setdefault(job.client, deque()).append(job)
            self._changed.notify_all()

    def take(self, seconds: float | None = None) -> Job | None:
        """The next job. Its client is the last whose turn comes again.

        Args:
          seconds: to wait for one at most; None to wait for as long as it takes.

        Returns: None if there is none by then, or if the queue is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, seconds)
            if self._closed or not self._waiting:
                return None
            client, jobs = self._waiting.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._waiting[client] = jobs
            return job

    def remove(self, unwanted: Callable[[Job], bool]) -> list[Job]:
        """Take out jobs whose turn has not come, and return them."""
        removed = []
        with self._changed:
            for client, jobs in [*self._waiting.items()]:
                removed += [job for job in jobs if unwanted(job)]
                kept = deque(job for job in jobs if not unwanted(job))
                if kept:
                    self._waiting[client] = kept
                else:
                    del self._waiting[client]
        return removed

    def in_order(self) -> list[Job]:
        """All jobs in the order of their turns."""
        with self._changed:
            turns = [deque(jobs) for jobs in self._waiting.values()]
        order = []
        while turns:
            jobs = turns.pop(0)
            order.append(jobs.popleft())
            if jobs:
                turns.append(jobs)
        return order

    def close(self) -> None:
        """Let the worker end; jobs that wait stay where they are."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._closed

    def __len__(self) -> int:
        """The number of jobs that wait."""
        return sum(map(len, self._waiting.values()))
