"""What the machine can do at best, and what share of that jphoto reaches.

Ceilings: a large matrix product in each precision and a large copy, by jax and by PyTorch,
whichever is faster. One evaluation is held against the arithmetic; one matting product, which
hardly computes, against the copy.
"""

import functools
import statistics
import sys
from typing import Any

import jax
import jax.numpy as jnp
import photos
from context import Context, network
from flops import evaluation_flops, product_bytes
from jax import Array
from sides import OURS, PLAIN, PRECISIONS, Ours, ours, rivals
from timing import compiled, local, take_turns

from jphoto.arrays import to_planes
from jphoto.matting.laplacian import laplacian_product

SMALL = 64
"""Long side of the pair that PyTorch has opened meanwhile, for it has to have one."""


def run(context: Context) -> dict[str, Any]:
    precisions = ("tf32", "float32", "bfloat16") if context.accelerated else ("float32",)
    return context.rows(precisions, functools.partial(measure, context))


def measure(context: Context, precision: str) -> dict[str, Any]:
    (long_side,) = context.sizes(short=(256,), full=(700,))
    side = matrix_side(context)
    ceilings = {OURS: own_ceilings(context, side, precision)}
    with rivals(context, photos.pair(SMALL), precision, names=(PLAIN,)) as theirs:
        for name, worker in theirs.items():
            ceilings[name] = rates(worker.rival.request("ceilings", size=side))
    best = {what: max(found[what] for found in ceilings.values()) for what in UNITS}
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
        "matrix_side": side,
        "ceilings": ceilings,
        "long_side": long_side,
        "size": photos.size_of(pair),
        "reached": reached,
        "fraction": fractions,
    }


UNITS = {"arithmetic": "FLOP/s", "copy": "B/s"}


def matrix_side(context: Context) -> int:
    """Large enough for the machine's best, and for no cache to hold."""
    if context.size is not None:
        return context.size
    if context.accelerated:
        return 16384
    return 4096 if context.mode == "full" else 2048


def own_ceilings(context: Context, side: int, precision: str) -> dict[str, float]:
    """By jax. In bfloat16 the numbers are stored so: only then are products taken so."""
    dtype = jnp.bfloat16 if precision == "bfloat16" else jnp.float32
    left, right = jax.random.normal(jax.random.key(0), (2, side, side), dtype)
    with jax.default_matmul_precision(PRECISIONS[precision]):
        product, _ = compiled(jnp.matmul, left, right)
    # A plain copy is one thread's work on a processor; with a multiplication, all take part.
    copy, _ = compiled(lambda values: values * values.dtype.type(2), left)
    contenders = {"product": local(lambda: product(left, right)), "copy": local(lambda: copy(left))}
    times = take_turns(contenders, context.effort)
    return {
        "arithmetic": 2 * side**3 / times["product"]["median"],
        "copy": 2 * left.nbytes / times["copy"]["median"],
    }


def rates(answer: dict[str, Any]) -> dict[str, float]:
    """Of the rival's answer."""
    return {
        "arithmetic": answer["flops"] / statistics.median(answer["matmul"]),
        "copy": answer["bytes"] / statistics.median(answer["copy"]),
    }


def rates_reached(context: Context, own: Ours, regions: int) -> dict[str, float]:
    """By one evaluation, and by one matting product."""
    size = own.picture.shape[:2]
    affinities = own.targets.structure.affinities
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
