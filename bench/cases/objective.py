"""One loss and gradient of the default objective, at several sizes, regions and precisions.

This is most of the work of a transfer. Both sides evaluate the same picture, close to where a
transfer starts. The rival is PyTorch as written or compiled, whichever is faster.
"""

import functools
from typing import Any, NamedTuple

from bench.harness import photos
from bench.harness.context import Context
from bench.harness.network import network
from bench.harness.sides import OURS, check_evaluations, distances, ours, rivals
from bench.harness.timing import local, take_turns
from bench.harness.work import evaluation_flops


class Row(NamedTuple):
    """What is evaluated."""

    size: int
    """Long side, in pixels."""
    regions: int | None
    """Number of stripes in place of the painted regions."""
    precision: str
    """Of the network, a key of `sides.PRECISIONS`."""


def run(context: Context) -> dict[str, Any]:
    return context.rows(rows(context), functools.partial(measure, context))


def rows(context: Context) -> list[Row]:
    """The rows, the most important first, since there may not be time for all."""
    precisions = ("tf32", "float32", "bfloat16") if context.accelerated else ("float32",)
    sizes = context.sizes(short=(256,), full=(700, 512, 1024, 256))
    regions = (1, 3, 6) if context.mode == "full" else ()
    striped = [Row(512, count, precisions[0]) for count in regions if 512 in sizes]
    first = [Row(sizes[0], None, precision) for precision in precisions]
    others = [Row(size, None, precisions[0]) for size in sizes[1:]]
    rest = [Row(size, None, precision) for precision in precisions[1:] for size in sizes[1:]]
    return [*first, *others, *striped, *rest]


def measure(context: Context, row: Row) -> dict[str, Any]:
    pair = photos.pair(row.size, row.regions)
    own = ours(pair, row.precision)
    exact = (own if row.precision == "float32" else ours(pair, "float32")).evaluated()
    with rivals(context, pair, row.precision) as theirs:
        evaluations = {OURS: own.evaluated()}
        evaluations |= {name: worker.evaluate(own.picture) for name, worker in theirs.items()}
        errors = distances(evaluations, exact)
        check_evaluations(errors, row.precision)
        contenders = {OURS: local(own.evaluate)}
        contenders |= {name: worker.contender("evaluate") for name, worker in theirs.items()}
        seconds = take_turns(contenders, context.effort)
        regions = len(pair.content_masks)
        return {
            "long_side": row.size,
            "size": photos.size_of(pair),
            "regions": regions,
            "masks": "painted" if row.regions is None else "soft stripes",
            "precision": row.precision,
            "objective": exact[0],
            "distance": errors,
            "seconds": seconds,
            "compile_seconds": own.compile_seconds,
            "rivals": {name: worker.opened for name, worker in theirs.items()},
            "flops": evaluation_flops(network().params, pair.content.shape[:2], regions),
            **comparison({name: times["median"] for name, times in seconds.items()}),
        }


def comparison(medians: dict[str, float]) -> dict[str, Any]:
    """The faster rival, and the ratio of its seconds to ours; empty without a rival."""
    others = {name: seconds for name, seconds in medians.items() if name != OURS}
    if not others:
        return {}
    rival = min(others, key=others.__getitem__)
    return {"rival": rival, "ratio": others[rival] / medians[OURS]}
