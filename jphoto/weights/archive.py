"""jphoto's own weights file: safetensors, a format of numbers and text that cannot hold code.

Tensors are `<layer>.kernel` (height x width x in x out) and `<layer>.bias`, float32. The metadata
beside them names the network, the preprocessing of its input and the source file, and has a sha256
over the tensors, so that damage is found at every load. That hash covers names, shapes and values
and not the file's header: the same conversion gives the same hash on any machine.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, cast, get_args

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from jphoto.errors import WeightsError
from jphoto.files import replacing
from jphoto.weights.catalog import Preprocessing
from jphoto.weights.layout import check_tensors, describe

Tensor: TypeAlias = NDArray[np.float32]
Tensors: TypeAlias = dict[str, Tensor]

FORMAT = "jphoto-weights-1"
"""Name and version of the format, in the metadata of each file."""


@dataclass(frozen=True, eq=False)
class Weights:
    """The parameters of one network, and their origin."""

    network: str
    """A name in the catalog."""
    preprocessing: Preprocessing
    params: dict[str, Tensors]
    """The tensors of each layer: "kernel" and, except for the LPIPS heads, "bias"."""
    source: str
    """Name of the published file that was converted."""
    source_sha256: str
    license: str
    path: Path | None = None
    """The file that was read; None if the weights are not in a file."""

    @property
    def used(self) -> bool:
        """Whether they were loaded, see `LazyWeights`."""
        return True

    @cached_property
    def digest(self) -> str:
        """sha256 over the tensors' sorted names, shapes and little-endian values."""
        digest = hashlib.sha256()
        for name, tensor in sorted(_flatten(self.params).items()):
            digest.update(f"{name} {describe(tensor.shape, tensor.dtype.name)}\n".encode())
            digest.update(np.ascontiguousarray(tensor, "<f4").data)
        return digest.hexdigest()


def group_by_layer(tensors: dict[str, np.ndarray], network: str, where: str) -> dict[str, Tensors]:
    """Check that these are the tensors of a network, and group them by layer.

    Args:
      tensors: `<layer>.kernel` and `<layer>.bias` for every layer.
      network: a name in the catalog.
      where: name of the file, for error messages.

    Raises: WeightsError, if a tensor is missing, unknown, or of another shape or type.
    """
    shapes = {name: describe(tensor.shape, tensor.dtype.name) for name, tensor in tensors.items()}
    check_tensors(network, shapes, where)
    params: dict[str, Tensors] = {}
    for name, tensor in tensors.items():
        layer, part = name.split(".")
        # Arrays in Fortran order or foreign byte order pass the check; this converts them.
        params.setdefault(layer, {})[part] = np.ascontiguousarray(tensor, np.float32)
    return params


def is_archive(path: Path) -> bool:
    """Whether a file begins like safetensors: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def read_metadata(path: Path) -> dict[str, str]:
    """Read the metadata of a weights file; fast, because it does not read the tensors.

    Raises: WeightsError, if the file is unreadable, or is no weights file of jphoto.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no readable safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path} has the format {metadata.get('format')!r}, not {FORMAT}")
    missing = {"network", "preprocessing", "source", "source_sha256", "license", "tensors_sha256"}
    missing -= metadata.keys()
    if missing or metadata["preprocessing"] not in get_args(Preprocessing):
        raise WeightsError(f"{path} has incomplete or unknown metadata: {metadata}")
    return metadata


def read(path: Path, network: str) -> Weights:
    """Read a weights file and check every byte of its tensors.

    Raises: WeightsError, if it is unreadable, damaged, or of another network.
    """
    metadata = read_metadata(path)
    if metadata["network"] != network:
        raise WeightsError(f"{path} holds {metadata['network']}, not {network}")
    weights = Weights(
        network=network,
        preprocessing=cast(Preprocessing, metadata["preprocessing"]),
        params=group_by_layer(_read_tensors(path), network, str(path)),
        source=metadata["source"],
        source_sha256=metadata["source_sha256"],
        license=metadata["license"],
        path=path,
    )
    if weights.digest != metadata["tensors_sha256"]:
        raise WeightsError(
            f"{path} is damaged: the sha256 of its tensors is {weights.digest}, "
            f"not {metadata['tensors_sha256']}"
        )
    return weights


def write(weights: Weights, path: Path) -> None:
    """Write a weights file; an existing one stays intact until the new one replaces it.

    Raises: OSError, if the folder cannot be written.
    """
    metadata = {
        "format": FORMAT,
        "network": weights.network,
        "preprocessing": weights.preprocessing,
        "source": weights.source,
        "source_sha256": weights.source_sha256,
        "license": weights.license,
        "tensors_sha256": weights.digest,
    }
    with replacing(path) as draft:
        # Not safetensors' own save_file: only the owner could read its files, and a folder of
        # weights may be shared.
        draft.write_bytes(safetensors.numpy.save(_flatten(weights.params), metadata))


def _read_tensors(path: Path) -> dict[str, np.ndarray]:
    with safe_open(path, framework="numpy") as file:
        names = list(file.keys())
        for name in names:
            # NumPy lacks some types of the format; reading them would raise an obscure error.
            if (dtype := file.get_slice(name).get_dtype()) != "F32":
                raise WeightsError(f"{path} holds {name} as {dtype}, not F32")
        return {name: file.get_tensor(name) for name in names}


def _flatten(params: dict[str, Tensors]) -> Tensors:
    return {
        f"{layer}.{part}": tensor
        for layer, tensors in params.items()
        for part, tensor in tensors.items()
    }
