"""Which weights are installed, and whether they are intact: `jphoto weights list` and `verify`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from jphoto.errors import WeightsError
from jphoto.weights import archive, store
from jphoto.weights.catalog import NETWORKS, Network


@dataclass(frozen=True)
class Status:
    """One network in the table of `jphoto weights list`."""

    name: str
    state: Literal["installed", "on first use", "missing"]
    """"on first use": the weights are converted when they are first needed."""
    path: Path | None
    """The installed file."""
    size: int | None
    """Bytes of the installed file."""
    source: str
    """Name of the published file."""
    license: str


class Verdict(NamedTuple):
    """The outcome of a full check of one installed file."""

    name: str
    """Of the network."""
    path: Path
    ok: bool
    """Whether the file is intact."""
    message: str


def status() -> list[Status]:
    """The status of every network in the catalog; fast, because it does not read tensors."""
    return [_status(network) for network in NETWORKS.values()]


def _status(network: Network) -> Status:
    path = store.find(network.name)
    if path is None:
        found = store.converted_on_first_use(network.name)
        network = found or network
        state: Literal["on first use", "missing"] = "on first use" if found else "missing"
        return Status(network.name, state, None, None, network.source, network.license)
    try:
        metadata = archive.read_metadata(path)
    except WeightsError:
        metadata = {"source": "unreadable: run `jphoto weights verify`", "license": network.license}
    size, source = path.stat().st_size, metadata["source"]
    return Status(network.name, "installed", path, size, source, metadata["license"])


def verify() -> list[Verdict]:
    """Read every installed file in every folder, and check its hash."""
    return [_verdict(name, path) for name in NETWORKS for path in store.copies(name)]


def _verdict(name: str, path: Path) -> Verdict:
    try:
        weights = archive.read(path, name)
    except WeightsError as error:
        return Verdict(name, path, False, str(error))
    return Verdict(name, path, True, f"intact, tensors sha256 {weights.digest}")
