"""On a GPU or TPU: the same results as on the CPU, batches under vmap, memory, kept programs.

Skipped without one; `scripts/gpu` runs these tests and more.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import dense_laplacian, photo
from helpers.solving import PAIR, make_pair, run, targets_of, totals

from jphoto.compilation.kept import FOLDER
from jphoto.errors import DeviceError
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import laplacian_product
from jphoto.objectives.dimensionless import DIMENSIONLESS
from jphoto.pipeline.capacity import LARGEST_SIZE, free_bytes, pairs_at_once
from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.devices import find_devices, platform_of
from jphoto.solver.pairs import Shape
from jphoto.solver.plan import loss_weights
from jphoto.solver.single import solve

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("exact")]


@pytest.fixture(scope="module")
def accelerator():
    """The first GPU or TPU."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        pytest.skip("this machine has no GPU or TPU")
    return device


@pytest.fixture
def exact(accelerator):
    """Matrix products and convolutions in float32 instead of TF32 or bfloat16."""
    with jax.default_matmul_precision("highest"):
        yield


def on_both(compute):
    """The results of a function on the accelerator and on the CPU."""
    on_device = compute()
    with jax.default_device(jax.devices("cpu")[0]):
        return on_device, compute()


def near(one, other, tolerance):
    """Whether two arrays differ by little, relative to the size of the second."""
    one, other = (np.asarray(array, np.float64) for array in (one, other))
    return np.linalg.norm(one - other) <= tolerance * np.linalg.norm(other)


def test_the_objective_and_its_gradient_are_those_of_the_cpu(params):
    def compute():
        targets = targets_of(params, type(PAIR)(*map(jnp.asarray, PAIR)))
        picture = jnp.asarray(0.9 * PAIR.content + 0.05)

        def total(picture):
            weights = loss_weights(Settings())
            return DIMENSIONLESS.evaluate(params, "torchvision", targets, weights, picture)

        (value, terms), gradient = jax.jit(jax.value_and_grad(total, has_aux=True))(picture)
        return [float(value), *map(float, terms)], np.asarray(gradient), targets.style.grams

    (values, gradient, grams), (cpu_values, cpu_gradient, cpu_grams) = on_both(
        lambda: jax.tree.map(np.asarray, compute())
    )
    np.testing.assert_allclose(values, cpu_values, rtol=1e-4)
    assert near(gradient, cpu_gradient, 0.02)
    assert all(near(one, other, 1e-4) for one, other in zip(grams, cpu_grams, strict=True))


def test_the_laplacian_is_the_dense_matrix():
    content, picture = photo("textured", 13, 17), photo("textured", 13, 17, 1)
    affinities = matting_affinities(jnp.asarray(content), 1e-4)
    product = laplacian_product(affinities, jnp.asarray(picture).transpose(2, 0, 1))
    expected = dense_laplacian(content, 1e-4) @ picture.reshape(-1, 3).astype(np.float64)
    assert near(np.asarray(product).reshape(3, -1).T, expected, 1e-4)


def test_a_short_solve_is_that_of_the_cpu(params):
    found, expected = on_both(lambda: run(params, preconditioner="laplacian", steps=4))
    np.testing.assert_allclose(totals(found), totals(expected), rtol=1e-2)
    assert near(found.picture, expected.picture, 1e-2)


def test_a_batch_under_vmap_gives_what_each_pair_gives_alone(params):
    pairs = [make_pair((65, 79), (66, 96), 1), make_pair((66, 80), (65, 95), 2)]
    settings, shape = Settings(steps=4, levels=1, tolerance=0.0), Shape((80, 80), (80, 96), 2)
    found = solve_batch(pairs, shape, params, "torchvision", settings)
    for pair, solution in zip(pairs, found, strict=True):
        alone = solve(pair, params, "torchvision", settings, shape=shape)
        np.testing.assert_allclose(totals(solution), totals(alone), rtol=1e-2)


def test_the_device_is_found_and_its_memory_limits_batches(accelerator):
    platform = platform_of(accelerator)
    assert find_devices("auto")[0] == find_devices(platform)[0] == accelerator
    with pytest.raises(DeviceError):
        find_devices({"gpu": "tpu", "tpu": "gpu"}[platform])
    assert free_bytes(accelerator) > 10**9
    largest = pairs_at_once(accelerator, (LARGEST_SIZE, LARGEST_SIZE), 4, Settings())
    assert 1 <= largest <= pairs_at_once(accelerator, (256, 256), 4, Settings())


def test_kept_programs_are_read_again(params, nothing_kept, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    first = run(params, steps=2)
    kept = sorted(path.name for path in (tmp_path / FOLDER).iterdir())
    jax.clear_caches()
    again = run(params, steps=2)
    assert kept == sorted(path.name for path in (tmp_path / FOLDER).iterdir()) and kept
    np.testing.assert_allclose(totals(first), totals(again), rtol=1e-5)
