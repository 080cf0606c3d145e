"""The layers of each network: their names, order and shapes.

Kernels are height x width x in x out. A tensor is called `<layer>.kernel` or `<layer>.bias`. Shapes
and types are compared as a short text such as "3x3x3x64 float32", which error messages show, too.

Source: Simonyan and Zisserman 2015, table 1, columns D and E; torchvision's AlexNet; Zhang et al.
2018 for the heads of LPIPS; Sandler et al. 2018, table 2, and Chen et al. 2018 for DeepLab.
"""

from collections.abc import Iterable, Mapping

from jphoto.errors import WeightsError

_VGG_CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Number of convolutions in each block."""
_VGG_CHANNELS = (64, 128, 256, 512, 512)
"""Output channels of each block."""
_ALEXNET_SIDES = (11, 5, 3, 3, 3)
"""Height and width of each kernel, in pixels."""
_ALEXNET_CHANNELS = (64, 192, 384, 256, 256)
"""Output channels of each convolution."""
_MOBILENET_CHANNELS = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320)
"""Output channels of each block."""


def layers(network: str) -> dict[str, tuple[int, int, int, int]]:
    """The layers of a network in the order in which they run, each with the shape of its kernel.

    VGG has conv1_1 to conv5_3 or conv5_4; AlexNet has conv1 to conv5, then its LPIPS heads lpips1
    to lpips5, which have no bias; DeepLab has a stem, block0 to block16, and then its decoder.
    """
    if network == "deeplab":
        return _deeplab_layers()
    if network == "alexnet":
        return _alexnet_layers()
    shapes, inputs = {}, 3
    blocks = zip(_VGG_CONVOLUTIONS[network], _VGG_CHANNELS, strict=True)
    for block, (convolutions, outputs) in enumerate(blocks, 1):
        for position in range(1, convolutions + 1):
            shapes[f"conv{block}_{position}"] = (3, 3, inputs, outputs)
            inputs = outputs
    return shapes


def _alexnet_layers() -> dict[str, tuple[int, int, int, int]]:
    shapes, inputs = {}, 3
    convolutions = zip(_ALEXNET_SIDES, _ALEXNET_CHANNELS, strict=True)
    for number, (side, outputs) in enumerate(convolutions, 1):
        shapes[f"conv{number}"] = (side, side, inputs, outputs)
        inputs = outputs
    heads = {
        f"lpips{number}": (1, 1, inputs, 1) for number, inputs in enumerate(_ALEXNET_CHANNELS, 1)
    }
    return shapes | heads


def _deeplab_layers() -> dict[str, tuple[int, int, int, int]]:
    shapes = {"stem": (3, 3, 3, 32)}
    inputs = 32
    for block, outputs in enumerate(_MOBILENET_CHANNELS):
        expanded = 6 * inputs if block else inputs
        if block:
            shapes[f"block{block}_expand"] = (1, 1, inputs, expanded)
        shapes[f"block{block}_depthwise"] = (3, 3, 1, expanded)
        shapes[f"block{block}_project"] = (1, 1, expanded, outputs)
        inputs = outputs
    return shapes | {
        "aspp": (1, 1, 320, 256),
        "skip": (1, 1, 144, 48),
        "pool": (1, 1, 320, 256),
        "encoder": (1, 1, 512, 256),
        "decoder0_depthwise": (3, 3, 1, 304),
        "decoder0_pointwise": (1, 1, 304, 256),
        "decoder1_depthwise": (3, 3, 1, 256),
        "decoder1_pointwise": (1, 1, 256, 256),
        "logits": (1, 1, 256, 32),
    }


def describe(shape: Iterable[int], dtype: str) -> str:
    """A tensor's shape and NumPy type as text, such as "3x3x3x64 float32"."""
    return f"{'x'.join(map(str, shape))} {dtype}"


def check_tensors(network: str, shapes: Mapping[str, str], where: str) -> None:
    """Check that a file has exactly the tensors of its network.

    Args:
      network: a name in the catalog.
      shapes: of all tensors in the file, by name, from `describe`.
      where: name of the file, for error messages.

    Raises: WeightsError, naming the tensors that are missing, unknown or of another shape or type.
    """
    expected = _expected_shapes(network)
    wrong = [f"no {name}" for name in expected if name not in shapes]
    wrong += [f"an unknown {name}" for name in shapes if name not in expected]
    wrong += [
        f"{name} {shapes[name]} instead of {shape}"
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise WeightsError(f"{where} does not hold {network}: {', '.join(wrong[:3])}{more}")


def _expected_shapes(network: str) -> dict[str, str]:
    shapes = {}
    for layer, shape in layers(network).items():
        shapes[f"{layer}.kernel"] = describe(shape, "float32")
        if not layer.startswith("lpips"):
            shapes[f"{layer}.bias"] = describe(shape[3:], "float32")
    return shapes
