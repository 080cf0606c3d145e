"""The best speed of the machine, and the share of it that jphoto reaches.

The ceilings are a large matrix product in each precision and a large copy, by jax or by PyTorch,
whichever is faster. The arithmetic of one evaluation is compared with the product; one matting
product, which computes little and moves much, with the copy.
"""

import functools
import statistics
import sys
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network
from bench.harness.sides import OURS, PLAIN, PRECISIONS, Ours, ours, rivals
from bench.harness.timing import compiled, local, take_turns
from bench.harness.work import evaluation_flops, product_bytes
from jphoto.arrays import to_planes
from jphoto.matting.laplacian import laplacian_product

RIVAL_SIZE = 64
"""Long side in pixels of the pair that PyTorch opens; its precision is that of the ceilings."""
UNITS = {"arithmetic": "FLOP/s", "copy": "B/s"}


def run(context: Context) -> dict[str, Any]:
    precisions = ("tf32", "float32", "bfloat16") if context.accelerated else ("float32",)
    return context.rows(precisions, functools.partial(measure, context))


def measure(context: Context, precision: str) -> dict[str, Any]:
    (long_side,) = context.sizes(short=(256,), full=(700,))
    rows = matrix_rows(context)
    ceilings = {OURS: own_ceilings(context, rows, precision)}
    with rivals(context, photos.pair(RIVAL_SIZE), precision, names=(PLAIN,)) as theirs:
        for name, worker in theirs.items():
            ceilings[name] = rates(worker.rival.request("ceilings", size=rows))
    best = {what: max(side[what] for side in ceilings.values()) for what in UNITS}
    pair = photos.pair(long_side)
    own = ours(pair, precision)
    reached = rates_reached(context, own, len(pair.content_masks))
    fractions = {what: reached[what] / best[what] for what in UNITS}
    for what, unit in UNITS.items():
        print(
            f"  {precision}, {long_side} px: {reached[what]:.3g} {unit}, "
            f"{fractions[what]:.0%} of {best[what]:.3g}",
            file=sys.stderr,
        )
    return {
        "precision": precision,
        "matrix_side": rows,
        "ceilings": ceilings,
        "long_side": long_side,
        "size": photos.size_of(pair),
        "reached": reached,
        "fraction": fractions,
    }


def matrix_rows(context: Context) -> int:
    """Rows of the square matrices: enough for full speed, and too many for any cache."""
    if context.size is not None:
        return context.size
    if context.accelerated:
        return 16384
    return 4096 if context.mode == "full" else 2048


def own_ceilings(context: Context, rows: int, precision: str) -> dict[str, float]:
    """Rates of a matrix product and a copy by jax; for bfloat16, of matrices stored as bfloat16."""
    dtype = jnp.bfloat16 if precision == "bfloat16" else jnp.float32
    left, right = jax.random.normal(jax.random.key(0), (2, rows, rows), dtype)
    with jax.default_matmul_precision(PRECISIONS[precision]):
        product, _ = compiled(jnp.matmul, left, right)
    # On a CPU one thread does a plain copy; with a multiplication, all threads take part.
    copy, _ = compiled(lambda values: values * values.dtype.type(2), left)
    contenders = {"product": local(lambda: product(left, right)), "copy": local(lambda: copy(left))}
    times = take_turns(contenders, context.effort)
    return {
        "arithmetic": 2 * rows**3 / times["product"]["median"],
        "copy": 2 * left.nbytes / times["copy"]["median"],
    }


def rates(answer: dict[str, Any]) -> dict[str, float]:
    """The same rates from the rival's answer."""
    return {
        "arithmetic": answer["flops"] / statistics.median(answer["matmul"]),
        "copy": answer["bytes"] / statistics.median(answer["copy"]),
    }


def rates_reached(context: Context, own: Ours, regions: int) -> dict[str, float]:
    """Rates of one evaluation and of one matting product."""
    size = own.picture.shape[:2]
    affinities = own.targets.content.affinities
    planes: Array = jnp.array(to_planes(own.picture))
    product, _ = compiled(laplacian_product, affinities, planes)
    contenders = {
        "evaluation": local(own.evaluate),
        "product": local(lambda: product(affinities, planes)),
    }
    times = take_turns(contenders, context.effort)
    flops = evaluation_flops(network().params, size, regions)
    return {
        "arithmetic": flops / times["evaluation"]["median"],
        "copy": product_bytes(size) / times["product"]["median"],
    }
