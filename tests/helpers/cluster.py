"""Processes that make a batch together; for `test_devices`. The solver is a stand-in.

They are forks, so that what is heavy is imported once. What each prints goes to a file.
Arguments: the folder for these files, the number of processes, then those of `jphoto`.
"""

import os
import sys
from pathlib import Path

from helpers.killed import Network, solve

from jphoto.batches import inputs
from jphoto.cli import main
from jphoto.pipeline import grouping


def child(number, folder, arguments):
    """A fork that runs one process of the batch."""
    process = os.fork()
    if process == 0:
        printed = os.open(folder / f"{number}.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        main([*arguments, "--process", str(number)])
    return process


if __name__ == "__main__":
    grouping.GroupSolver.solve = solve
    inputs.Networks.load = lambda _: inputs.Networks({"vgg16": Network}, "")
    folder, processes, *arguments = sys.argv[1:]
    started = [child(number, Path(folder), arguments) for number in range(int(processes))]
    ends = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in started]
    print(ends)
