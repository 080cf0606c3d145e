"""What is laid over four simulated devices is what it is on one; for `test_devices`.

Prints the largest distance of each picture: of the pairs of a batch, then of one laid by rows; and
how many programs of steps were compiled.
"""

import gc
import sys

import jax
import numpy as np
from helpers.figures import note_compilations
from helpers.solving import make_pair, tiny_network

from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.pairs import Shape
from jphoto.solver.single import solve

SIZES = [(40, 48), (38, 44), (37, 48), (40, 45)]


def main():
    assert jax.device_count() == 4
    compiled = []
    note_compilations(compiled)
    gc.disable()  # the process ends soon, and tracing makes so many objects that collecting is slow
    pairs = [make_pair(size, (40, 48), seed) for seed, size in enumerate(SIZES)]
    shape, plain = Shape((40, 48), (40, 48), 2), {"preconditioner": "none", "smoothing": "none"}
    settings = Settings(steps=4, levels=1, tolerance=0.0, **plain)
    network = tiny_network(), "torchvision", settings
    alone = [solve(pair, *network, shape=shape) for pair in pairs]
    spread = solve_batch(pairs, shape, *network, devices=jax.devices())
    spread.append(solve(pairs[0], *network, shape=shape, devices=jax.devices()))
    for one, several in zip([*alone, alone[0]], spread, strict=True):
        assert one.picture.shape == several.picture.shape
        assert len(one.steps) == len(several.steps) == 4
        print(float(np.abs(one.picture - several.picture).max()))
    print(compiled.count("jit(advance)"))


if __name__ == "__main__":
    sys.exit(main())
