"""A manifest of ten thousand lines: how soon the first result is there, and how memory grows.

    python bench/manifest.py

Photos are tiny and the solver is a stand-in: what is measured is reading, planning and recording.
Then the same again, when all is done.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from resident import peak_resident

from jphoto import images
from jphoto.batches.run import Standing, run
from jphoto.batches.solving import Solver
from jphoto.batches.tasks import find_tasks
from jphoto.progress import Status, Step
from jphoto.settings import Settings
from jphoto.solver.single import Solution

PHOTOS, SIZE = 100, (32, 40)
SETTINGS = Settings(regions="none", backbone="vgg16")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000)
    options = parser.parse_args()
    Solver.solve = stand_in  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, options.lines)
        for what in ("new", "again"):
            print(what)
            go(folder, options.lines)
    return 0


def write(folder: Path, lines: int) -> None:
    """Photos and manifest."""
    for number in range(PHOTOS):
        photo = np.random.default_rng(number).random((*SIZE, 3), np.float32)
        images.save_picture(photo, folder / f"{number}.png")
    rows = (f"{k % PHOTOS}.png,{k // PHOTOS % PHOTOS}.png,{k % 10}/{k}.png" for k in range(lines))
    (folder / "manifest.csv").write_text("\n".join(["content,style,out", *rows]))


def stand_in(solver, chosen, *_):  # type: ignore[no-untyped-def]
    (ready,) = chosen
    picture = (ready.pair.content + ready.pair.style.mean((0, 1))) / 2
    return [Solution(np.float32(picture), (Step(*[1.0] * 6, 40),), Status.FINISHED, {})]


def go(folder: Path, lines: int) -> None:
    """The whole batch, with a line at the first result and at each tenth of all."""
    began, told = time.perf_counter(), set[int]()

    def watch(standing: Standing) -> None:
        done = standing.tally.done
        if done not in told and (done == 1 or done % max(1, lines // 10) == 0):
            told.add(done)
            taken, held = time.perf_counter() - began, peak_resident() / 1e6
            print(f"{done:6} pairs  {taken:7.2f} s  {held:6.0f} MB at most so far")

    entries = find_tasks(folder / "manifest.csv", SETTINGS)
    tally = run(entries, folder / "out", SETTINGS, watch=watch)
    print(f"{tally.finished} made, {tally.skipped} done before, {tally.failed} failed")


if __name__ == "__main__":
    sys.exit(main())
