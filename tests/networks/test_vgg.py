"""The networks against PyTorch on the same weights: features, input gradients, preprocessing."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import assert_close

from jphoto import weights
from jphoto.networks import convolution
from jphoto.networks.vgg import features, preprocess, transposed_kernels, with_flipped_kernels

SHA256 = "aa8caa588471753451354f86b0c8a84e29323767a130a969a1ef9637c00d4b66"
LAYERS = (
    "conv1_1", "relu1_1", "relu2_1", "conv3_1", "relu3_1", "relu4_1", "conv4_2", "relu4_2",
    "relu5_1",
)  # fmt: skip
WIDTHS = {"conv1_1": 4, "conv1_2": 5, "conv2_1": 6, "conv3_1": 4, "conv4_1": 7, "conv5_1": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder in place of this machine's own weights."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPHOTO_WEIGHTS", str(folder))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def vgg16(folder):
    return weights.load("vgg16")


@pytest.fixture(scope="module")
def vgg19(folder, shared):
    path = shared / "weights" / "vgg19_notop_8bit.h5"
    weights.install("vgg19", path, sha256=SHA256)
    return weights.load("vgg19")


@functools.partial(jax.jit, static_argnums=2)
def features_and_gradient(params, picture, preprocessing):
    """Features, and the gradient of the sum of all of them over their layer's largest."""
    found, pull = jax.vjp(lambda x: features(params, x, preprocessing, LAYERS), picture)
    return found, pull({name: jnp.ones_like(x) / jnp.max(x) for name, x in found.items()})[0]


def torch_features_and_gradient(network, picture):
    """The same in PyTorch, from its own layers, in float64."""
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    start = torch.tensor(picture, dtype=torch.float64, requires_grad=True)
    row = functools.partial(torch.tensor, dtype=torch.float64)
    if network.preprocessing == "caffe":
        x = 255 * start.flip(-1) - row([103.939, 116.779, 123.68])
    else:
        x = (start - row([0.485, 0.456, 0.406])) / row([0.229, 0.224, 0.225])
    x, found = x.permute(2, 0, 1)[None], {}
    pool = torch.nn.MaxPool2d(2, ceil_mode=True)
    for name, tensors in network.params.items():
        place, kernel = name.removeprefix("conv"), row(np.array(tensors["kernel"]))
        if place[0] != "1" and place[2:] == "1":
            x = pool(x)
        conv = torch.nn.Conv2d(*kernel.shape[2:], 3, padding=1)
        conv.weight.data = kernel.permute(3, 2, 0, 1)
        conv.bias.data = row(np.array(tensors["bias"]))
        found[name] = conv(x)
        x = found[f"relu{place}"] = torch.relu(found[name])
    sum(found[name].sum() / found[name].detach().max() for name in LAYERS).backward()
    seen = {name: found[name][0].permute(1, 2, 0).detach().numpy() for name in LAYERS}
    return seen, start.grad.numpy()


@pytest.mark.parametrize(
    ("name", "size"), [("vgg16", (45, 37)), ("vgg16", (64, 48)), ("vgg19", (45, 37))]
)
def test_features_and_input_gradient_are_pytorchs(name, size, request, monkeypatch):
    # So that they are those of Winograd's forms, as in large pictures.
    monkeypatch.setattr(convolution, "SMALLEST_POSITION_PRODUCT", 2**22)
    network = request.getfixturevalue(name)
    picture = np.random.default_rng(0).random((*size, 3), np.float32)
    # In float64: in float32, rounding alone may decide which of two equal maxima gets a gradient.
    wanted, wanted_gradient = torch_features_and_gradient(network, picture)
    with jax.enable_x64(True):
        found, gradient = features_and_gradient(
            network.params, picture.astype(np.float64), network.preprocessing
        )
    see = jax.jit(features, static_argnums=(2, 3), static_argnames="direct")
    seen = network.params, picture, network.preprocessing, LAYERS
    in_float32, directly = see(*seen), see(*seen, direct=True)
    assert found.keys() == in_float32.keys() == directly.keys() == set(LAYERS)
    for layer in LAYERS:
        assert_close(found[layer], wanted[layer])
        # Wider than for float32 elsewhere: up to 13 layers, each a sum of up to 4608 products.
        assert_close(in_float32[layer], wanted[layer], 1e-4)
        assert_close(directly[layer], wanted[layer], 1e-4)
    assert_close(gradient, wanted_gradient)


def test_preprocessing_of_one_pixel():
    see = jax.jit(preprocess, static_argnums=1)
    pixel = np.float32([[[0.2, 0.4, 0.6]]])
    standardized = [(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (0.6 - 0.406) / 0.225]
    assert_close(see(pixel, "torchvision")[0, 0], standardized)
    turned = [153 - 103.939, 102 - 116.779, 51 - 123.68]
    assert_close(see(pixel, "caffe")[0, 0], turned)


@pytest.fixture(scope="module")
def tiny():
    """Weights of a network of few and narrow layers."""
    draw = np.random.default_rng(1).normal
    before = [3, *WIDTHS.values()]
    params = {
        name: {"kernel": np.float32(draw(0, 0.2, (3, 3, b, w))), "bias": np.float32(draw(size=w))}
        for b, (name, w) in zip(before, WIDTHS.items(), strict=False)
    }
    return jax.device_put(params)


@pytest.mark.parametrize("height", range(16, 34))
def test_each_pooling_halves_and_rounds_up(tiny, height):
    layers = tuple(f"relu{level}_1" for level in range(1, 6))
    see = functools.partial(features, preprocessing="caffe", layers=layers)
    found = jax.eval_shape(see, tiny, np.zeros((height, 50, 3), np.float32))
    for level, name in enumerate(layers):
        shape = (-(-height // 2**level), -(-50 // 2**level), WIDTHS[f"conv{level + 1}_1"])
        assert found[name].shape == shape


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (("relu1_1", "relu9_9"), "no such layers: relu9_9"),
        (("conv2_2",), "no such layers: conv2_2"),
        (("pool1", "relu1_1", "Relu3_1"), "no such layers: Relu3_1, pool1"),
    ],
)
def test_an_unknown_layer_is_named(tiny, layers, words):
    with pytest.raises(ValueError, match=words):
        jax.eval_shape(lambda x: features(tiny, x, "caffe", layers), np.zeros((9, 9, 3)))


def test_an_unknown_preprocessing_is_named(tiny):
    with pytest.raises(ValueError, match="no preprocessing is called 'tf'"):
        jax.eval_shape(lambda x: features(tiny, x, "tf", ("relu1_1",)), np.zeros((9, 9, 3)))


def test_a_batch_is_its_pictures_one_by_one(tiny):
    pictures = np.random.default_rng(0).random((3, 19, 22, 3), np.float32)

    def loss(picture):
        found = features(tiny, picture, "torchvision", ("conv2_1", "relu3_1"))
        return jnp.sum(found["relu3_1"] ** 2), found

    one = jax.jit(jax.value_and_grad(loss, has_aux=True))
    together = jax.jit(jax.vmap(one))(pictures)
    alone = jax.tree.map(lambda *rows: np.stack(rows), *map(one, pictures))
    jax.tree.map(assert_close, together, alone)


def test_transposed_kernels_see_a_transposed_photo_as_the_photo(tiny):
    layers, photo = ("relu2_1", "conv4_1"), jax.random.uniform(jax.random.key(1), (33, 50, 3))
    see = jax.jit(functools.partial(features, preprocessing="caffe", layers=layers))
    found, plain = see(tiny, photo), see(tiny, photo.swapaxes(0, 1))
    transposed = see(transposed_kernels(tiny), photo.swapaxes(0, 1))
    for layer in layers:
        assert_close(transposed[layer].swapaxes(0, 1), found[layer])
        assert np.abs(plain[layer].swapaxes(0, 1) - found[layer]).max() > 1e-2
    wide = {"conv3_1": {"kernel": jax.random.normal(jax.random.key(2), (3, 3, 128, 256))}}
    once, other = (
        with_flipped_kernels(transposed_kernels(wide)),
        transposed_kernels(with_flipped_kernels(wide)),
    )
    for form in ("kernel", "flipped", "filters"):
        assert_close(once["conv3_1"][form], other["conv3_1"][form])


def test_layers_beyond_the_last_wanted_one_are_not_computed(tiny):
    def see(params, picture):
        return features(params, picture, "caffe", ("relu2_1",))

    jaxpr = jax.make_jaxpr(see)(tiny, np.zeros((9, 9, 3), np.float32))
    assert str(jaxpr).count("conv_general_dilated[") == 3


def test_the_direct_form_is_one_convolution_for_each_layer(vgg16):
    def see(params, picture, *, direct):
        return features(params, picture, "torchvision", ("relu4_1",), direct=direct)

    picture = np.zeros((256, 192, 3), np.float32)
    direct, fast = (
        str(jax.make_jaxpr(functools.partial(see, direct=direct))(vgg16.params, picture))
        for direct in (True, False)
    )
    assert direct.count("conv_general_dilated[") == 8
    assert fast.count("conv_general_dilated[") > 8


def test_weights_are_arguments_of_the_program(tiny):
    def loss(params, picture):
        return jnp.sum(features(params, picture, "torchvision", ("relu5_1",))["relu5_1"])

    closed = jax.make_jaxpr(jax.grad(loss, 1))(tiny, np.zeros((9, 9, 3), np.float32))
    assert max((np.size(constant) for constant in closed.consts), default=0) <= 3


def test_weights_have_no_gradient(tiny):
    def loss(params):
        found = features(params, jnp.ones((9, 9, 3)), "torchvision", ("relu2_1",))
        return jnp.sum(found["relu2_1"])

    gradient = jax.jit(jax.grad(loss))(tiny)
    assert not any(np.any(tensors["kernel"]) for tensors in gradient.values())
