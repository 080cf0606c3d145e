"""The first look, and what comes before the first step: whole processes, and inside a running one.

- `process`: `jphoto transfer --preset preview` of two JPEG photos, regions found, from start to end
  of the process, with its phases;
- `inside`: `jphoto.transfer` of two arrays of working size, with regions found and with masks;
- `start`: what a process does before it reads a photo: imports, and the command's own start-up;
- `prepare` (full mode): the phase of that name in a default transfer with masks.

Programs are compiled, or loaded, by a first run that is not counted but recorded.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import jphoto
from bench.harness import photos
from bench.harness.context import Context
from bench.harness.processes import module_command, module_environment
from jphoto import images
from jphoto.cli.run import keep_compiled_programs
from jphoto.settings import Settings

MEGAPIXELS = {"short": 24.0, "full": 24.0}
"""Of both photos of a whole process, by mode."""
TRIAL_MEGAPIXELS = 0.1
RUNS = {"short": 3, "full": 5}
"""Timed runs of each, by mode."""
STARTS = {
    "import jphoto": ["-c", "import jphoto"],
    "jphoto --version": ["-m", "jphoto", "--version"],
    "all imports of a transfer": ["-c", "import jphoto.pipeline.transfer"],
    "Python alone": ["-c", "pass"],
}
LIMITS_SECONDS = {
    "process": 6.0, "inside, regions found": 1.5, "inside, masks": 0.7,
    "import jphoto": 1.0, "jphoto --version": 1.0, "all imports of a transfer": 1.0, "prepare": 2.0,
}  # fmt: skip
"""What each may take on a CPU with two cores."""


def run(context: Context) -> dict[str, Any]:
    measures: dict[str, Callable[[Context, int], dict[str, Any]]]
    measures = {"inside": inside, "process": process, "start": start}
    if context.mode == "full":
        measures["prepare"] = prepare
    (size,) = context.sizes(short=(700,), full=(700,))
    keep_compiled_programs()
    return context.rows(
        measures, lambda name: {"row": name, "long_side": size, **measures[name](context, size)}
    )


def process(context: Context, size: int) -> dict[str, Any]:
    """Whole processes, files in and out."""
    trial = context.size is not None
    megapixels = TRIAL_MEGAPIXELS if trial else MEGAPIXELS[context.mode]
    paths = [_large_photo(role, megapixels, context.folder) for role in ("content", "style")]
    out = context.folder / "out.jpg"
    options = ["--preset", "preview", "--size", size, "--out", out, "--force", "--json"]
    command = module_command("jphoto", "transfer", *map(str, [*paths, *options]))
    records: list[dict[str, Any]] = []

    def once() -> None:
        done = subprocess.run(command, stdout=subprocess.PIPE, env=module_environment(), check=True)
        records.append(json.loads(done.stdout))

    timed = _timed({"process": once}, context)
    phases = {
        name: statistics.median(record["seconds"][name] for record in records[1:])
        for name in records[0]["seconds"]
    }
    regions = records[0]["settings"]["regions"]
    return {**timed, "megapixels": megapixels, "regions": regions, "phases": phases}


def inside(context: Context, size: int) -> dict[str, Any]:
    """From two arrays to a picture, in this process."""
    content, style, *masks = photos.sources(size)
    settings, results = Settings.preset("preview", size=size), dict[str, jphoto.Result]()

    def once(name: str, **given: np.ndarray) -> Callable[[], None]:
        def transfer() -> None:
            results[name] = jphoto.transfer(content, style, settings=settings, **given)

        return transfer

    contenders = {
        "inside, regions found": once("found"),
        "inside, masks": once("masks", content_mask=masks[0], style_mask=masks[1]),
    }
    timed = _timed(contenders, context)
    regions, phases = results["found"].settings.regions, results["found"].seconds
    return {**timed, "regions": regions, "phases": phases}


def start(context: Context, size: int) -> dict[str, Any]:
    """Processes that only start."""

    def once(arguments: list[str]) -> Callable[[], None]:
        command = [sys.executable, *arguments]
        return lambda: subprocess.run(
            command, stdout=subprocess.DEVNULL, env=module_environment(), check=True
        )

    return _timed({name: once(arguments) for name, arguments in STARTS.items()}, context)


def prepare(context: Context, size: int) -> dict[str, Any]:
    """What a default transfer does between regions and the first step."""
    content, style, *masks = photos.sources(size)
    settings, found = Settings(size=size, steps=1), list[float]()
    for _ in range(1 + RUNS[context.mode]):
        result = jphoto.transfer(
            content, style, content_mask=masks[0], style_mask=masks[1], settings=settings
        )
        found.append(result.seconds["prepare"])
    return _record({"prepare": found})


def _timed(contenders: Mapping[str, Callable[[], None]], context: Context) -> dict[str, Any]:
    """Seconds of each contender; they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(1 + RUNS[context.mode]):
        for name, work in contenders.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    return _record(seconds)


def _record(seconds: Mapping[str, list[float]]) -> dict[str, Any]:
    """The first run of each apart from the median, least and most of the others."""
    return {
        "first_seconds": {name: taken[0] for name, taken in seconds.items()},
        "seconds": {
            name: {
                "median": statistics.median(taken[1:]), "least": min(taken[1:]),
                "most": max(taken[1:]), "runs": len(taken) - 1,
            }
            for name, taken in seconds.items()
        },
        "limit_seconds": {name: LIMITS_SECONDS[name] for name in seconds if name in LIMITS_SECONDS},
    }  # fmt: skip


def _large_photo(role: str, megapixels: float, folder: Path) -> Path:
    """A bundled photo enlarged, as a JPEG file."""
    picture = images.read_picture(photos.FOLDER / "meadow" / f"{role}.jpg", role=role)
    scale = (1e6 * megapixels / (picture.shape[0] * picture.shape[1])) ** 0.5
    height, width = (round(scale * side) for side in picture.shape[:2])
    path = folder / f"{role}.jpg"
    images.save_picture(images.resize(picture, (height, width)), path, force=True)
    return path
