"""What is measured of the app over HTTP.

- `step`: the steps of a default transfer, beside those of `jphoto.transfer`;
- `preview`: from the upload of the last photo, or from the request, to the first picture;
- `zoom`: tiles and files of a result at full size.

Each part begins with a run that is not counted but recorded: it compiles.
"""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.app.server import App
from bench.app.steps import steps_of_transfer
from bench.harness import photos
from jphoto import images

MEGAPIXELS = 24.0
"""Of the photos of `preview` and `zoom`."""
NETWORK = "vgg16"
WAITED_STEPS = 5
"""Of an attempt, before a preview is asked for."""

Seconds = dict[str, float]


def step(app: App, runs: int) -> dict[str, Any]:
    """Seconds of the steps of a default transfer with VGG-16, in the app and by `jphoto.transfer`.

    From the first step to the last, each of which tells when it was done: what comes before differs
    by what is compiled already.
    """
    paths = [_path(role) for role in ("content", "style")]
    content, style = (app.upload(path.read_bytes(), path.name) for path in paths)

    def once(run: int) -> Seconds:
        app.rest()
        attempt = app.begin("transfer", content, style, backbone=NETWORK)
        done: dict[int, float] = {}

        def ended(state: dict[str, Any]) -> bool:
            if state["status"] == "solving" and state["step"]:
                done.setdefault(state["step"], state["seconds"])
            return state["status"] == "finished"

        app.wait(attempt, ended)
        both = {"app": done, "jphoto.transfer": steps_of_transfer(*paths, NETWORK)}
        first, *_, last = sorted(done.keys() & both["jphoto.transfer"].keys())
        return {name: times[last] - times[first] for name, times in both.items()}

    row = _row("step", once, runs)
    medians = [row["seconds"][name]["median"] for name in ("app", "jphoto.transfer")]
    return {**row, "network": NETWORK, "ratio": medians[0] / medians[1]}


def preview(app: App, runs: int) -> dict[str, Any]:
    """Seconds to the first picture of previews of large photos."""
    large = [large_photo(role, MEGAPIXELS) for role in ("content", "style")]
    content = app.upload(large[0], "content.jpg")

    def once(run: int) -> Seconds:
        found, names = Seconds(), [f"style-{run}-{n}.jpg" for n in (1, 2)]
        with _timed(found, "one style, with its upload"):
            one = app.upload(large[1], names[0])
            attempt = app.begin("preview", content, one)
            app.first_frame(attempt)
        app.end(attempt)
        with _timed(found, "two styles, with the second's upload"):
            attempt = app.begin("preview", content, one, app.upload(large[1], names[1]))
            app.first_frame(attempt)
        app.end(attempt)
        with _timed(found, "a bundled look"):
            attempt = app.begin("preview", content, LOOKS[run % len(LOOKS)])
            app.first_frame(attempt)
        app.end(attempt)
        solved = app.begin("transfer", content, one, backbone=NETWORK)
        app.wait(solved, lambda state: state["step"] >= WAITED_STEPS + run)
        with _timed(found, "while another attempt is solved"):
            attempt = app.begin("preview", content, one)
            app.first_frame(attempt)
        app.end(solved)
        return found

    return {**_row("preview", once, runs), "megapixels": MEGAPIXELS}


def zoom(app: App, runs: int) -> dict[str, Any]:
    """Seconds of tiles and files at full size."""
    large = large_photo("content", MEGAPIXELS)
    style = app.upload(_path("style").read_bytes(), "style.jpg")

    def once(run: int) -> Seconds:
        found = Seconds()
        content = app.upload(large, f"content-{run}.jpg")
        attempt = app.begin("transfer", content, style, backbone=NETWORK, steps=2)
        app.end(attempt)
        url = f"/api/attempts/{attempt}"
        for name, path in {
            "first tile of the photo": f"/api/photos/{content}/tile/0/0.jpg",
            "first tile of the result": f"{url}/tile/0/0.jpg",
            "next tile": f"{url}/tile/1/0.jpg",
            "file": f"{url}/file?format=.jpg",
        }.items():
            with _timed(found, name):
                app.get(path)
        return found

    return {**_row("zoom", once, runs), "megapixels": MEGAPIXELS}


LOOKS = ("look:golden-hour", "look:blue-hour", "look:fog", "look:snow", "look:autumn")
"""Each is used for the first time."""
PARTS: Mapping[str, Callable[[App, int], dict[str, Any]]]
PARTS = {"step": step, "preview": preview, "zoom": zoom}


def large_photo(role: str, megapixels: float) -> bytes:
    """The bytes of a bundled photo, enlarged, as JPEG."""
    picture = images.read_picture(_path(role), role=role)
    scale = (1e6 * megapixels / (picture.shape[0] * picture.shape[1])) ** 0.5
    size = round(scale * picture.shape[0]), round(scale * picture.shape[1])
    return images.jpeg_bytes(images.resize(picture, size), 90)


def row_of(name: str, found: list[Seconds]) -> dict[str, Any]:
    """The first run of each apart from the median, least and most of the others."""
    counted = found[1:]
    seconds = {
        title: {
            "median": statistics.median(run[title] for run in counted),
            "least": min(run[title] for run in counted),
            "most": max(run[title] for run in counted),
            "runs": len(counted),
        }
        for title in found[0]
    }
    return {"row": name, "first_seconds": found[0], "seconds": seconds}


def _row(name: str, once: Callable[[int], Seconds], runs: int) -> dict[str, Any]:
    return row_of(name, [once(run) for run in range(1 + runs)])


@contextlib.contextmanager
def _timed(found: Seconds, title: str) -> Iterator[None]:
    """Add the seconds of what is done inside."""
    began = time.perf_counter()
    yield
    found[title] = time.perf_counter() - began


def _path(role: str) -> Path:
    return Path(photos.FOLDER / "meadow" / f"{role}.jpg")
