"""Events for the windows of the page: from any thread to every window that listens.

An event that has not been sent yet is replaced by a later one of the same thing, so that a slow
window gets less, never late, and takes no memory.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

Event = tuple[str, dict[str, Any]]
"""Kind and content."""
BEAT_SECONDS = 5.0
"""Between signs of life, by which a window that is gone is noticed."""


class Listener:
    """The events of one window; used in the thread of the server's loop alone."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._waiting: dict[tuple[str, object], Event] = {}
        self._something = asyncio.Event()
        self.closed = False

    def put(self, key: object, event: Event) -> None:
        """Add an event, in place of an earlier one with the same kind and key."""
        self._waiting[event[0], key] = event
        self._something.set()

    def close(self) -> None:
        """End the events."""
        self.closed = True
        self._something.set()

    async def events(self) -> AsyncIterator[Event | None]:
        """All events to come; None after a while without one."""
        while not self.closed:
            while self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))
            self._something.clear()
            try:
                await asyncio.wait_for(self._something.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield None


class Hub:
    """The windows that listen, and when each client was last heard of."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()
        self._gone: dict[str, float] = {}
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Send events by the running loop from now on."""
        self._loop = asyncio.get_running_loop()

    def listen(self, client: str, first: Iterable[tuple[object, Event]]) -> Listener:
        """A new window.

        Args:
          client: its id.
          first: events to begin with, each with its key.
        """
        listener = Listener(client)
        for key, event in first:
            listener.put(key, event)
        with self._lock:
            self._listeners.add(listener)
            self._gone.pop(client, None)
        return listener

    def leave(self, listener: Listener) -> None:
        """A window is gone."""
        with self._lock:
            self._listeners.discard(listener)
            if not any(other.client == listener.client for other in self._listeners):
                self._gone[listener.client] = time.monotonic()

    def gone(self, seconds: float) -> list[str]:
        """The clients whose last window has been gone for so long; each is named once."""
        now = time.monotonic()
        with self._lock:
            found = [client for client, since in self._gone.items() if now - since >= seconds]
            for client in found:
                del self._gone[client]
        return found

    def send(self, kind: str, key: object, content: dict[str, Any]) -> None:
        """Send an event to all windows, from any thread.

        Args:
          kind: of the event.
          key: of the thing that it is about.
          content: of the event.
        """

        def put() -> None:
            for listener in [*self._listeners]:
                listener.put(key, (kind, content))

        self._call(put)

    def close(self) -> None:
        """End the events of all windows."""

        def close() -> None:
            for listener in [*self._listeners]:
                listener.close()

        self._call(close)

    def _call(self, function: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)
