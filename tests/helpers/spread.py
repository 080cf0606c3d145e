"""What is laid over four simulated devices is what it is on one; for `test_devices`.

Prints the largest distance of each picture: of the pairs of a batch, then of one laid by rows.
"""

import sys

import jax
import numpy as np
from helpers.solving import make_pair, tiny_network

from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.pairs import Shape
from jphoto.solver.single import solve

SIZES = [(40, 48), (38, 44), (37, 48), (40, 45)]


def main():
    assert jax.device_count() == 4
    pairs = [make_pair(size, (40, 48), seed) for seed, size in enumerate(SIZES)]
    shape, plain = Shape((40, 48), (40, 48), 2), {"preconditioner": "none", "smoothing": "none"}
    settings = Settings(steps=4, levels=1, tolerance=0.0, **plain)
    solved = [
        solve_batch(pairs, shape, tiny_network(), "torchvision", settings, devices=devices)
        for devices in ((), jax.devices())
    ]
    for alone, spread in zip(*solved, strict=True):
        assert alone.picture.shape == spread.picture.shape
        assert len(alone.steps) == len(spread.steps) == 4
        print(float(np.abs(alone.picture - spread.picture).max()))
    alone, spread = (
        solve(
            pairs[0], tiny_network(), "torchvision", settings, shape=shape, devices=devices
        ).picture
        for devices in ((), jax.devices())
    )
    print(float(np.abs(alone - spread).max()))


if __name__ == "__main__":
    sys.exit(main())
