"""The compiled programs of a solve, for a single pair and for a batch of pairs.

In a batch every pair takes its own steps and stops at its own step, so its result is that of a
single solve up to rounding.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import jax
from jax import lax
from jax.sharding import PartitionSpec

from jphoto.compilation import program
from jphoto.solver import programs, steps

PAIRS_AXIS = "pairs"
"""Name of the mesh axis that the pairs of a batch are sharded over."""

Function = TypeVar("Function", bound=Callable[..., Any])


class Programs(NamedTuple):
    """The functions of `programs` and `steps` that a solve calls."""

    pair_targets: Callable[..., Any]
    start_picture: Callable[..., Any]
    upsampled: Callable[..., Any]
    finished: Callable[..., Any]
    begin: Callable[..., Any]
    advance: Callable[..., Any]


def _vectorized(one: Function, common: tuple[int, ...] = ()) -> Function:
    """The function for a batch of pairs; several devices compute their own pairs each.

    On a CPU the pairs are computed one after the other: a single pair uses all cores, and gathers
    in loops take several times as long under vmap.

    Args:
      one: for a single pair, of arrays and trees of arrays. In a batch these have a first axis for
        the pairs.
      common: positions of the arguments that all pairs share; these have no such axis.
    """

    @functools.wraps(one)
    def each(*arrays: Any, **options: Any) -> Any:
        own = tuple(array for index, array in enumerate(arrays) if index not in common)
        shared = {index: arrays[index] for index in common}

        def on_device(shared: dict[int, Any], own: tuple[Any, ...]) -> Any:
            def single(own: tuple[Any, ...]) -> Any:
                rest = iter(own)
                merged = [shared[i] if i in shared else next(rest) for i in range(len(arrays))]
                return one(*merged, **options)

            def in_turn(own: tuple[Any, ...]) -> Any:
                return lax.map(single, own)

            return lax.platform_dependent(own, cpu=in_turn, default=jax.vmap(single))

        if jax.sharding.get_abstract_mesh().empty:
            return on_device(shared, own)
        # Each device loops over its own pairs, so none waits for another.
        specs, out = (PartitionSpec(), PartitionSpec(PAIRS_AXIS)), PartitionSpec(PAIRS_AXIS)
        mapped = jax.shard_map(on_device, in_specs=specs, out_specs=out, check_vma=False)
        return mapped(shared, own)

    each.__qualname__ = f"{one.__qualname__} of a batch"
    return cast(Function, each)


SINGLE = Programs(
    programs.pair_targets,
    programs.start_picture,
    programs.upsampled,
    programs.finished,
    steps.begin,
    steps.advance,
)
"""For a single pair."""

BATCHED = Programs(
    program(static=("objective",))(_vectorized(programs.pair_targets, common=(0,))),
    jax.jit(_vectorized(programs.start_picture, common=(1,)), static_argnames="start"),
    program()(_vectorized(programs.upsampled)),
    program()(_vectorized(programs.finished)),
    program(static=("optimizer", "preconditioner"))(_vectorized(steps.begin, common=(1,))),
    program(
        static=("preprocessing", "objective", "optimizer", "preconditioner"), donated=(4,)
    )(_vectorized(steps.advance, common=(0, 2, 3, 5, 6))),
)  # fmt: skip
"""For a batch: arrays have a first axis for the pairs."""
