"""The matting Laplacian: set-up and product of three planes, compared with matrices and a stencil.

The matrix is built by NumPy (all windows at once, batched 3 x 3 solves) and multiplied by scipy as
CSR in float32; the rival builds its own. The stencil is jphoto's operator as 25 planes of
coefficients. The ridge is that of the default objective. All products are compared with the float64
matrix before any timing.
"""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.lib.stride_tricks import sliding_window_view
from scipy import sparse

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.sides import OURS, PLAIN, Theirs, rivals
from bench.harness.timing import Contender, check, compiled, local, take_turns
from jphoto.arrays import Planes, to_picture, to_planes
from jphoto.matting.affinities import NEIGHBOR_OFFSETS, Affinities, matting_affinities
from jphoto.matting.laplacian import laplacian_product
from jphoto.objectives.dimensionless import EPSILON

TOLERANCE = 1e-4
"""Largest `error` of a product."""


def run(context: Context) -> dict[str, Any]:
    return context.rows(
        context.sizes(short=(256,), full=(700,)), functools.partial(measure, context)
    )


def measure(context: Context, size: int) -> dict[str, Any]:
    pair = photos.pair(size)
    content = jnp.asarray(pair.content)
    random = np.random.default_rng(0).random(content.shape)
    picture = jnp.asarray(random, jnp.float32)
    exact = build(np.asarray(content, np.float64))
    with rivals(context, pair, names=(PLAIN,), channels=1) as theirs:
        products, times, compile_seconds = contenders(context, content, picture, exact)
        products |= {name: worker.product(picture) for name, worker in theirs.items()}
        times |= {name: worker.contender("product") for name, worker in theirs.items()}
        expected = exact @ np.asarray(picture, np.float64).reshape(-1, 3)
        errors = {name: error(made.reshape(-1, 3), expected) for name, made in products.items()}
        check(errors, TOLERANCE)
        return {
            "what": "matting Laplacian, 3 planes, float32",
            "size": photos.size_of(pair),
            "distance": errors,
            "product_seconds": take_turns(times, context.effort),
            "setup_seconds": take_turns(setups(content, theirs), context.effort),
            "compile_seconds": compile_seconds,
        }


def contenders(
    context: Context, content: Array, picture: Array, exact: sparse.csr_array
) -> tuple[dict[str, np.ndarray], dict[str, Contender], dict[str, float]]:
    """Products of this process: the result of each, its contender, and seconds of compilation."""
    planes = jnp.array(to_planes(picture))
    affinities = matting_affinities(content, EPSILON)
    coefficients = jax.jit(stencil)(affinities)
    product, product_compile = compiled(laplacian_product, affinities, planes)
    shifted, stencil_compile = compiled(stencil_product, coefficients, planes)
    products = {
        OURS: np.asarray(to_picture(product(affinities, planes))),
        "stencil": np.asarray(to_picture(shifted(coefficients, planes))),
    }
    times = {
        OURS: local(lambda: product(affinities, planes)),
        "stencil": local(lambda: shifted(coefficients, planes)),
    }
    if not context.accelerated:
        matrix, columns = exact.astype(np.float32), np.asarray(picture).reshape(-1, 3)
        products["matrix"] = matrix @ columns
        times["matrix"] = local(lambda: matrix @ columns)
    return products, times, {"product": product_compile, "stencil": stencil_compile}


def setups(content: Array, theirs: Mapping[str, Theirs]) -> dict[str, Contender]:
    """Contenders that set the operator up."""
    double = np.asarray(content, np.float64)
    times = {
        OURS: local(lambda: matting_affinities(content, EPSILON)),
        "matrix": local(lambda: build(double).astype(np.float32)),
    }
    for name, worker in theirs.items():
        times[name] = functools.partial(matrix_seconds, worker)
    return times


def matrix_seconds(worker: Theirs, runs: int, _: int) -> list[float]:
    """Seconds in which the rival builds its matrix; opening a pair needs no warm-up."""
    return [worker.reopen()["seconds"]["matrix"] for _ in range(runs)]


def stencil(affinities: Affinities) -> Array:
    """L as 25 planes: the coefficients of the 5 x 5 pixels around each pixel."""
    height, width = (side - 4 for side in affinities[0].shape)
    coefficients = {}
    for affinity, (y, x) in zip(affinities, NEIGHBOR_OFFSETS, strict=True):
        coefficients[y, x] = -affinity[2 : 2 + height, 2 : 2 + width]
        coefficients[-y, -x] = -affinity[2 - y : 2 - y + height, 2 - x : 2 - x + width]
    coefficients[0, 0] = -sum(coefficients.values())
    return jnp.stack([coefficients[y, x] for y in range(-2, 3) for x in range(-2, 3)])


def stencil_product(coefficients: Array, planes: Planes) -> Planes:
    """L times each plane, as 25 shifted multiplications and additions."""
    _, height, width = planes.shape
    padded = jnp.pad(planes, ((0, 0), (2, 2), (2, 2)))
    shifted = [padded[:, y : y + height, x : x + width] for y in range(5) for x in range(5)]
    return sum(a * plane for a, plane in zip(coefficients, shifted, strict=True))


def error(product: np.ndarray, expected: np.ndarray) -> float:
    """The largest error of a product, as a share of the largest value."""
    return float(np.abs(product - expected).max() / np.abs(expected).max())


def build(content: np.ndarray) -> sparse.csr_array:
    """The matting Laplacian as a sparse matrix, by Levin et al. 2008, eq. 12."""
    h, w, _ = content.shape
    colors = sliding_window_view(content, (3, 3), (0, 1)).reshape(-1, 3, 9).transpose(0, 2, 1)
    pixels = sliding_window_view(np.arange(h * w, dtype=np.int32).reshape(h, w), (3, 3))
    pixels = pixels.reshape(-1, 9)
    centered = colors - colors.mean(1, keepdims=True)
    moments = centered.transpose(0, 2, 1) @ centered + EPSILON * np.eye(3)
    affinity = 1 / 9 + centered @ np.linalg.solve(moments, centered.transpose(0, 2, 1))
    values = np.eye(9) - affinity
    rows, columns = np.repeat(pixels, 9, axis=1), np.tile(pixels, 9)
    triples = values.ravel(), (rows.ravel(), columns.ravel())
    return sparse.coo_array(triples, shape=(h * w, h * w)).tocsr()
