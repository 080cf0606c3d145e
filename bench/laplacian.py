"""The matting Laplacian without a matrix against the matrix: set-up and product, 3 planes at once.

The matrix is built as well as NumPy allows (all windows at once, batched 3 x 3 solves) and held
by scipy as CSR in float32. Both products are compared with the float64 matrix before any timing.

    python bench/laplacian.py --out bench/results/laplacian-cpu.json
"""

import argparse
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import sparse
from timing import compiled, machine, quartiles, seconds, take_turns, write

from jphoto.images import read_picture, resize
from jphoto.laplacian import laplacian_product
from jphoto.windows import EPSILON, matting_affinities

PHOTO = Path(__file__).parents[1] / "jphoto" / "photos" / "meadow" / "content.jpg"
TOLERANCE = 1e-4
"""Largest error of a product, as a share of its largest value."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, default=PHOTO)
    parser.add_argument("--width", type=int, default=700)
    parser.add_argument("--height", type=int, default=467)
    parser.add_argument("--runs", type=int, default=50, help="of each product")
    parser.add_argument("--setups", type=int, default=9, help="of each set-up")
    parser.add_argument("--out", type=Path, help="JSON file; without it, to the terminal")
    options = parser.parse_args()
    result = measure(options.photo, (options.height, options.width), options.runs, options.setups)
    write(result, options.out)


def measure(photo: Path, size: tuple[int, int], runs: int, setups: int) -> dict[str, object]:
    content = jnp.asarray(resize(read_picture(photo, role="content"), size))
    planes = jnp.asarray(np.random.default_rng(0).random((3, *size)), jnp.float32)
    columns = np.asarray(planes).reshape(3, -1).T.copy()

    # Set-up compiles its stages itself, at the first call.
    setup_compile = seconds(lambda: matting_affinities(content))
    affinities = matting_affinities(content)
    product, product_compile = compiled(laplacian_product, affinities, planes)
    exact = build(np.asarray(content, np.float64))
    matrix = exact.astype(np.float32)
    expected = exact @ columns.astype(np.float64)
    errors = {
        "jphoto": error(np.asarray(product(affinities, planes)).reshape(3, -1).T, expected),
        "matrix": error(matrix @ columns, expected),
    }
    if max(errors.values()) > TOLERANCE:
        raise SystemExit(f"the products disagree: {errors}")

    products = take_turns(
        {"jphoto": lambda: product(affinities, planes), "matrix": lambda: matrix @ columns}, runs
    )
    double = np.asarray(content, np.float64)
    own_times, their_times = [], []
    for _ in range(setups):
        # Building the matrix leaves cold caches and gigabytes to be zeroed: warm up again.
        own_times += [seconds(lambda: matting_affinities(content)) for _ in range(13)][3:]
        their_times.append(seconds(lambda: build(double).astype(np.float32)))
    own, theirs = quartiles(own_times), quartiles(their_times)
    return {
        "what": "matting Laplacian, 3 planes, float32",
        "size": {"height": size[0], "width": size[1]},
        "machine": machine("numpy", "scipy"),
        "error": errors,
        "product_seconds": products,
        "setup_seconds": {"jphoto": own, "matrix": theirs},
        "compile_seconds": {"setup": setup_compile, "product": product_compile},
        "ratio": {
            "product": products["matrix"]["median"] / products["jphoto"]["median"],
            "setup": theirs["median"] / own["median"],
        },
    }


def error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def build(content: np.ndarray) -> sparse.csr_array:
    """The matrix by Levin et al. 2008, eq. 12, all windows at once."""
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


if __name__ == "__main__":
    main()
