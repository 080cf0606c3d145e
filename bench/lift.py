"""Full resolution: pictures solved at 700 pixels carried to photos of 24 and 50 megapixels.

    python bench/lift.py --pairs PHOTOS --results RESULTS/{i}.png --out lift.json

Each photo is enlarged with a sensor's noise, see `enlarge`, and written as a file. A process of its
own for each reads it, lifts the result given onto it, writes it, and tells the seconds of each and
the memory it held; the file is then scaled back down and compared with what was solved. `--sheet`
writes crops at 100 %, photo and result beside each other.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
import numpy as np
from enlarge import enlarged
from resident import peak_resident

from jphoto import images
from jphoto.evaluation.layouts import find_pairs, find_pictures
from jphoto.label import Label
from jphoto.pipeline import finish
from jphoto.settings import Settings

MEGAPIXELS = 24, 50
SETTINGS = Settings(backbone="vgg16", device="cpu")
LABEL = Label(jphoto="", jax="", device="", network="", inputs={}, settings=SETTINGS)
CROP, PLACES = 500, ((0.25, 0.2), (0.5, 0.5), (0.7, 0.75))
"""Pixels of a crop, and where their corners are, as shares of what there is."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, help="folder, as for `jphoto eval`")
    parser.add_argument("--results", help="of jphoto, at the size they were solved at")
    parser.add_argument("--megapixels", type=float, nargs="+", default=MEGAPIXELS)
    parser.add_argument("--suffix", default=".jpg", help="of photos and results")
    parser.add_argument("--sheet", type=Path, help="folder for sheets of crops")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--one", type=Path, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(lifted(*options.one)))
        return 0
    found = find_pairs(options.pairs)
    solved = find_pictures(options.results, "result", [files.name for files in found])
    rows = []
    for files in found:
        for megapixels in options.megapixels:
            row = measure(files.name, files.content, solved[files.name], megapixels, options)
            rows.append(row)
            print(row, flush=True)
    if options.out:
        record = {"machine": machine.describe(), "cases": {"lift": {"rows": rows}}}
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def measure(
    name: str, content: Path, solved: Path, megapixels: float, options: Any
) -> dict[str, Any]:
    """One photo enlarged, lifted, and scaled back down."""
    with tempfile.TemporaryDirectory() as folder:
        large, out = (Path(folder) / f"{role}{options.suffix}" for role in ("large", "out"))
        images.save_picture(
            enlarged(images.read_picture(content, role="content"), megapixels), large
        )
        command = [sys.executable, __file__, "--one", large, solved, out]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        picture = images.read_picture(out, role="result")
        if options.sheet:
            photo = images.read_picture(large, role="content")
            images.save_picture(crops(photo, picture), options.sheet / f"{name}-{megapixels:g}.png")
        goal = images.read_picture(solved, role="result")
        error = np.mean((images.resize(picture, goal.shape[:2]) - goal) ** 2)
    return {
        "pair": name,
        "suffix": options.suffix,
        "size": dict(zip(("height", "width"), picture.shape[:2], strict=True)),
        "megapixels": round(picture.shape[0] * picture.shape[1] / 1e6),
        "psnr": float(-10 * np.log10(error)),
        **json.loads(done.stdout),
    }


def lifted(large: Path, solved: Path, out: Path) -> dict[str, Any]:
    """What the front door does after the solve, with its seconds."""
    picture = images.read_picture(solved, role="result")
    times = [time.perf_counter()]
    original = images.read_original(large, role="content")
    content = images.resize(images.viewed(original), picture.shape[:2])
    times.append(time.perf_counter())
    result = finish.finished(original, content, picture, SETTINGS)
    times.append(time.perf_counter())
    finish.write(result, original, out, SETTINGS, LABEL)
    times.append(time.perf_counter())
    seconds = dict(zip(("read", "lift", "write"), np.diff(times).tolist(), strict=True))
    return {"seconds": seconds, "peak_bytes": peak_resident()}


def crops(photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The same parts of both, unscaled."""
    rows = []
    for y, x in PLACES:
        top, left = int(y * (photo.shape[0] - CROP)), int(x * (photo.shape[1] - CROP))
        part = np.s_[top : top + CROP, left : left + CROP]
        rows.append(np.hstack([photo[part], picture[part]]))
    return np.vstack(rows)


if __name__ == "__main__":
    sys.exit(main())
