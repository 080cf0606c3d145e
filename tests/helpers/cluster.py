"""One process of several that make a batch together; for `test_devices`. The solver is a stand-in.

Arguments: those of `jphoto`.
"""

import sys

from helpers.killed import Network, solve

from jphoto.batches import inputs
from jphoto.cli import main
from jphoto.pipeline import grouping

if __name__ == "__main__":
    grouping.GroupSolver.solve = solve
    inputs.Networks.load = lambda _: inputs.Networks({"vgg16": Network}, "")
    main(sys.argv[1:])
