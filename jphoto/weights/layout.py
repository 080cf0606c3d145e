"""The layers of each network: their names, order and shapes.

Kernels are height x width x in x out. A tensor is called `<layer>.kernel` or `<layer>.bias`, and
compared by a short text such as "3x3x3x64 float32", which serves as well in messages.

Source: Simonyan and Zisserman 2015, table 1, columns D and E; torchvision's AlexNet; Zhang et al.
2018 for the heads of LPIPS.
"""

from collections.abc import Iterable, Mapping

from jphoto.errors import WeightsError

_VGG_DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_WIDTHS = (64, 128, 256, 512, 512)
_ALEXNET_SIDES = (11, 5, 3, 3, 3)
_ALEXNET_WIDTHS = (64, 192, 384, 256, 256)


def layers(network: str) -> dict[str, tuple[int, int, int, int]]:
    """The layers of a network in the order they run, each with the shape of its kernel.

    VGG's are conv1_1 to conv5_3 or conv5_4; AlexNet's conv1 to conv5, then its LPIPS heads
    lpips1 to lpips5, which have no bias.
    """
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
        if layer.startswith("conv"):
            texts[f"{layer}.bias"] = describe(shape[3:], "float32")
    return texts
