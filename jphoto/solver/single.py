"""One pair solved in arrays of its own."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float, Float32

from jphoto.matting.affine_maps import smooth_affine_maps
from jphoto.networks.vgg import Params, with_turned_kernels
from jphoto.objectives.dimensionless import Look, Structure
from jphoto.progress import Progress, Status, Step
from jphoto.settings import Settings
from jphoto.solver.descent import Descent
from jphoto.solver.levels import Level, contents_of, looks_of, structures_of, styles_of
from jphoto.solver.pairs import Pair, Shape, rows_mesh
from jphoto.solver.plan import planned_steps, sizes_of
from jphoto.solver.vectorized import ALONE


class Solution(NamedTuple):
    """The best picture, not clipped; the terms step by step; how it ended; seconds by phase."""

    picture: Float32[np.ndarray, "h w 3"]
    steps: tuple[Step, ...]
    status: Status
    seconds: dict[str, float]


def solve(
    pair: Pair,
    params: Params,
    preprocessing: str,
    settings: Settings,
    progress: Callable[[Progress], bool | None] | None = None,
    shape: Shape | None = None,
    structures: Sequence[Structure] | None = None,
    looks: Sequence[Look] | None = None,
    devices: Sequence[jax.Device] = (),
) -> Solution:
    """Descend from the start to the picture that has the content's edges and the style's look.

    Args:
      pair: photos and masks, sRGB in [0, 1].
      params: weights of the network.
      preprocessing: that they were trained with, see `vgg.preprocess`.
      settings: work, weights, method, start and seed are read here.
      progress: called after every chunk of steps; returning False stops the solve.
      shape: of the arrays to solve it in, for settings that `paddable` allows; by default as large
        as the photos.
      structures: of the content, from `structures_of`, where they are known already.
      looks: of the style, from `looks_of`, likewise.
      devices: to lay the rows of the picture over, if there are several; the height of the arrays
        must be a multiple of their number.
    """

    def going_on(descent: Descent) -> bool:
        return progress is None or progress(descent.progress) is not False

    network, mesh = (with_turned_kernels(params), preprocessing, settings), None
    descent = Descent(ALONE, *network, going_on)
    with descent.timed("prepare"):
        looks = looks or looks_of(styles_of(pair, settings, shape), *network)
        if len(devices) > 1:
            mesh = rows_mesh(devices)
            everywhere = NamedSharding(mesh, PartitionSpec())
            descent.params, looks = jax.device_put((descent.params, looks), everywhere)
        contents = contents_of(pair, settings, shape, mesh)
        structures = structures or structures_of(contents, descent.params, *network[1:])
    levels = [
        Level(structure, content.masks, look, [size], most)
        for structure, content, look, size, most in zip(
            structures, contents, looks, sizes_of(pair, settings), planned_steps(pair, settings),
            strict=True,
        )
    ]  # fmt: skip
    picture = descent.through(levels)
    if settings.smoothing == "bilateral":
        with descent.timed("smooth"):
            picture = smooth_affine_maps(contents[-1].picture, picture)
    result = blended(pair, np.asarray(picture), settings)
    return Solution(result, tuple(descent.steps[0]), descent.statuses[0], descent.seconds)


def blended(
    pair: Pair, picture: Float[np.ndarray, "_ _ 3"], settings: Settings
) -> Float32[np.ndarray, "h w 3"]:
    """The content, taken as far toward a picture, which may be in a larger array, as is asked."""
    height, width, _ = pair.content.shape
    # Fits are linear: this blends the maps of every window with the identity.
    strength = np.float32(settings.style_strength)
    return (1 - strength) * pair.content + strength * picture[:height, :width]
