"""The networks' weights: found on disk, converted, installed, checked. No jax in here.

    from jphoto import weights
    vgg = weights.load(weights.resolve("auto"))
    vgg.params["conv1_1"]["kernel"]

A source file is believed only if its hash is the pinned one or the user gives that hash, and a
converted file carries a hash of its own, checked at every load.
"""

from jphoto.weights.archive import Weights
from jphoto.weights.catalog import NETWORKS, Network, Preprocessing
from jphoto.weights.download import Progress
from jphoto.weights.installation import install
from jphoto.weights.inventory import Status, Verdict, status, verify
from jphoto.weights.store import find, load, resolve

__all__ = [
    "NETWORKS",
    "Network",
    "Preprocessing",
    "Progress",
    "Status",
    "Verdict",
    "Weights",
    "find",
    "install",
    "load",
    "resolve",
    "status",
    "verify",
]
