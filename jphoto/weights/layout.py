"""The layers of each network: their names, order and shapes.

Kernels are height x width x in x out. A tensor is called `<layer>.kernel` or `<layer>.bias`, and
compared by a short text such as "3x3x3x64 float32", which serves as well in messages.

Source: Simonyan and Zisserman 2015, table 1, columns D and E; torchvision's AlexNet; Zhang et al.
2018 for the heads of LPIPS; Sandler et al. 2018, table 2, and Chen et al. 2018 for DeepLab.
"""

from collections.abc import Iterable, Mapping

from jphoto.errors import WeightsError

_VGG_DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_WIDTHS = (64, 128, 256, 512, 512)
_ALEXNET_SIDES = (11, 5, 3, 3, 3)
_ALEXNET_WIDTHS = (64, 192, 384, 256, 256)
_MOBILENET_WIDTHS = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320)


def layers(network: str) -> dict[str, tuple[int, int, int, int]]:
    """The layers of a network in the order they run, each with the shape of its kernel.

    VGG's are conv1_1 to conv5_3 or conv5_4; AlexNet's conv1 to conv5, then its LPIPS heads
    lpips1 to lpips5, which have no bias; DeepLab's stem, block0 to block16, then what joins them.
    """
    if network == "deeplab":
        return _deeplab_layers()
    if network == "alexnet":
        return _alexnet_layers()
    shapes = {}
    before = 3
    for block, (depth, width) in enumerate(zip(_VGG_DEPTHS[network], _VGG_WIDTHS, strict=True), 1):
        for position in range(1, depth + 1):
            shapes[f"conv{block}_{position}"] = (3, 3, before, width)
            before = width
    return shapes


def _alexnet_layers() -> dict[str, tuple[int, int, int, int]]:
    shapes = {}
    before = 3
    for number, (side, width) in enumerate(zip(_ALEXNET_SIDES, _ALEXNET_WIDTHS, strict=True), 1):
        shapes[f"conv{number}"] = (side, side, before, width)
        before = width
    heads = {f"lpips{number}": (1, 1, width, 1) for number, width in enumerate(_ALEXNET_WIDTHS, 1)}
    return shapes | heads


def _deeplab_layers() -> dict[str, tuple[int, int, int, int]]:
    shapes = {"stem": (3, 3, 3, 32)}
    before = 32
    for block, width in enumerate(_MOBILENET_WIDTHS):
        inside = 6 * before if block else before
        if block:
            shapes[f"block{block}_expand"] = (1, 1, before, inside)
        shapes[f"block{block}_depthwise"] = (3, 3, 1, inside)
        shapes[f"block{block}_project"] = (1, 1, inside, width)
        before = width
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
    """A tensor's shape and NumPy type in one word each, such as "3x3x3x64 float32"."""
    return f"{'x'.join(map(str, shape))} {dtype}"


def check_tensors(network: str, found: Mapping[str, str], where: str) -> None:
    """Hold a file's tensors to the layers of its network.

    Args:
      network: a name in the catalog.
      found: every tensor of the file by name, as `describe` puts it.
      where: the file, for the message.

    Raises: WeightsError, naming the tensors that are missing, unknown or of another shape or type.
    """
    expected = _expected(network)
    wrong = [f"no {name}" for name in expected if name not in found]
    wrong += [f"an unknown {name}" for name in found if name not in expected]
    wrong += [
        f"{name} {found[name]} instead of {text}"
        for name, text in expected.items()
        if name in found and found[name] != text
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise WeightsError(f"{where} does not hold {network}: {', '.join(wrong[:3])}{more}")


def _expected(network: str) -> dict[str, str]:
    texts = {}
    for layer, shape in layers(network).items():
        texts[f"{layer}.kernel"] = describe(shape, "float32")
        if not layer.startswith("lpips"):
            texts[f"{layer}.bias"] = describe(shape[3:], "float32")
    return texts
