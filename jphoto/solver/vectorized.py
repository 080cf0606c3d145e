"""The compiled programs of a solve, for one pair, and for many side by side.

Side by side every pair goes its own way, and ends at its own step: it gets what it gets alone, up
to rounding.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import jax
from jax import lax
from jax.sharding import PartitionSpec

from jphoto.compilation import program
from jphoto.solver import programs, steps

PAIRS = "pairs"
"""The axis of a mesh of devices that pairs are laid over."""

Function = TypeVar("Function", bound=Callable[..., Any])


class Programs(NamedTuple):
    """As `programs` and `course` have them, but for a first axis, of the pairs."""

    relate: Callable[..., Any]
    first_picture: Callable[..., Any]
    carried: Callable[..., Any]
    next_picture: Callable[..., Any]
    last_picture: Callable[..., Any]
    begin: Callable[..., Any]
    advance: Callable[..., Any]


def _mapped(one: Function, common: tuple[int, ...] = ()) -> Function:
    """The function of every pair, and each device's share of them on that device.

    On a CPU one after the other: a single pair takes all cores, and what is gathered in loops takes
    several times as long side by side.

    Args:
      one: of arrays and trees of them, whose first axis will be that of the pairs.
      common: places of its arguments that all pairs have in common.
    """

    @functools.wraps(one)
    def each(*arrays: Any, **options: Any) -> Any:
        own = tuple(array for place, array in enumerate(arrays) if place not in common)
        shared = {place: arrays[place] for place in common}

        def share(shared: dict[int, Any], own: tuple[Any, ...]) -> Any:
            def single(own: tuple[Any, ...]) -> Any:
                rest = iter(own)
                whole = [shared[p] if p in shared else next(rest) for p in range(len(arrays))]
                return one(*whole, **options)

            def in_turn(own: tuple[Any, ...]) -> Any:
                return lax.map(single, own)

            return lax.platform_dependent(own, cpu=in_turn, default=jax.vmap(single))

        if jax.sharding.get_abstract_mesh().empty:
            return share(shared, own)
        # No device waits for another: each goes through its own pairs' loops.
        places, out = (PartitionSpec(), PartitionSpec(PAIRS)), PartitionSpec(PAIRS)
        return jax.shard_map(share, in_specs=places, out_specs=out, check_vma=False)(shared, own)

    each.__qualname__ = f"{one.__qualname__} side by side"
    return cast(Function, each)


ALONE = Programs(
    programs.relate,
    programs.first_picture,
    programs.carried,
    programs.next_picture,
    programs.last_picture,
    steps.begin,
    steps.advance,
)
"""For one pair, without that axis."""

SIDE_BY_SIDE = Programs(
    program(static=("objective",))(_mapped(programs.relate, common=(0,))),
    jax.jit(_mapped(programs.first_picture, common=(1,)), static_argnames="start"),
    jax.jit(_mapped(programs.carried)),
    program()(_mapped(programs.next_picture)),
    program()(_mapped(programs.last_picture)),
    jax.jit(
        _mapped(steps.begin, common=(1,)), static_argnames=("optimizer", "preconditioner")
    ),
    program(
        static=("preprocessing", "objective", "optimizer", "preconditioner"), donated=(4,)
    )(_mapped(steps.advance, common=(0, 2, 3, 5, 6))),
)  # fmt: skip
"""For as many as that axis is long."""
