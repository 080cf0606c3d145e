"""Reads the HDF5 files in which Keras publishes VGG without its classifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jphoto.errors import WeightsError
from jphoto.weights.layout import layers


def read_keras(path: Path, network: str) -> dict[str, np.ndarray]:
    """Read the convolutions of a VGG; their input is BGR, as in the Caffe model they came from.

    Args:
      path: a file in the layout of `vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`: one group
        for each layer, whose attribute `weight_names` lists its kernel, then its bias.
      network: "vgg16" or "vgg19".

    Returns: tensors by name, as in `layout`.
    Raises: WeightsError, if the file has another format or lacks a layer.
    """
    import h5py

    tensors = {}
    try:
        with h5py.File(path, "r") as file:
            for layer in layers(network):
                block, position = layer.removeprefix("conv").split("_")
                kernel, bias = _pair(file, f"block{block}_conv{position}", path)
                tensors[f"{layer}.kernel"] = kernel
                tensors[f"{layer}.bias"] = bias
    except OSError as error:
        raise WeightsError(f"{path} is no readable HDF5 file: {error}") from None
    return tensors


def _pair(file: Mapping[str, Any], group: str, path: Path) -> list[np.ndarray]:
    try:
        names = file[group].attrs["weight_names"]
        arrays = [np.asarray(file[group][name]) for name in names]
    except KeyError as error:
        raise WeightsError(f"{path} has no convolution {group}: {error.args[0]}") from None
    if len(arrays) != 2:
        raise WeightsError(f"{path} has {len(arrays)} tensors in {group}, not 2")
    return arrays
