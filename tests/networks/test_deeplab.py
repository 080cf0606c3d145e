"""The segmenter against the interpreter of its own file, and against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.networks import OPTIMIZED
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from jphoto.networks import deeplab
from jphoto.networks.deeplab import resize_bilinear
from jphoto.weights import archive
from jphoto.weights.layout import layers
from jphoto.weights.tflite import read_tflite

classify = jax.jit(deeplab.classify)

FILE = "deeplabv3_mnv2_ade20k_int8.tflite"
SIDE = 512


@pytest.fixture(scope="module")
def file(shared):
    return shared / "weights" / FILE


@pytest.fixture(scope="module")
def params(file):
    return archive.group_by_layer(read_tflite(file, "deeplab"), "deeplab", FILE)


@pytest.fixture(scope="module")
def photos(shared):
    """All photos of the pairs as the file wants them, 512 x 512, by name."""
    paths = sorted(shared.glob("pairs/*/content.png")) + sorted(shared.glob("pairs/*/style.png"))
    found = {}
    for path in paths:
        with Image.open(path) as image:
            square = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        found[f"{path.parent.name} {path.stem}"] = np.asarray(square)
    return found


@pytest.fixture(scope="module")
def ours(params, photos):
    """The likeliest class of every pixel of every photo."""
    params = jax.device_put(params)
    see = jax.jit(
        lambda photo: resize_bilinear(deeplab.classify(params, photo), (SIDE, SIDE)).argmax(-1),
        compiler_options=OPTIMIZED,
    )
    return {
        name: np.asarray(see(jnp.asarray(photo, jnp.float32) / 255))
        for name, photo in photos.items()
    }


def agreement(ours, theirs):
    return {name: float((ours[name] == theirs[name]).mean()) for name in ours}


def test_it_is_the_network_of_the_file(file, photos, ours):
    lite = pytest.importorskip("helpers.lite")
    see = lite.interpreter(lite.in_floats(file.read_bytes()))
    same = agreement(ours, {name: see(photo / 127.5 - 1) for name, photo in photos.items()})
    assert len(same) == 24 and min(same.values()) > 0.999, same


def test_integers_between_the_layers_change_little(file, photos, ours):
    # Not more than one choice of kernels for the same integers does: there, 95 to 98 % are equal.
    lite = pytest.importorskip("helpers.lite")
    see = lite.interpreter(file.read_bytes())
    same = agreement(ours, {name: see(photo) for name, photo in photos.items()})
    assert np.mean(list(same.values())) > 0.96 and np.median(list(same.values())) > 0.975, same


def in_numpy(tensors, picture):
    """The network once more, in float64, from the papers."""

    def convolve(name, x, stride=1, dilation=1):
        kernel, bias = (tensors[f"{name}.{kind}"].astype(np.float64) for kind in ("kernel", "bias"))
        reach = (kernel.shape[0] - 1) * dilation + 1
        pads = [max(0, (-(-side // stride) - 1) * stride + reach - side) for side in x.shape[:2]]
        x = np.pad(x, [(pad // 2, pad - pad // 2) for pad in pads] + [(0, 0)])
        seen = sliding_window_view(x, (reach, reach), (0, 1))
        seen = seen[::stride, ::stride, :, ::dilation, ::dilation]
        if kernel.shape[2] == 1:
            return np.einsum("yxcij,ijc->yxc", seen, kernel[:, :, 0]) + bias
        return np.einsum("yxcij,ijco->yxo", seen, kernel, optimize=True) + bias

    def larger(x, size):
        rows, columns = (np.arange(size[k]) * (x.shape[k] / size[k]) for k in range(2))
        top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
        down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
        x = np.pad(x, ((0, 1), (0, 1), (0, 0)), mode="edge")
        upper = x[top][:, left] * (1 - right) + x[top][:, left + 1] * right
        lower = x[top + 1][:, left] * (1 - right) + x[top + 1][:, left + 1] * right
        return upper * (1 - down) + lower * down

    def relu(x, most=np.inf):
        return np.clip(x, 0, most)

    x = relu(convolve("stem", picture * 2 - 1, 2), 6)
    for block in range(17):
        before = x
        if block:
            x = relu(convolve(f"block{block}_expand", x), 6)
        stride, dilation = 2 if block in (1, 3, 6) else 1, 2 if block > 13 else 1
        x = relu(convolve(f"block{block}_depthwise", x, stride, dilation), 6)
        if block == 2:
            inside = x
        x = convolve(f"block{block}_project", x)
        if x.shape == before.shape:
            x = x + before
    whole = relu(convolve("pool", x.mean((0, 1), keepdims=True)))
    near = relu(convolve("aspp", x))
    x = relu(convolve("encoder", np.concatenate([np.broadcast_to(whole, near.shape), near], -1)))
    skip = relu(convolve("skip", inside))
    x = np.concatenate([larger(x, skip.shape), skip], -1)
    for number in range(2):
        x = relu(convolve(f"decoder{number}_depthwise", x))
        x = relu(convolve(f"decoder{number}_pointwise", x))
    return convolve("logits", x)


def test_logits_are_those_of_numpy_in_float64(file, params, photos):
    picture = photos["03 content"][64:160, 200:328] / 255
    expected = in_numpy(read_tflite(file, "deeplab"), picture)
    found = np.asarray(classify(jax.device_put(params), jnp.asarray(picture, jnp.float32)))
    assert found.shape == expected.shape == (24, 32, 32)
    assert np.abs(found - expected).max() < 1e-4 * np.ptp(expected)


def random_params(seed=3):
    generator = np.random.default_rng(seed)
    return {
        name: {
            "kernel": generator.normal(0, np.prod(shape[:3]) ** -0.5, shape).astype(np.float32),
            "bias": generator.normal(0, 0.1, shape[3]).astype(np.float32),
        }
        for name, shape in layers("deeplab").items()
    }


def test_any_weights_give_numpys_logits():
    params = random_params()
    tensors = {f"{name}.{kind}": x for name, kinds in params.items() for kind, x in kinds.items()}
    picture = np.random.default_rng(4).random((96, 128, 3))
    expected = in_numpy(tensors, picture)
    found = np.asarray(classify(jax.device_put(params), jnp.asarray(picture, jnp.float32)))
    assert np.abs(found - expected).max() < 1e-4 * np.ptp(expected)


def test_enlarging_begins_at_the_first_pixel_and_stops_at_the_last():
    row = jnp.array([0.0, 1.0, 3.0])[None, :, None]
    larger = jax.jit(resize_bilinear, static_argnums=1)(row, (2, 6))
    np.testing.assert_allclose(larger[..., 0], np.tile([0, 0.5, 1, 2, 3, 3], (2, 1)), atol=1e-6)
