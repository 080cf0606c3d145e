"""Seconds a photo of `jphoto batch` with a look, beside the same with a style photo.

Both run as a user runs them, in processes of their own and in turns, after one run of each that may
compile. A shared machine changes its speed all the time, so the load average is recorded too.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import jphoto
from bench.looks.grades import SIZE, STYLES
from bench.truth.looks import Picture
from bench.truth.methods import BACKBONE, SEGMENTER
from jphoto import images, weights
from jphoto.looks import Look

PHOTOS = 30
RUNS = 2


def batches(pictures: Mapping[str, Picture], count: int = PHOTOS) -> dict[str, Any]:
    """The seconds of each run, and the ratio of their medians.

    Args:
      pictures: photos by name, sRGB in [0, 1]: the first are styles, the last contents.
      count: number of content photos.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = list(pictures)
        for place, some in (("styles", names[:STYLES]), ("contents", names[-count:])):
            (folder / place).mkdir()
            for name in some:
                images.save_picture(np.float32(pictures[name]), folder / place / f"{name}.png")
        photos = sorted((folder / "styles").iterdir())
        settings = jphoto.Settings(size=SIZE, backbone=BACKBONE)
        Look.from_photos(photos, settings=settings).save(folder / "of-many.look")
        styles = {"photo": photos[0], "look": folder / "of-many.look"}
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in styles}
        for number in range(RUNS + 1):
            for name, style in styles.items():
                run = _timed(folder / "contents", style, folder / f"{name}-{number}", count)
                print(f"batch with a {name}, run {number}: {run}", flush=True)
                runs[name] += [run] if number else []
    medians = {
        name: statistics.median(run["seconds_a_photo"] for run in some)
        for name, some in runs.items()
    }
    return {
        "row": "batch",
        "photos": count,
        "long_side": SIZE,
        "segmenter": weights.find(SEGMENTER) is not None,
        "runs": runs,
        "median_seconds_a_photo": medians,
        "ratio": medians["look"] / medians["photo"],
    }


def _timed(contents: Path, style: Path, out: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "jphoto", "batch", f"{contents}", "--style", f"{style}"]
    command += ["--out", f"{out}", "--size", f"{SIZE}", "--backbone", BACKBONE]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    return {
        "seconds_a_photo": round(seconds / count, 3),
        "load_average": round(os.getloadavg()[0], 1),
    }
