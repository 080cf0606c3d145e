"""Convolutions by Winograd's filtering against the plain form and against scipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import assert_close
from scipy import signal

from jphoto.networks import convolution
from jphoto.networks.convolution import (
    SMALLEST_CHANNEL_PRODUCT,
    Kernels,
    flip_kernel,
    transform_kernel,
)

convolve = jax.jit(convolution.convolve)
convolve_by_columns = jax.jit(convolution.convolve_by_columns)
convolve_directly = jax.jit(convolution.convolve_directly)

CHANNELS = round(SMALLEST_CHANNEL_PRODUCT**0.5 + 0.5)
WIDTH = 13


@pytest.fixture(autouse=True)
def small_pictures_are_large(monkeypatch):
    """So that none has to be as large as the forms are for."""
    monkeypatch.setattr(convolution, "SMALLEST_POSITION_PRODUCT", 40 * 52 * 4**2)


@jax.jit
def convolve_by_tiles(x, kernel):
    return convolution.convolve_by_tiles(x, transform_kernel(kernel))


@jax.jit
def convolve_by_flipped_tiles(x, kernel):
    return convolution.convolve_by_tiles(x, transform_kernel(flip_kernel(kernel)), flipped=True)


WINOGRADS = {
    "by columns": convolve_by_columns,
    "by tiles": convolve_by_tiles,
    "by flipped tiles": convolve_by_flipped_tiles,
}
FORMS = {"directly": convolve_directly, **WINOGRADS}


def kernels_of(kernel, tiled=False):
    return Kernels(kernel, flip_kernel(kernel), transform_kernel(kernel) if tiled else None)


def draw(height, width, before=3, after=2, batch=1, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(batch, height, width, before)), random.normal(
        size=(3, 3, before, after)
    ) / np.sqrt(9 * before)


def by_hand(x, kernel):
    planes = [
        sum(signal.correlate2d(x[0, ..., i], kernel[..., i, o], "same") for i in range(x.shape[-1]))
        for o in range(kernel.shape[-1])
    ]
    return np.stack(planes, -1)[None]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(5, 8), (4, 9), (3, 6), (2, 7), (1, 1), (6, 2)])
def test_it_is_a_zero_padded_correlation(form, size):
    x, kernel = draw(*size)
    with jax.enable_x64(True):
        assert_close(FORMS[form](x, kernel), by_hand(x, kernel), 1e-12)


@pytest.mark.parametrize("form", WINOGRADS)
def test_float32_loses_little(form):
    """Less than two orders above float32's own rounding, for the depth of the network's widest."""
    x, kernel = draw(6, 10, 512, 32)
    x, kernel = np.float32(x), np.float32(kernel)
    assert_close(WINOGRADS[form](x, kernel), np.asarray(convolve_directly(x, kernel)), 1e-5)


@pytest.mark.parametrize(("channels", "tiled"), [(4, False), (CHANNELS, False), (4, True)])
def test_the_gradient_is_the_adjoint(channels, tiled):
    """<y, convolve(x)> = <gradient, x>, as for any linear map, in every form."""
    x, kernel = (jnp.float32(a) for a in draw(40, 52, channels, channels))
    y = np.random.default_rng(1).normal(size=x.shape)

    @jax.jit
    def convolved_and_gradient(x, y):
        found, pull = jax.vjp(lambda x: convolve(x, kernels_of(kernel, tiled)), x)
        return found, *pull(y)

    found, gradient = convolved_and_gradient(x, jnp.float32(y))
    expected = by_hand(np.asarray(x, np.float64), np.asarray(kernel, np.float64))
    assert_close(found, expected)
    np.testing.assert_allclose(
        np.vdot(np.asarray(gradient, np.float64), x), np.vdot(y, expected), rtol=1e-5
    )


def test_large_layers_on_a_cpu_go_by_columns_and_small_ones_do_not(monkeypatch):
    monkeypatch.setattr(convolution, "SMALLEST_POSITION_PRODUCT", 40 * WIDTH * CHANNELS**2)

    def convolutions(channels, width=WIDTH, tiled=False):
        x, kernel = (jnp.float32(a) for a in draw(40, width, channels, channels))
        program = convolve.lower(x, kernels_of(kernel, tiled)).compile().as_text()
        return program.count(" convolution(")

    if jax.default_backend() != "cpu":
        pytest.skip("the form for other devices is the plain one")
    assert convolutions(CHANNELS) == 6
    assert convolutions(CHANNELS - 1, 2 * WIDTH) == convolutions(CHANNELS, WIDTH - 1) == 1
    assert convolutions(CHANNELS, tiled=True) == 0
    assert convolutions(CHANNELS, WIDTH - 1, tiled=True) == 1


def test_float64_goes_directly():
    """Callers use it for exact results, so filters, here zeros, are not looked at."""
    x, kernel = draw(9, 7, 4, 4)
    with jax.enable_x64(True):
        kernels = kernels_of(jnp.asarray(kernel))._replace(filters=jnp.zeros((6, 6, 4, 4)))
        assert_close(convolve(x, kernels), by_hand(x, kernel), 1e-12)


@pytest.mark.parametrize("tiled", [False, True])
def test_vmap_is_a_loop(tiled):
    x, kernel = draw(40, 52, CHANNELS, CHANNELS, batch=2)
    x, kernel = jnp.float32(x), jnp.float32(kernel)
    one = jax.vmap(lambda x: convolve(x[None], kernels_of(kernel, tiled))[0])
    batched = jax.jit(one)(x)
    assert_close(batched, convolve(x, kernels_of(kernel, tiled)), 1e-5)
