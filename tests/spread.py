"""Pairs over four simulated devices, and on one; for `test_devices`, in a process of its own."""

import sys

import jax
import numpy as np
from solving import make_pair, tiny_network

from jphoto.batch import solve_batch
from jphoto.pairs import Shape
from jphoto.settings import Settings

SIZES = [(40, 48), (38, 44), (37, 48), (40, 45)]


def main():
    assert jax.device_count() == 4
    pairs = [make_pair(size, (40, 48), seed) for seed, size in enumerate(SIZES)]
    shape, settings = Shape((40, 48), (40, 48), 2), Settings(steps=4, levels=1, tolerance=0.0)
    solved = [
        solve_batch(pairs, shape, tiny_network(), "torchvision", settings, devices=devices)
        for devices in ((), jax.devices())
    ]
    for alone, spread in zip(*solved, strict=True):
        assert alone.picture.shape == spread.picture.shape
        assert len(alone.steps) == len(spread.steps) == 4
        print(float(np.abs(alone.picture - spread.picture).max()))


if __name__ == "__main__":
    sys.exit(main())
