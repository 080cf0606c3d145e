"""Step 1: the accelerator computes what the CPU computes, in float32.

One loss and gradient, the Gram matrices of the style photo, the product with the matting Laplacian,
and a short solve; then the loss and gradient in TF32, as transfers compute it.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from bench.cases import batch, laplacian
from bench.gpu.plan import Emit
from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network, params
from bench.harness.sides import OURS, PRECISIONS, TOLERANCES, distances, ours, ready
from jphoto.arrays import to_picture, to_planes
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import laplacian_product
from jphoto.objectives.dimensionless import EPSILON
from jphoto.settings import Settings
from jphoto.solver.single import Solution, solve

Made = TypeVar("Made")

GRAM_TOLERANCE = 1e-4
"""Largest relative distance of the Gram matrices of a layer."""
SOLVE_STEPS = 4
"""Steps at full size: rounding has not grown much by then."""


def run(context: Context, emit: Emit) -> None:
    """Compare everything, the most informative first."""
    (size,) = context.sizes(short=(256,), full=(256,))
    (solve_size,) = context.sizes(short=(128,), full=(128,))
    rows = {
        "loss and gradient, float32": functools.partial(evaluation, size, "float32"),
        "Gram matrices": functools.partial(gram_matrices, size),
        "matting Laplacian product": functools.partial(product, size),
        "short solve": functools.partial(short_solve, solve_size),
    }
    if context.accelerated:
        rows["loss and gradient, tf32"] = functools.partial(evaluation, size, "tf32")
    context.emit_rows(rows, lambda name: row(name, *rows[name]()), emit)


def row(name: str, errors: dict[str, float], tolerances: dict[str, float]) -> dict[str, Any]:
    """The record of a comparison; with an error, if a distance is not within its tolerance."""
    wrong = [key for key, error in errors.items() if not error <= tolerances.get(key, np.inf)]
    found = {"what": name, "distance": errors, "tolerance": tolerances}
    return {**found, "error": f"too far off: {', '.join(wrong)}"} if wrong else found


def devices() -> tuple[jax.Device, jax.Device]:
    """The accelerator and the CPU."""
    return jax.devices()[0], jax.devices("cpu")[0]


def on(device: jax.Device) -> contextlib.AbstractContextManager[Any]:
    """Compute on a device; the same programs serve where a CPU stands in for the accelerator."""
    return contextlib.nullcontext() if device == jax.devices()[0] else jax.default_device(device)


def both(make: Callable[[], Made]) -> list[Made]:
    """The results of a function on the accelerator and on the CPU."""
    results = []
    for device in devices():
        with on(device):
            results.append(make())
    return results


@functools.cache
def evaluated(size: int, precision: str, device: jax.Device) -> tuple[float, np.ndarray]:
    """Total and gradient of the pair at a size."""
    with on(device):
        return ours(photos.pair(size), precision).evaluated()


def evaluation(size: int, precision: str) -> tuple[dict[str, float], dict[str, float]]:
    """Distances of total and gradient from those of the CPU in float32."""
    accelerator, cpu = devices()
    on_device = {OURS: evaluated(size, precision, accelerator)}
    return distances(on_device, evaluated(size, "float32", cpu))[OURS], TOLERANCES[precision]


def gram_matrices(size: int) -> tuple[dict[str, float], dict[str, float]]:
    """The largest relative distance of the style photo's Gram matrices at any layer."""

    def make() -> list[np.ndarray]:
        with jax.default_matmul_precision(PRECISIONS["float32"]):
            return [np.asarray(grams) for grams in ready(photos.pair(size))[0].style.grams]

    on_device, on_cpu = both(make)
    error = max(
        float(np.linalg.norm(one - other) / np.linalg.norm(other))
        for one, other in zip(on_device, on_cpu, strict=True)
    )
    return {"norm": error}, {"norm": GRAM_TOLERANCE}


def product(size: int) -> tuple[dict[str, float], dict[str, float]]:
    """Errors of the product on either side, against the sparse matrix in float64."""
    content = photos.pair(size).content
    picture = np.random.default_rng(0).random(content.shape, np.float32)
    exact = laplacian.build(np.asarray(content, np.float64))
    expected = exact @ np.asarray(picture, np.float64).reshape(-1, 3)

    def make() -> np.ndarray:
        affinities = matting_affinities(jnp.asarray(content), EPSILON)
        planes = laplacian_product(affinities, to_planes(jnp.asarray(picture)))
        return np.asarray(to_picture(planes)).reshape(-1, 3)

    names = "accelerator", "CPU"
    errors = [laplacian.error(found, expected) for found in both(make)]
    return dict(zip(names, errors, strict=True)), dict.fromkeys(names, laplacian.TOLERANCE)


def short_solve(size: int) -> tuple[dict[str, float], dict[str, float]]:
    """Relative distance of the last objectives, and the largest distance of a color in 255ths."""
    pair, settings = photos.pair(size), Settings(size=size, steps=SOLVE_STEPS, tolerance=0.0)

    def make() -> Solution:
        with jax.default_matmul_precision(PRECISIONS["float32"]):
            return solve(pair, params(), network().preprocessing, settings)

    on_device, on_cpu = both(make)
    (objective,) = batch.distances([on_cpu], [on_device]).values()
    levels = batch.largest_distance([on_cpu], [on_device])
    return {"objective": objective, "levels": levels}, {"objective": batch.TOLERANCE}
