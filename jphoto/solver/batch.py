"""Solving many pairs at once: one program for all of them, whatever their sizes.

Pairs are padded to one shape, see `padding`. There is no padded form of the published objective, of
a start from noise, of bilateral smoothing.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from jphoto.networks.vgg import Params, with_turned_kernels
from jphoto.objectives.dimensionless import Look, Structure
from jphoto.settings import Settings
from jphoto.solver.descent import Descent
from jphoto.solver.levels import Level, contents_of, looks_of, structures_of, styles_of
from jphoto.solver.pairs import Pair, Shape
from jphoto.solver.plan import planned_steps, sizes_of
from jphoto.solver.single import Solution, blended
from jphoto.solver.vectorized import PAIRS, SIDE_BY_SIDE


def solve_batch(
    pairs: Sequence[Pair],
    shape: Shape,
    params: Params,
    preprocessing: str,
    settings: Settings,
    structures: Sequence[Sequence[Structure]] | None = None,
    looks: Sequence[Sequence[Look]] | None = None,
    devices: Sequence[jax.Device] = (),
    going_on: Callable[[], bool] = lambda: True,
) -> list[Solution]:
    """Every pair's picture, as `solve.solve` finds it alone.

    Args:
      pairs: photos and masks; as many sizes are solved for each, see `planned_steps`.
      shape: that they fit into.
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: as in `solve.solve`.
      structures: of each pair's content, from `structures_of`, where they are known already.
      looks: of each pair's style, from `looks_of`, likewise.
      devices: to lay the pairs over, an equal number on each; by default jax's own.
      going_on: asked after every chunk of steps; returning False stops all pairs.

    Returns: as many, in the same order; the seconds of each are its share of the batch's.
    """
    network = with_turned_kernels(params), preprocessing, settings
    descent = Descent(SIDE_BY_SIDE, *network, lambda _: going_on())
    with descent.timed("prepare"):
        contents = [contents_of(pair, settings, shape) for pair in pairs]
        if structures is None:
            structures = [structures_of(content, *network) for content in contents]
        if looks is None:
            looks = [looks_of(styles_of(pair, settings, shape), *network) for pair in pairs]
    masks = [[photo.masks for photo in content] for content in contents]
    with contextlib.ExitStack() as stack:
        spread = None
        if len(devices) > 1:
            mesh = jax.make_mesh((len(devices),), (PAIRS,), (AxisType.Auto,), devices=devices)
            stack.enter_context(jax.set_mesh(mesh))
            descent.params = jax.device_put(descent.params, NamedSharding(mesh, PartitionSpec()))
            spread = NamedSharding(mesh, PartitionSpec(PAIRS))
        levels = _levels(pairs, (structures, masks, looks), settings, spread)
        pictures = np.asarray(descent.through(levels))
    seconds = {phase: spent / len(pairs) for phase, spent in descent.seconds.items()}
    return [
        Solution(blended(pair, picture, settings), tuple(steps), status, seconds)
        for pair, picture, steps, status in zip(
            pairs, pictures, descent.steps, descent.statuses, strict=True
        )
    ]


def _levels(
    pairs: Sequence[Pair],
    taken: tuple[Sequence[Sequence[Any]], ...],
    settings: Settings,
    spread: NamedSharding | None,
) -> list[Level]:
    """The pairs side by side, size by size, and laid over devices if there are several.

    Args:
      taken: the first three fields of `Level`, of each pair at each size.
    """
    sizes = zip(*[sizes_of(pair, settings) for pair in pairs], strict=True)
    stacked = [
        [jax.device_put(_stacked(size), spread) for size in zip(*of_pairs, strict=True)]
        for of_pairs in taken
    ]
    planned = planned_steps(pairs[0], settings)
    return [
        Level(structure, masks, look, [*size], most)
        for structure, masks, look, size, most in zip(*stacked, sizes, planned, strict=True)
    ]


@jax.jit
def _stacked(trees: Sequence[Any]) -> Any:
    """Pairs side by side, in arrays with one axis more."""
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *trees)
