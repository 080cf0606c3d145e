"""The weights of the networks: download, conversion, and files on disk. No jax in here.

    from jphoto import weights
    vgg = weights.load(weights.resolve("auto"))
    vgg.params["conv1_1"]["kernel"]

- `catalog`: the networks, with the source and the license of each; `layout`: their layers;
- `store`: finds, loads and saves weights; `lazy`: loads them when something first needs them;
- `installation`: installs them; `inventory`: lists and verifies what is installed;
- `archive`: jphoto's own file format; `convert`: reads published files, with `checkpoint`, `keras`,
  `tflite` and `torchvision` for their formats;
- `state_dict`, `plain_pickle`: files of PyTorch, read without it; `torch_cache`: where they are;
- `download`: downloads a file and resumes; `digests`: hashes of files;
- `marks`: what the user was told about networks that are not installed.

A source file is used only if its hash is the pinned one, or one that the user gives. A converted
file has a hash of its own, which is checked at every load. How networks run is in
`jphoto.networks`.
"""

from jphoto.weights.archive import Weights
from jphoto.weights.catalog import NETWORKS, Network, Preprocessing
from jphoto.weights.download import Progress, is_offline
from jphoto.weights.installation import install
from jphoto.weights.inventory import Status, Verdict, status, verify
from jphoto.weights.lazy import AnyWeights, LazyWeights
from jphoto.weights.store import find, load, resolve

__all__ = [
    "NETWORKS",
    "AnyWeights",
    "LazyWeights",
    "Network",
    "Preprocessing",
    "Progress",
    "Status",
    "Verdict",
    "Weights",
    "find",
    "install",
    "is_offline",
    "load",
    "resolve",
    "status",
    "verify",
]
