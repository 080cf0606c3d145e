"""Many pairs solved at once by one program, whatever their sizes.

Pairs are padded to one shape, see `arrays.padding`; `plan.paddable` says which settings allow that.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from jphoto.networks.vgg import Params, with_flipped_kernels
from jphoto.objectives.targets import ContentTargets, StyleTargets
from jphoto.settings import Settings
from jphoto.solver.descent import Descent
from jphoto.solver.levels import (
    content_photos,
    content_targets_of,
    levels_of,
    style_photos,
    style_targets_of,
    targets_of,
)
from jphoto.solver.pairs import Pair, Shape
from jphoto.solver.single import Solution, blended
from jphoto.solver.vectorized import BATCHED, PAIRS_AXIS


def solve_batch(
    pairs: Sequence[Pair],
    shape: Shape,
    params: Params,
    preprocessing: str,
    settings: Settings,
    content_targets: Sequence[Sequence[ContentTargets]] | None = None,
    style_targets: Sequence[Sequence[StyleTargets]] | None = None,
    devices: Sequence[jax.Device] = (),
    keep_going: Callable[[], bool] = lambda: True,
) -> list[Solution]:
    """The picture of every pair, as `single.solve` finds it up to rounding.

    Args:
      pairs: photos and masks, as the arrays hold them, see `pairs.transposed`; all must have the
        same number of levels, see `steps_per_level`.
      shape: of the arrays; every pair must fit into it.
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      settings: as in `single.solve`.
      content_targets: of each pair's content photo, if known, from `content_targets_of`.
      style_targets: of each pair's style photo, if known, from `style_targets_of`.
      devices: to shard the pairs over, an equal number on each; by default jax's default device.
      keep_going: called after every chunk of steps; returning False stops all pairs.

    Returns: a solution for each pair, in order; its seconds are an equal share of the batch's.
    """
    network = with_flipped_kernels(params), preprocessing, settings
    descent = Descent(BATCHED, *network, lambda _: keep_going())
    with descent.timed("prepare"):
        photos = [content_photos(pair, settings, shape) for pair in pairs]
        if content_targets is None:
            content_targets = [[*content_targets_of(sizes, *network)] for sizes in photos]
        if style_targets is None:
            styles = [style_photos(pair, settings, shape) for pair in pairs]
            style_targets = [[*style_targets_of(sizes, *network)] for sizes in styles]
    with contextlib.ExitStack() as stack:
        sharding = None
        if len(devices) > 1:
            mesh = jax.make_mesh((len(devices),), (PAIRS_AXIS,), (AxisType.Auto,), devices=devices)
            stack.enter_context(jax.set_mesh(mesh))
            descent.params = jax.device_put(descent.params, NamedSharding(mesh, PartitionSpec()))
            sharding = NamedSharding(mesh, PartitionSpec(PAIRS_AXIS))
        of_pairs: Any = photos, content_targets, style_targets
        together, *known = (_at_each_size(sizes, sharding) for sizes in of_pairs)
        targets = targets_of(BATCHED, together, descent.params, settings, *known)
        pictures = np.asarray(descent.run(levels_of(pairs, together, settings), targets))
    seconds = {phase: spent / len(pairs) for phase, spent in descent.seconds.items()}
    return [
        Solution(blended(pair, picture, settings), tuple(steps), status, seconds)
        for pair, picture, steps, status in zip(
            pairs, pictures, descent.steps, descent.statuses, strict=True
        )
    ]


def _at_each_size(of_pairs: Sequence[Sequence[Any]], sharding: NamedSharding | None) -> list[Any]:
    """What each pair has at each size, stacked along a new first axis.

    Args:
      of_pairs: trees of arrays at each size, of each pair.
      sharding: of the first axis over devices; None on one device.
    """
    return [jax.device_put(_stacked(size), sharding) for size in zip(*of_pairs, strict=True)]


@jax.jit
def _stacked(trees: Sequence[Any]) -> Any:
    """Trees of arrays, stacked along a new first axis."""
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *trees)
