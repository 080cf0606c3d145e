"""Listens on an address, and serves until it is asked to end."""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable, Sequence

import uvicorn

from jphoto.app.jobs.session import Session
from jphoto.app.jobs.worker import Worker
from jphoto.app.server.application import application
from jphoto.app.server.guard import host_in_address
from jphoto.errors import SettingsError

PORTS_TRIED = 50
"""Ports that are tried, from the one asked for upwards."""
ENDING_SECONDS = 2
"""Longest wait for responses that are being sent when the server ends."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on the first free port from one on.

    Raises: SettingsError, if there is none, or the host is not one of this machine.
    """
    for number in range(port, min(port + PORTS_TRIED, 65536)):
        try:
            return _bound(host, number)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise SettingsError(f"--host {host}: cannot listen there: {error}") from None
    raise SettingsError(f"no port from {port} to {number} is free; give another --port")


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # Only of a socket whose protocol is named as TCP does asyncio turn Nagle's algorithm off; with
    # it, each response would wait 40 ms for an acknowledgment.
    bound = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_REUSEADDR") and socket.socket.__module__ != "nt":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def address_of(host: str, port: int, token: str) -> str:
    """The address that a browser opens."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{host_in_address(shown)}:{port}/?token={token}"


def serve(
    session: Session,
    worker: Worker,
    bound: socket.socket,
    host: str,
    begun: Callable[[], None],
    asked: Sequence[int],
) -> None:
    """Serve until there is a signal.

    Args:
      session: that is served.
      worker: that does the work.
      bound: from `listening`.
      host: that was asked for.
      begun: is called once the page can be opened.
      asked: is empty until the first signal that asks the process to end.
    """
    app = application(session, worker, host, bound.getsockname()[1])
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    _Server(config, session, worker, begun, asked).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Ends when the process is asked to; signals are answered by whoever has started it."""

    def __init__(
        self,
        config: uvicorn.Config,
        session: Session,
        worker: Worker,
        begun: Callable[[], None],
        asked: Sequence[int],
    ) -> None:
        super().__init__(config)
        self._session, self._worker = session, worker
        self._begun, self._asked = begun, asked

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals alone."""
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._begun()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        if self._asked:
            self._session.hub.close()
            self._worker.stop_running(lambda job: True)
            return True
        return await super().on_tick(counter)
