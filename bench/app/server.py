"""A running app with an empty session folder, asked over HTTP."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from bench.harness.processes import module_command, module_environment

PORT = 18900
WAIT_SECONDS = 600
"""Longest wait for an attempt; the first one compiles."""
ASK_SECONDS = 0.02
"""Between two questions after the state of an attempt."""
REST_SECONDS, REST_SHARE = 12.0, 0.05
"""The app rests if it takes no more of one processor for so long, longer than it waits for jobs."""


class App:
    """Requests to an app.

    Args:
      address: that it has printed, with the token.
      process: its number.
    """

    def __init__(self, address: str, process: int) -> None:
        self.address = address
        self._process = psutil.Process(process)
        base, _, token = address.partition("/?token=")
        self._host = base.removeprefix("http://")
        self._cookie = f"jphoto-{self._host.rpartition(':')[2]}={token}"

    def get(self, path: str) -> bytes:
        """The content of a response."""
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """The JSON of a response; a body is sent as it is, or as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return json.loads(self._ask("POST", path, content))

    def upload(self, photo: bytes, name: str) -> str:
        """The id of a photo; with another name it is another photo."""
        return str(self.post(f"/api/photos?name={name}", photo)["id"])

    def begin(self, kind: str, content: str, *styles: str, **settings: Any) -> str:
        """The id of a new attempt."""
        chosen = [{"id": style, "weight": 1} for style in styles]
        body = {"kind": kind, "content": content, "styles": chosen, "settings": settings}
        return str(self.post("/api/attempts", {**body, "client": "bench"})["id"])

    def wait(self, attempt: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The state of an attempt, as soon as it is wanted so.

        Raises: RuntimeError, if the attempt fails; TimeoutError.
        """
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            found: dict[str, Any] = json.loads(self.get(f"/api/attempts/{attempt}"))
            if found["status"] == "failed":
                raise RuntimeError(f"an attempt failed: {found['error']}")
            if done(found):
                return found
            time.sleep(ASK_SECONDS)
        raise TimeoutError(f"attempt {attempt} is still {found['status']}")

    def first_frame(self, attempt: str) -> None:
        """Wait for the first picture of an attempt, and get it."""
        found = self.wait(attempt, lambda state: state["frame"] > 0)
        self.get(f"/api/attempts/{attempt}/frame/{found['frame']}.jpg")

    def end(self, attempt: str) -> None:
        """Wait for the end of an attempt."""
        self.wait(attempt, lambda state: state["status"] in ("finished", "stopped"))

    def rest(self) -> None:
        """Wait until it works on nothing, neither on jobs nor on programs of later jobs.

        Raises: TimeoutError.
        """
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            spent = self._spent()
            time.sleep(REST_SECONDS)
            if self._spent() - spent < REST_SHARE * REST_SECONDS:
                return
        raise TimeoutError("the app does not come to rest")

    def _spent(self) -> float:
        """Seconds of processors."""
        processes = [self._process, *self._process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in processes)

    def _ask(self, method: str, path: str, content: bytes | None = None) -> bytes:
        with contextlib.closing(http.client.HTTPConnection(self._host, timeout=300)) as connection:
            connection.request(method, path, content, {"Cookie": self._cookie})
            response = connection.getresponse()
            found = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {found[:200]!r}")
        return found


@contextlib.contextmanager
def running() -> Iterator[App]:
    """An app in a process of its own, ended as by Ctrl-C."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.txt"  # a pipe that nobody reads would block the app
        with told.open("w") as stream:
            process = subprocess.Popen(
                module_command("jphoto", "app", "--no-browser", "--port", str(PORT)),
                env={**module_environment(), "XDG_DATA_HOME": folder},
                stderr=stream,
            )
        try:
            yield App(_address(told), process.pid)
        finally:
            process.send_signal(2 if os.name == "posix" else 15)
            process.wait(60)


def _address(told: Path) -> str:
    """The address that the app has printed."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if found := re.search(r"open (http\S+)", told.read_text()):
            return found[1]
        time.sleep(0.05)
    raise TimeoutError(f"the app has not started: {told.read_text()}")
