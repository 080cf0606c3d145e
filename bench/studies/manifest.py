"""A manifest of ten thousand lines: seconds until the first result, and growth of memory.

    python -m bench.studies.manifest

Photos are tiny and the solver is replaced by a mean of two photos, so that reading, planning and
recording are measured. A second run finds all pairs done.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.harness.processes import peak_resident
from jphoto import images
from jphoto.batches.run import RunProgress, run
from jphoto.batches.tasks import find_tasks
from jphoto.pipeline.grouping import GroupSolver
from jphoto.settings import Settings
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

PHOTOS = 100
"""Number of different photos."""
SIZE = (32, 40)
"""Their height and width in pixels."""
SETTINGS = Settings(regions="none", backbone="vgg16")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000)
    options = parser.parse_args()
    GroupSolver.solve = stand_in  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, options.lines)
        for title in ("first run", "second run"):
            print(title)
            run_batch(folder, options.lines)
    return 0


def write(folder: Path, lines: int) -> None:
    """Write the photos and the manifest."""
    for number in range(PHOTOS):
        photo = np.random.default_rng(number).random((*SIZE, 3), np.float32)
        images.save_picture(photo, folder / f"{number}.png")
    rows = (f"{k % PHOTOS}.png,{k // PHOTOS % PHOTOS}.png,{k % 10}/{k}.png" for k in range(lines))
    (folder / "manifest.csv").write_text("\n".join(["content,style,out", *rows]))


def stand_in(solver, chosen, *_):  # type: ignore[no-untyped-def]
    """Replaces `GroupSolver.solve`."""
    (ready,) = chosen
    picture = (ready.pair.content + ready.pair.style.mean((0, 1))) / 2
    return [Solution(np.float32(picture), (Step(*[1.0] * 6, 40),), Status.FINISHED, {})]


def run_batch(folder: Path, lines: int) -> None:
    """Run the batch; print a line at the first result and after each tenth of all results."""
    began, printed = time.perf_counter(), set[int]()

    def watch(progress: RunProgress) -> None:
        done = progress.tally.done
        if done not in printed and (done == 1 or done % max(1, lines // 10) == 0):
            printed.add(done)
            seconds, peak = time.perf_counter() - began, peak_resident() / 1e6
            print(f"{done:6} pairs  {seconds:7.2f} s  {peak:6.0f} MB peak")

    entries = find_tasks(folder / "manifest.csv", SETTINGS)
    tally = run(entries, folder / "out", SETTINGS, watch=watch)
    print(f"{tally.finished} made, {tally.skipped} done before, {tally.failed} failed")


if __name__ == "__main__":
    sys.exit(main())
