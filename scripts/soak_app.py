"""`jphoto app` under load: many jobs, cancels, reloads and bad files; nothing may grow or be left.

    python scripts/soak_app.py --jobs 200
    python scripts/soak_app.py --jobs 200 --json soak.json

Starts the app with a session folder of its own and asks it over HTTP for attempts of small photos.
Some are stopped, deleted or replaced while they wait or run; between them come files that are no
photos, reloads of the page, and windows that open and close. Every 20 jobs it prints memory,
threads and open files of the server. From the first quarter to the last job memory may grow by
`MOST_GROWTH_BYTES`, threads and files by `MOST_MORE`. Then each finished attempt's file must equal
that of `jphoto transfer` in every pixel, and once all is deleted, no file may be left. Exits with 1
otherwise.
"""

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from PIL import Image

from jphoto import images

SIZES = ((64, 48), (48, 64))
"""Width and height of the photos."""
SETTINGS: tuple[dict[str, Any], ...] = (
    {"size": 64, "steps": 2, "regions": "none", "backbone": "vgg16"},
    {"size": 64, "steps": 3, "regions": "none", "backbone": "vgg16", "style_weight": 2.0},
    {"size": 64, "steps": 0, "regions": "none", "smoothing": "none"},
)
BAD_FILES = (b"", b"no photo", b"\xff\xd8\xff\xe0 cut short", b"\x89PNG\r\n\x1a\n" + bytes(50))
MOST_GROWTH_BYTES = 50_000_000
MOST_MORE = {"threads": 2, "files": 5}
"""A connection that is about to close counts as a file."""
WAIT_SECONDS = 120
"""Longest wait for a job of these sizes; only a fault waits for so long."""
EACH_JOBS = 20
"""Jobs between two lines."""
ENDED = ("finished", "stopped", "failed")


class Kind(NamedTuple):
    """What an attempt is made from; equal kinds have equal files."""

    content: int
    style: int
    settings: int


class Server:
    """A running app.

    Args:
      home: of its session folder.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "jphoto" / "app"
        home.mkdir()
        told = home / "told.txt"  # a pipe that nobody reads would block the app once it is full
        with told.open("w") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jphoto", "app", "--no-browser", "--port", "18765"],
                env={**os.environ, "XDG_DATA_HOME": str(home)},
                stderr=stream,
            )
        address = _address(told)
        base, _, token = address.partition("/?token=")
        self._host = base.removeprefix("http://")
        self._cookie = f"jphoto-{self._host.rpartition(':')[2]}={token}"
        (self.worker,) = psutil.Process(self._process.pid).children()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and content of a response; a body is sent as it is, or as JSON."""
        connection = http.client.HTTPConnection(self._host, timeout=300)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"Cookie": self._cookie})
        response = connection.getresponse()
        found = response.status, response.read()
        connection.close()
        return found

    def get(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a response that must not be an error."""
        status, content = self.ask(method, path, body)
        assert status == 200, (path, status, content)
        return json.loads(content)

    def look_in(self, client: str) -> None:
        """Open a window, and close it at once."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("GET", f"/api/events?client={client}", headers={"Cookie": self._cookie})
        connection.getresponse().readline()
        connection.close()

    def figures(self) -> dict[str, int]:
        """Memory in bytes, threads and open files."""
        with self.worker.oneshot():
            return {
                "memory": self.worker.memory_info().rss,
                "threads": self.worker.num_threads(),
                "files": self.worker.num_fds(),
            }

    def end(self) -> int:
        """End it as Ctrl-C does; its exit status."""
        self._process.send_signal(2)
        return self._process.wait(30)


class Soak:
    """The jobs of a run.

    Args:
      server: that does them.
      folder: for photos and files of the command line.
      seed: of all that is random.
    """

    def __init__(self, server: Server, folder: Path, seed: int) -> None:
        self.server, self.folder, self.random = server, folder, random.Random(seed)
        self.paths = [self._photo(number) for number in range(2 * len(SIZES))]
        self.photos = [self._upload(path) for path in self.paths]
        self.kinds: dict[str, Kind] = {}
        self.wrong: list[str] = []

    def _photo(self, number: int) -> Path:
        path = self.folder / f"photo-{number}.png"
        noise = np.random.default_rng(number).random((6, 8, 3))
        picture = Image.fromarray(np.uint8(255 * noise))
        picture.resize(SIZES[number % len(SIZES)], Image.Resampling.BICUBIC).save(path)
        return path

    def _upload(self, path: Path) -> str:
        photo = self.server.get("POST", f"/api/photos?name={path.name}", path.read_bytes())
        return str(photo["id"])

    def job(self, number: int) -> None:
        """One attempt, and what else happens meanwhile."""
        draw, client = self.random, f"window-{number % 3}"
        kind = Kind(draw.randrange(4), draw.randrange(4), draw.randrange(len(SETTINGS)))
        attempt = self.server.get("POST", "/api/attempts", {
            "kind": "transfer",
            "content": self.photos[kind.content],
            "styles": [{"id": self.photos[kind.style], "weight": 1}],
            "settings": SETTINGS[kind.settings],
            "client": client,
        })  # fmt: skip
        key = attempt["id"]
        self.kinds[key] = kind
        what = draw.choice(("end", "end", "end", "stop", "delete", "replace", "bad", "reload"))
        if what == "bad":
            status, line = self.server.ask("POST", "/api/photos?name=x.jpg", draw.choice(BAD_FILES))
            if status != 400 or "error" not in json.loads(line):
                self.wrong.append(f"a bad file was answered with {status} {line!r}")
        elif what == "reload":
            self.server.get("GET", "/api/state")
            self.server.look_in(client)
        elif what in ("stop", "delete"):
            time.sleep(draw.random())
            stop = "POST", f"/api/attempts/{key}/stop"
            self.server.ask(*stop if what == "stop" else ("DELETE", f"/api/attempts/{key}"))
        if what != "replace":
            self._wait(key)

    def _wait(self, key: str) -> None:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            status, content = self.server.ask("GET", f"/api/attempts/{key}")
            if status != 200 or json.loads(content)["status"] in ENDED:
                return
            time.sleep(0.05)
        raise TimeoutError(f"attempt {key} has not ended: {content!r}")

    def compare(self) -> int:
        """Compare the file of every finished attempt with the command line's; their number."""
        own: dict[Kind, np.ndarray] = {}
        count = 0
        for attempt in self.server.get("GET", "/api/state")["attempts"]:
            self._wait(attempt["id"])
            attempt = self.server.get("GET", f"/api/attempts/{attempt['id']}")
            kind = self.kinds[attempt["id"]]
            if attempt["status"] == "failed":
                self.wrong.append(f"{kind} failed: {attempt['error']}")
            if attempt["status"] != "finished":
                continue
            if kind not in own:
                own[kind] = self._by_command_line(kind)
            url = f"/api/attempts/{attempt['id']}/file?format=.png"
            found = images.read_picture(self.server.ask("GET", url)[1], role="file")
            count += 1
            if not np.array_equal(found, own[kind]):
                self.wrong.append(f"{kind} differs by {255 * np.abs(found - own[kind]).max():.0f}")
        return count

    def _by_command_line(self, kind: Kind) -> np.ndarray:
        out = self.folder / "-".join(map(str, ("out", *kind)))
        options = [
            word
            for name, value in SETTINGS[kind.settings].items()
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        photos = map(str, (self.paths[kind.content], self.paths[kind.style]))
        command = [sys.executable, "-m", "jphoto", "transfer", *photos, *options]
        target = out.with_suffix(".png")
        subprocess.run([*command, "--out", str(target)], check=True, capture_output=True)
        return images.read_picture(target, role="file")

    def leftovers(self) -> list[str]:
        """Delete all attempts and photos; the files that are left."""
        state = self.server.get("GET", "/api/state")
        for kind in ("attempts", "photos"):
            for one in state[kind]:
                self.server.get("DELETE", f"/api/{kind}/{one['id']}")
        paths = (path for path in self.server.folder.rglob("*") if path.is_file())
        return sorted({path.name for path in paths} - {"lock", "token", "address"})


def run(jobs: int, seed: int, out: Path | None) -> int:
    """Run the soak; the exit status.

    Args:
      jobs: number of attempts.
      seed: of all that is random.
      out: JSON file for what was found, if it is wanted.
    """
    seen: list[dict[str, int]] = []
    compared = 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        soak, early = Soak(server, Path(folder), seed), None
        try:
            for number in range(jobs):
                if number % EACH_JOBS == 0:
                    seen.append(server.figures())
                    _print(number, seen[-1])
                if number == max(1, jobs // 4):
                    early = server.figures()
                soak.job(number)
            seen.append(late := server.figures())
            _print(jobs, late)
            soak.wrong += _grown(early or late, late)
            compared = soak.compare()
            print(f"{compared} finished attempts compared with the command line")
            if left := soak.leftovers():
                soak.wrong.append(f"files are left: {', '.join(left)}")
        finally:
            status = server.end()
    if status:
        soak.wrong.append(f"the app ended with status {status}")
    if out is not None:
        found = {"jobs": jobs, "seed": seed, "compared": compared, "wrong": soak.wrong}
        out.write_text(json.dumps({**found, "every_jobs": EACH_JOBS, "figures": seen}))
    print(*(soak.wrong or ["nothing grew, nothing is left, every file is the same"]), sep="\n")
    return 1 if soak.wrong else 0


def _address(told: Path) -> str:
    """The address that the app has printed."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for line in told.read_text().splitlines():
            if line.startswith("open "):
                return line.split()[1]
        time.sleep(0.05)
    raise TimeoutError(f"the app has not started: {told.read_text()}")


def _grown(early: dict[str, int], late: dict[str, int]) -> list[str]:
    """What has grown too much."""
    more = {name: late[name] - early[name] for name in early}
    most = {"memory": MOST_GROWTH_BYTES, **MOST_MORE}
    return [f"{name} has grown by {more[name]:,}" for name in more if more[name] > most[name]]


def _print(jobs: int, figures: dict[str, int]) -> None:
    memory = figures["memory"] / 1e6
    print(f"{jobs:4} jobs  {memory:6.0f} MB  {figures['threads']:3} threads  "
          f"{figures['files']:3} files", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200, metavar="NUMBER")
    parser.add_argument("--seed", type=int, default=0, metavar="NUMBER")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to a file")
    given = parser.parse_args()
    sys.exit(run(given.jobs, given.seed, given.json))
