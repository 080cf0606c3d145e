"""A batch that is killed again and again at random moments, and one left in peace.

For `test_kills`. Both run in forks at the same time, so that what is heavy is imported once. The
solver is a stand-in that takes some milliseconds and notes beside the folder when it was given
which photo.
"""

import gc
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from jphoto.batches import inputs, run
from jphoto.batches.tasks import find_tasks
from jphoto.pipeline import grouping
from jphoto.settings import Settings
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

SETTINGS = Settings(regions="none", backbone="vgg16", device="cpu")


class Network:
    network = "vgg16"
    params: dict[str, object] = {}  # noqa: RUF012
    preprocessing = "torchvision"
    digest = "none"
    used = True


def solve(solver, chosen, *_):
    pair = chosen[0].pair
    time.sleep(0.02)
    picture = (pair.content + pair.style.mean((0, 1))) / 2
    return [Solution(np.float32(picture), (Step(*[1.0] * 6, 40),), Status.FINISHED, {})]


def batch(manifest, out):
    def note_and_solve(solver, chosen, *_):
        with out.with_suffix(".notes").open("a") as notes:
            notes.write(f"{time.time()} {chosen[0].pair.content.sum(dtype=float):.4f}\n")
        return solve(solver, chosen)

    grouping.GroupSolver.solve = note_and_solve
    inputs.Networks.load = lambda _: inputs.Networks({"vgg16": Network}, "")
    run.run(find_tasks(manifest, SETTINGS), out, SETTINGS)


def child(manifest, out):
    """A fork that runs the batch."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            batch(manifest, out)
            status = 0
        finally:
            os._exit(status)
    return process


def size(path):
    return path.stat().st_size if path.exists() else -1


def wait_for(path, longer_than, process):
    """Until the file has more bytes than that, or the process has ended."""
    while size(path) <= longer_than:
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)


def main(manifest, calm, killed, kills, longest):
    """Kill that many times, then let it end; tells how often a kill met a batch at work.

    Every other kill waits for a first solve, so that a slow machine is also met while it solves.
    """
    chance, met = random.Random(0), 0
    # Otherwise each fork spends its first tenth of a second on collecting what jax has allocated,
    # and is killed before it has solved anything.
    gc.freeze()
    in_peace = child(manifest, calm)
    journal, notes = killed / "results.jsonl", killed.with_suffix(".notes")
    for number in range(kills):
        noted = size(notes)
        process = child(manifest, killed)
        wait_for(journal, -1, process)
        if number % 2:
            wait_for(notes, noted, process)
        time.sleep(chance.uniform(0, longest))
        os.kill(process, signal.SIGKILL)
        met += os.WIFSIGNALED(os.waitpid(process, 0)[1])
    ends = [os.waitpid(process, 0)[1] for process in (child(manifest, killed), in_peace)]
    print(met, flush=True)
    return max(os.waitstatus_to_exitcode(status) for status in ends)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4]), int(sys.argv[4]), float(sys.argv[5])))
