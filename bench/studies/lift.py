"""Full resolution: pictures solved at 700 pixels, lifted to photos of 24 and 50 megapixels.

    python -m bench.studies.lift --pairs PHOTOS --results RESULTS/{i}.png --out lift.json

Each photo is enlarged with the noise of a sensor, see `enlarge`, and written to a file. A process
of its own reads it, lifts the result to its size, writes the lifted picture, and reports the
seconds of each and its peak memory. The lifted picture is then scaled down and compared with the
result. `--sheet` writes crops at 100 %, photo and lifted picture side by side.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness.machine import describe
from bench.harness.processes import module_command, module_environment, peak_resident
from bench.harness.records import write_record
from bench.studies.enlarge import enlarged
from jphoto import images
from jphoto.evaluation.layouts import find_pairs, find_pictures
from jphoto.label import Label
from jphoto.pipeline import finish
from jphoto.settings import Settings

MEGAPIXELS = 24, 50
SETTINGS = Settings(backbone="vgg16", device="cpu")
LABEL = Label(jphoto="", jax="", device="", network="", inputs={}, settings=SETTINGS)
CROP_PIXELS = 500
"""Side of a crop."""
CROP_PLACES = ((0.25, 0.2), (0.5, 0.5), (0.7, 0.75))
"""Places of crops: (y, x), from 0 at the upper left to 1 at the lower right."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, help="folder, as for `jphoto eval`")
    parser.add_argument("--results", help="path of the solved pictures, with {i} for the pair")
    parser.add_argument("--megapixels", type=float, nargs="+", default=MEGAPIXELS)
    parser.add_argument("--suffix", default=".jpg", help="of the files that are written")
    parser.add_argument("--sheet", type=Path, help="folder for sheets of crops")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--one", type=Path, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(lifted(*options.one)))
        return 0
    pairs = find_pairs(options.pairs)
    solved = find_pictures(options.results, "result", [files.name for files in pairs])
    rows = []
    for files in pairs:
        for megapixels in options.megapixels:
            row = measure(files.name, files.content, solved[files.name], megapixels, options)
            rows.append(row)
            print(row, flush=True)
    if options.out:
        record = {"machine": describe(), "cases": {"lift": {"rows": rows}}}
        write_record(options.out, record)
    return 0


def measure(
    name: str, content: Path, solved: Path, megapixels: float, options: Any
) -> dict[str, Any]:
    """Enlarge one photo, lift its result, and compare the lifted picture with it."""
    with tempfile.TemporaryDirectory() as folder:
        large, out = (Path(folder) / f"{role}{options.suffix}" for role in ("large", "out"))
        images.save_picture(
            enlarged(images.read_picture(content, role="content"), megapixels), large
        )
        completed = subprocess.run(
            module_command("bench.studies.lift", "--one", large, solved, out),
            stdout=subprocess.PIPE, env=module_environment(), check=True,
        )  # fmt: skip
        picture = images.read_picture(out, role="result")
        if options.sheet:
            photo = images.read_picture(large, role="content")
            images.save_picture(crops(photo, picture), options.sheet / f"{name}-{megapixels:g}.png")
        result = images.read_picture(solved, role="result")
        error = np.mean((images.resize(picture, result.shape[:2]) - result) ** 2)
    return {
        "pair": name,
        "suffix": options.suffix,
        "size": dict(zip(("height", "width"), picture.shape[:2], strict=True)),
        "megapixels": round(picture.shape[0] * picture.shape[1] / 1e6),
        "psnr": float(-10 * np.log10(error)),
        **json.loads(completed.stdout),
    }


def lifted(large: Path, solved: Path, out: Path) -> dict[str, Any]:
    """Do what `jphoto.transfer` does after the solve; its seconds and peak memory."""
    picture = images.read_picture(solved, role="result")
    times = [time.perf_counter()]
    original = images.read_original(large, role="content")
    content = images.resize(images.srgb_on_white(original), picture.shape[:2])
    times.append(time.perf_counter())
    result = finish.full_size_result(original, content, picture, SETTINGS)
    times.append(time.perf_counter())
    finish.write_result(result, original, out, SETTINGS, LABEL, force=True)
    times.append(time.perf_counter())
    seconds = dict(zip(("read", "lift", "write"), np.diff(times).tolist(), strict=True))
    return {"seconds": seconds, "peak_bytes": peak_resident()}


def crops(photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The same crops of both, unscaled."""
    rows = []
    for y, x in CROP_PLACES:
        top, left = int(y * (photo.shape[0] - CROP_PIXELS)), int(x * (photo.shape[1] - CROP_PIXELS))
        part = np.s_[top : top + CROP_PIXELS, left : left + CROP_PIXELS]
        rows.append(np.hstack([photo[part], picture[part]]))
    return np.vstack(rows)


if __name__ == "__main__":
    sys.exit(main())
