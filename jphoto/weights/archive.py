"""jphoto's own weights file: safetensors, which is numbers and text and cannot carry code.

Tensors are `<layer>.kernel` (height x width x in x out) and `<layer>.bias`, float32. The text
beside them says which network, what it wants to see, where it came from, and a sha256 over the
tensors, so damage is found at every load. That hash covers names, shapes and values, not the
file's own header: the same conversion gives the same hash on any machine.
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


@dataclass(frozen=True, eq=False)
class Weights:
    """The parameters of one network, and where they came from.

    `params` holds for each layer its "kernel" and, for convolutions, its "bias". `source` is the
    name of the file that was converted and `path` the file that was read, None if none was.
    """

    network: str
    preprocessing: Preprocessing
    params: dict[str, Tensors]
    source: str
    source_sha256: str
    license: str
    path: Path | None = None

    @cached_property
    def digest(self) -> str:
        """sha256 over the tensors' sorted names, shapes and little-endian values."""
        total = hashlib.sha256()
        for name, tensor in sorted(_flatten(self.params).items()):
            total.update(f"{name} {describe(tensor.shape, tensor.dtype.name)}\n".encode())
            total.update(np.ascontiguousarray(tensor, "<f4").data)
        return total.hexdigest()


def gather(tensors: dict[str, np.ndarray], network: str, where: str) -> dict[str, Tensors]:
    """Tensors by layer, once they are known to be those of the network.

    Args:
      tensors: `<layer>.kernel` and `<layer>.bias` for every layer.
      network: a name in the catalog.
      where: the file they are from, for the message.

    Raises: WeightsError, if one is missing, unknown, or of another shape or type.
    """
    found = {name: describe(tensor.shape, tensor.dtype.name) for name, tensor in tensors.items()}
    check_tensors(network, found, where)
    params: dict[str, Tensors] = {}
    for name, tensor in tensors.items():
        layer, kind = name.split(".")
        # Also out of Fortran order and foreign byte order, which the type's name hides.
        params.setdefault(layer, {})[kind] = np.ascontiguousarray(tensor, np.float32)
    return params


def is_archive(path: Path) -> bool:
    """Whether a file starts as safetensors does: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def read_notes(path: Path) -> dict[str, str]:
    """The text that `write` put beside the tensors; quick, for the tensors are not read.

    Raises: WeightsError, if the file is unreadable, or not one of ours.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            notes = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no readable safetensors file: {error}") from None
    if notes.get("format") != FORMAT:
        raise WeightsError(f"{path} is not marked {FORMAT}, but {notes.get('format')!r}")
    missing = {"network", "preprocessing", "source", "source_sha256", "license", "tensors_sha256"}
    missing -= notes.keys()
    if missing or notes["preprocessing"] not in get_args(Preprocessing):
        raise WeightsError(f"{path} does not say how it is to be used: {notes}")
    return notes


def read(path: Path, network: str) -> Weights:
    """Read a weights file and check all of it.

    Raises: WeightsError, if it is unreadable, damaged, or of another network.
    """
    notes = read_notes(path)
    if notes["network"] != network:
        raise WeightsError(f"{path} holds {notes['network']}, not {network}")
    weights = Weights(
        network=network,
        preprocessing=cast(Preprocessing, notes["preprocessing"]),
        params=gather(_read_tensors(path), network, str(path)),
        source=notes["source"],
        source_sha256=notes["source_sha256"],
        license=notes["license"],
        path=path,
    )
    if weights.digest != notes["tensors_sha256"]:
        raise WeightsError(
            f"{path} is damaged: its tensors hash to {weights.digest}, "
            f"and should to {notes['tensors_sha256']}"
        )
    return weights


def write(weights: Weights, path: Path) -> None:
    """Write a weights file; one that is there stays whole until the new one replaces it.

    Raises: OSError, if the folder cannot be written.
    """
    notes = {
        "format": FORMAT,
        "network": weights.network,
        "preprocessing": weights.preprocessing,
        "source": weights.source,
        "source_sha256": weights.source_sha256,
        "license": weights.license,
        "tensors_sha256": weights.digest,
    }
    with replacing(path) as draft:
        # Not safetensors' own save_file, whose files only their owner may read: a folder of
        # weights may be shared.
        draft.write_bytes(safetensors.numpy.save(_flatten(weights.params), notes))


def _read_tensors(path: Path) -> dict[str, np.ndarray]:
    with safe_open(path, framework="numpy") as file:
        names = list(file.keys())
        for name in names:
            # NumPy lacks some types that the format has, and reading those would fail obscurely.
            if (dtype := file.get_slice(name).get_dtype()) != "F32":
                raise WeightsError(f"{path} holds {name} as {dtype}, expected F32")
        return {name: file.get_tensor(name) for name in names}


def _flatten(params: dict[str, Tensors]) -> Tensors:
    return {
        f"{layer}.{kind}": tensor
        for layer, kinds in params.items()
        for kind, tensor in kinds.items()
    }
