"""The script that converts torchvision's VGG; its files are made up here, in its own layout."""

import numpy as np
import pytest
from helpers.scripts import load

from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.layout import layers

torch = pytest.importorskip("torch", reason="PyTorch, which the script needs, is not installed")

# torchvision's own numbering of VGG's layers, written out.
NUMBERS = {
    "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
}


@pytest.fixture(scope="module")
def script():
    return load("convert_torchvision")


def small_state(network):
    """Right names, small tensors, each different from the others."""
    state = {"classifier.0.weight": torch.zeros(2, 2)}
    for number in NUMBERS[network]:
        state[f"features.{number}.weight"] = number + torch.arange(36.0).reshape(2, 2, 3, 3)
        state[f"features.{number}.bias"] = number + torch.arange(2.0)
    return state


def assert_same(params, state, network):
    for layer, number in zip(layers(network), NUMBERS[network], strict=True):
        kernel = np.einsum("oihw->hwio", state[f"features.{number}.weight"].numpy())
        np.testing.assert_array_equal(params[layer]["kernel"], kernel)
        np.testing.assert_array_equal(
            params[layer]["bias"], state[f"features.{number}.bias"].numpy()
        )


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_layers_are_found_by_their_numbers(network, script):
    state = small_state(network)
    params = {}
    for name, tensor in script.convert_state(state, network, "here").items():
        layer, kind = name.split(".")
        params.setdefault(layer, {})[kind] = tensor
    assert_same(params, state, network)


def test_a_whole_file(script, tmp_path, capsys):
    state = {}
    shapes = zip(NUMBERS["vgg16"], layers("vgg16").values(), strict=True)
    for number, (_, _, before, width) in shapes:
        values = torch.arange(float(width * before * 9))
        state[f"features.{number}.weight"] = values.reshape(width, before, 3, 3)
        state[f"features.{number}.bias"] = torch.arange(float(width))
    torch.save(state, tmp_path / "state.pth")
    out = tmp_path / "out.safetensors"
    assert script.main(["vgg16", str(tmp_path / "state.pth"), "--out", str(out)]) == 0
    weights = archive.read(out, "vgg16")
    assert weights.digest in capsys.readouterr().out
    assert weights.preprocessing == "torchvision"
    assert weights.source == "state.pth"
    assert_same(weights.params, state, "vgg16")


class Attack:
    """Pickles to an instruction to end the process."""

    def __reduce__(self):
        return exit, (3,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"features.0.weight": 3}, "no tensor features.0.weight"),
        ([1, 2], "holds a list, expected a state dictionary"),
        (small_state("vgg16"), "no tensor features.16.weight"),
        (small_state("vgg19"), "conv1_1.kernel 3x3x2x2 float32 instead of 3x3x3x64 float32"),
        (Attack(), "no readable state dictionary"),
    ],
    ids=["not tensors", "a list", "another depth", "other shapes", "code"],
)
def test_other_files_are_refused(content, words, script, tmp_path, capsys):
    torch.save(content, tmp_path / "state.pth")
    out = tmp_path / "vgg19.safetensors"
    assert script.main(["vgg19", str(tmp_path / "state.pth"), "--out", str(out)]) == 1
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_a_missing_file(script, tmp_path):
    with pytest.raises(WeightsError, match="No such file"):
        script.read_torchvision(tmp_path / "state.pth", "vgg16")
