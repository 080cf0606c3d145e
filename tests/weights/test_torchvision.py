"""torchvision's VGG, from both formats of PyTorch, and files that only pretend to be that."""

import pickle
import zipfile

import numpy as np
import pytest
from helpers.torch_files import (
    EMPTY,
    MAGIC,
    NUMBERS,
    dictionary,
    grouped,
    named,
    random_tensors,
    tensor,
    text,
    write_legacy,
    write_tensors,
    write_zip,
)

from jphoto.errors import WeightsError
from jphoto.weights import layout, state_dict
from jphoto.weights.layout import layers
from jphoto.weights.torchvision import read_torchvision

NAME = "features.0.bias"
VALUES = np.arange(4, dtype="<f4").tobytes()


@pytest.fixture
def narrow(monkeypatch):
    """VGG with few channels."""
    monkeypatch.setattr(layout, "_VGG_CHANNELS", (2, 2, 3, 3, 4))


def assert_same(found, tensors, network):
    for layer, place in zip(layers(network), NUMBERS[network], strict=True):
        kernel = np.einsum("oihw->hwio", tensors[f"features.{place}.weight"])
        np.testing.assert_array_equal(found[f"{layer}.kernel"], kernel)
        np.testing.assert_array_equal(found[f"{layer}.bias"], tensors[f"features.{place}.bias"])


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_the_convolutions_of_a_file(network, legacy, narrow, tmp_path, monkeypatch):
    tensors, read = random_tensors(network, layers(network).values()), []
    write_tensors(tmp_path / "vgg.pth", tensors, legacy=legacy)
    monkeypatch.setattr(state_dict, "MOST_PICKLE_BYTES", 1 << 14)
    plain = state_dict._SparingFile.read

    def counting(file, size=-1):
        read.append(len(data := plain(file, size)))
        return data

    monkeypatch.setattr(state_dict._SparingFile, "read", counting)
    found = read_torchvision(tmp_path / "vgg.pth", network)
    assert_same(found, tensors, network)
    assert len(found) == 2 * len(layers(network))
    classifier = tensors["classifier.0.weight"].nbytes
    assert sum(read) < (tmp_path / "vgg.pth").stat().st_size - classifier / 2


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_files_that_pytorch_writes(legacy, narrow, tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tensors = random_tensors("vgg19", layers("vgg19").values())
    state = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in tensors.items()}
    for protocol in (2, 4):
        torch.save(
            state, tmp_path / "vgg.pth", pickle_protocol=protocol,
            _use_new_zipfile_serialization=not legacy,
        )  # fmt: skip
        assert_same(read_torchvision(tmp_path / "vgg.pth", "vgg19"), tensors, "vgg19")


def only_tensor(path):
    with state_dict.opened(path) as state:
        return state.read(NAME)


WHOLE = tensor("0", (4,), legacy=True)
OLD_TENSOR = WHOLE.replace(b"_rebuild_tensor_v2", b"_rebuild_tensor")
OLD_PARAMETER = named("torch.nn.parameter.Parameter") + b"(" + OLD_TENSOR
OLD_PARAMETER += b"tR(\x88\x89" + EMPTY + b"tb"
PYTHON_2 = b"\x80\x02ccollections\nOrderedDict\n]](U\x0f" + NAME.encode() + WHOLE + b"ea\x85R."
METADATA = dictionary({NAME: WHOLE})[:-1] + b"}" + text("_metadata") + EMPTY + b"sb."


@pytest.mark.parametrize(
    "pickled",
    [dictionary({NAME: OLD_TENSOR}), dictionary({NAME: OLD_PARAMETER}), PYTHON_2, METADATA,
     b"\x80\x02}" + text(NAME) + WHOLE + b"s.", dictionary({"epoch": b"K\x05", NAME: WHOLE})],
    ids=["old tensor", "old parameter", "Python 2", "metadata", "plain dict", "other entries"],
)  # fmt: skip
def test_dictionaries_of_many_ages(pickled, tmp_path):
    write_legacy(tmp_path / "vgg.pth", pickled, {"0": VALUES})
    np.testing.assert_array_equal(only_tensor(tmp_path / "vgg.pth"), [0, 1, 2, 3])


def test_a_part_of_a_storage(tmp_path):
    pickled = dictionary({NAME: tensor("0", (2,), length=4, offset=1)})
    write_zip(tmp_path / "vgg.pth", pickled, {"0": VALUES})
    np.testing.assert_array_equal(only_tensor(tmp_path / "vgg.pth"), [1, 2])


class Attack:
    """Pickles to an instruction to end the process."""

    def __reduce__(self):
        return exit, (3,)


NESTED = b"\x80\x02}" + b")" + 200_000 * b"\x85" + b"Ns."
HUGE_MEMO = b"\x80\x02}r\xff\xff\xff\xff."
HUGE_TEXT = b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x00ab."
HOSTILE = {
    "code": (pickle.dumps(Attack(), 2), "it asks for _sitebuiltins.Quitter"),
    "a name in a tensor": (dictionary({NAME: named("os.system") + b"(tR"}), "asks for os.system"),
    "a call of a tuple": (b"\x80\x02)" + b")R.", "calls what is no function"),
    "tuples as keys": (NESTED, "keys are no text"),
    "a huge memo": (HUGE_MEMO, f"damaged .KeyError: '{NAME}'"),
    "a huge text": (HUGE_TEXT, "expected 1099511627775 bytes"),
    "a module": (dictionary({NAME: text("module") + b"\x85Q"}), "other than numbers"),
    "a reference": (dictionary({NAME: grouped(*map(text, "abcde")) + b"Q"}), "other than numbers"),
    "a list": (b"\x80\x02].", "holds a list, not a dictionary of tensors"),
    "nothing": (b"", "pickle exhausted"),
    "an empty stack": (b"\x80\x02\x85.", "takes values that it does not have"),
    "an operation": (b"\x80\x02(I1\ni.", "unknown|operation|exhausted"),
    "half": (dictionary({NAME: tensor("0", (4,), kind="torch.HalfStorage")}),
             "of the type torch.HalfStorage, not torch.FloatStorage"),
    "bfloat16": (dictionary({NAME: tensor("0", (4,), kind="torch.BFloat16Storage")}),
                 "of the type torch.BFloat16Storage"),
    "too short": (dictionary({NAME: tensor("0", (3,), length=4, offset=2)}), "more values than"),
    "negative": (dictionary({NAME: tensor("0", (4,), offset=-1)}), "no part of a storage"),
    "strides": (dictionary({NAME: tensor("0", (2, 2), strides=(1, 2))}), "order of its axes"),
    "no strides": (dictionary({NAME: tensor("0", (2, 2), strides=())}), "order of its axes"),
    "many axes": (dictionary({NAME: tensor("0", 9 * (1,))}), "no part of a storage"),
    "enormous": (dictionary({NAME: tensor("0", (1 << 40,))}), "is not 4398046511104 bytes"),
    "another key": (dictionary({NAME: tensor("../../0", (4,))}), "no item named"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles(kind, tmp_path):
    pickled, words = HOSTILE[kind]
    write_zip(tmp_path / "vgg.pth", pickled, {"0": VALUES})
    with pytest.raises(WeightsError, match=words) as caught:
        only_tensor(tmp_path / "vgg.pth")
    assert str(caught.value).startswith(f"{tmp_path / 'vgg.pth'} is no readable state dictionary")
    assert len(str(caught.value)) < 300


def legacy(path, **options):
    write_legacy(path, dictionary({NAME: WHOLE}), {"9": VALUES, "0": VALUES}, **options)


def compressed(path):
    pickled = dictionary({NAME: tensor("0", (4,))})
    write_zip(path, pickled, {"0": VALUES}, compression=zipfile.ZIP_DEFLATED)


def without_pickle(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/0", VALUES)


def long_table(path):
    legacy(path)
    with path.open("r+b") as file:
        file.write(b"PK\3\4")
        file.truncate(1 << 26)
        file.seek(-22, 2)
        sizes = (1 << 25).to_bytes(4, "little") + (1 << 20).to_bytes(4, "little")
        file.write(b"PK\5\6\0\0\0\0\1\0\1\0" + sizes + b"\0\0")


FILES = {
    "text": (lambda path: path.write_bytes(b"not weights"), "unknown"),
    "empty": (lambda path: path.write_bytes(b""), "exhausted"),
    "another pickle": (lambda path: path.write_bytes(pickle.dumps({}, 2)), "does not begin as"),
    "only the beginning": (lambda path: path.write_bytes(MAGIC), "exhausted"),
    "a length that lies": (lambda path: legacy(path, lengths={"9": 5}), "does not hold the|has"),
    "another length": (lambda path: legacy(path, lengths={"0": 3}), "has 3 values, not 4"),
    "a huge length": (lambda path: legacy(path, lengths={"9": 1 << 60}), "the 11529.* values of"),
    "a negative length": (lambda path: legacy(path, lengths={"9": -2}), "hold the -2 values of"),
    "legacy big-endian": (lambda path: legacy(path, little_endian=b"\x89"), "big-endian"),
    "zip big-endian": (lambda path: write_zip(path, b"", {}, byte_order=b"big"), "big-endian"),
    "compressed": (compressed, "compressed"),
    "no pickle": (without_pickle, "0 files data.pkl, not 1"),
    "a long table": (long_table, "33554432 bytes of it would have to be read at once"),
}


@pytest.mark.parametrize("kind", FILES)
def test_hostile_files(kind, tmp_path):
    make, words = FILES[kind]
    make(tmp_path / "vgg.pth")
    with pytest.raises(WeightsError, match=f"no readable state dictionary .*{words}"):
        only_tensor(tmp_path / "vgg.pth")


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_every_truncated_file_is_refused(legacy, tmp_path):
    path = tmp_path / "vgg.pth"
    write_tensors(path, {NAME: np.arange(4, dtype="<f4")}, legacy=legacy)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(WeightsError, match="no readable state dictionary"):
            only_tensor(path)


@pytest.mark.parametrize(
    ("there", "wanted", "words"),
    [("vgg16", "vgg19", "no conv3_4.kernel"), ("vgg19", "vgg16", "no conv4_1.kernel"),
     ("vgg19", "vgg19", "conv1_1.kernel 3x3x3x2 float32 instead of 3x3x3x64 float32")],
    ids=["too few layers", "too many layers", "too few channels"],
)  # fmt: skip
def test_other_networks(there, wanted, words, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(layout, "_VGG_CHANNELS", (2, 2, 3, 3, 4))
        write_tensors(
            tmp_path / "vgg.pth", random_tensors(there, layers(there).values()), legacy=True
        )
    with pytest.raises(WeightsError, match=f"does not hold {wanted}: .*{words}"):
        read_torchvision(tmp_path / "vgg.pth", wanted)


def test_a_missing_file(tmp_path):
    with pytest.raises(WeightsError, match="No such file"):
        only_tensor(tmp_path / "vgg.pth")
