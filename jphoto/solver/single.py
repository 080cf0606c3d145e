"""One pair solved by itself."""

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float, Float32

from jphoto import images
from jphoto.compilation import begun_in_thread, forget_pending
from jphoto.errors import JphotoError
from jphoto.matting.affine_maps import smooth_affine_maps
from jphoto.matting.lift import lift
from jphoto.networks.vgg import Params, transposed_kernels, with_flipped_kernels
from jphoto.objectives.colors import Moments
from jphoto.objectives.targets import ContentTargets, StyleTargets, Targets
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.ahead import compile_ahead
from jphoto.solver.descent import Descent
from jphoto.solver.levels import (
    Level,
    content_photos,
    content_targets_of,
    levels_of,
    style_photos,
    style_targets_of,
    targets_of,
)
from jphoto.solver.pairs import Pair, Shape, is_portrait, rows_mesh, transposed
from jphoto.solver.progress import Progress, Status, Step
from jphoto.solver.vectorized import SINGLE


class Solution(NamedTuple):
    """What a solve returns for one pair."""

    picture: Float32[np.ndarray, "h w 3"]
    """The best picture, not clipped."""
    steps: tuple[Step, ...]
    """The terms after each step."""
    status: Status
    seconds: dict[str, float]
    """Time spent by phase."""

    def transposed(self) -> "Solution":
        """The solution of the transposed pair, see `pairs.transposed`."""
        return self._replace(picture=np.ascontiguousarray(self.picture.swapaxes(0, 1)))


def solve(
    pair: Pair,
    params: Params,
    preprocessing: str,
    settings: Settings,
    progress: Callable[[Progress], bool | None] | None = None,
    shape: Shape | None = None,
    content_targets: Sequence[ContentTargets] | None = None,
    style_targets: Sequence[StyleTargets] | None = None,
    devices: Sequence[jax.Device] = (),
) -> Solution:
    """Find the picture that minimizes the objective of a pair.

    Args:
      pair: photos and masks, sRGB in [0, 1].
      params: weights of the network.
      preprocessing: of the pictures that the network was trained on, see `vgg.preprocess`.
      settings: all but those of regions, device and output; for 0 steps there is `recolor`.
      progress: called with the start and after every chunk of steps; returning False stops the
        solve.
      shape: of padded arrays, for settings that `paddable` allows, from `bucket`; by default arrays
        have the photos' sizes.
      content_targets: of the content photo as the arrays hold it, if known, from
        `content_targets_of`.
      style_targets: of the style photo, if known, from `style_targets_of`.
      devices: to shard the picture's rows over, if there are several; the height of the arrays must
        be a multiple of their number.
    """
    if shape is not None and is_portrait(pair):
        network = transposed_kernels(params), preprocessing, settings
        rest = content_targets, style_targets, devices
        watch = _transposed_watch(progress)
        return solve(transposed(pair), *network, watch, shape, *rest).transposed()
    network = with_flipped_kernels(params), preprocessing, settings
    descent = Descent(SINGLE, *network, functools.partial(_keeps_going, pair, progress))
    with contextlib.ExitStack() as stack:
        # After an early end, programs that no thread has begun to compile are given up.
        stack.callback(forget_pending)
        with descent.timed("prepare"):
            known = content_targets, style_targets
            levels, targets = _levels(descent, pair, shape, *known, devices)
            if len(devices) < 2:  # so they are computed beside the steps at smaller sizes
                targets = stack.enter_context(begun_in_thread(targets, len(levels)))
        picture = descent.run(levels, targets)
    if settings.smoothing == "bilateral":
        with descent.timed("smooth"):
            picture = smooth_affine_maps(levels[-1].photo.picture, picture)
    result = blended(pair, np.asarray(picture), settings)
    return Solution(result, tuple(descent.steps[0]), descent.statuses[0], descent.seconds)


def _levels(
    descent: Descent,
    pair: Pair,
    shape: Shape | None,
    content_targets: Sequence[ContentTargets] | None,
    style_targets: Sequence[StyleTargets] | None,
    devices: Sequence[jax.Device],
) -> tuple[list[Level], Iterator[Targets]]:
    """The sizes of a descent, and its targets at each; arguments as of `solve`."""
    settings, mesh = descent.settings, None
    network = descent.params, descent.preprocessing, settings
    if len(devices) < 2:
        compile_ahead(pair, shape, *network, content_targets, style_targets)
    styles: Iterable[StyleTargets] = style_targets or style_targets_of(
        style_photos(pair, settings, shape), *network
    )
    if len(devices) > 1:
        mesh = rows_mesh(devices)
        everywhere = NamedSharding(mesh, PartitionSpec())
        descent.params, styles = jax.device_put((descent.params, [*styles]), everywhere)
    photos = content_photos(pair, settings, shape, mesh)
    contents: Iterable[ContentTargets] = content_targets or content_targets_of(
        photos, descent.params, *network[1:]
    )
    targets = targets_of(SINGLE, photos, descent.params, settings, contents, styles)
    return levels_of([pair], photos, settings), targets


def recolor(
    pair: Pair,
    settings: Settings,
    progress: Callable[[Progress], bool | None] | None = None,
    shape: Shape | None = None,
    colors: Moments | None = None,
) -> Solution:
    """What a solve without steps returns: the color transfer, made without a network.

    Args:
      pair: photos and masks, sRGB in [0, 1].
      settings: with 0 steps.
      progress: called once, with the picture; what it returns makes no difference but for the
        status.
      shape: as in `solve`.
      colors: of the style photo's regions, if known, from `programs.style_colors`.
    """
    if shape is not None and is_portrait(pair):
        watch = _transposed_watch(progress)
        return recolor(transposed(pair), settings, watch, shape, colors).transposed()
    began = time.perf_counter()
    (content,) = content_photos(pair, settings, shape)
    if colors is None:
        (style,) = style_photos(pair, settings, shape)
        colors = programs.style_colors(*style)
    picture = programs.recoloring(content, colors)
    jax.block_until_ready(picture)
    solved = time.perf_counter()
    if settings.smoothing == "laplacian":
        picture = programs.finished(content.picture, picture, content.masks, None, content.valid)
    elif settings.smoothing == "bilateral":
        picture = smooth_affine_maps(content.picture, picture)
    result, status = blended(pair, np.asarray(picture), settings), Status.FINISHED
    ended = time.perf_counter()
    if progress is not None:

        def shown(*, quick: bool = False) -> Float32[np.ndarray, "h w 3"]:
            return result.clip(0, 1)

        report = Progress(0, 0, 0, 1.0, None, ended - began, shown)
        status = status if progress(report) is not False else Status.STOPPED
    seconds = {"prepare": 0.0, "solve": solved - began, "smooth": ended - solved}
    return Solution(result, (), status, seconds)


def _keeps_going(
    pair: Pair, progress: Callable[[Progress], bool | None] | None, descent: Descent
) -> bool:
    """Report the progress of a descent; whether to continue."""
    best = functools.partial(_best_so_far, pair, descent)
    return progress is None or progress(descent.progress(best)) is not False


def _transposed_watch(
    progress: Callable[[Progress], bool | None] | None,
) -> Callable[[Progress], bool | None] | None:
    """A callback for the progress of a transposed pair; the caller's gets its pictures as ever."""
    if progress is None:
        return None

    def watch(report: Progress) -> bool | None:
        def picture(*, quick: bool = False) -> Float32[np.ndarray, "h w 3"]:
            return np.ascontiguousarray(report.picture(quick=quick).swapaxes(0, 1))

        return progress(dataclasses.replace(report, picture=picture))

    return watch


def _best_so_far(
    pair: Pair, descent: Descent, *, quick: bool = False
) -> Float32[np.ndarray, "h w 3"]:
    """The best picture of a descent at the size of its last level.

    Args:
      pair: that is solved.
      descent: of the pair.
      quick: whether a smaller picture's change is enlarged as it is, rather than lifted.

    Raises: JphotoError, unless it waits for the caller's progress callback.
    """
    if descent.best is None:
        raise JphotoError("a picture of the progress can be made only until the callback returns")
    level, best = descent.best
    height, width = level.sizes[0]
    content, picture = (np.asarray(array)[:height, :width] for array in (level.photo.picture, best))
    if content.shape != pair.content.shape and quick:
        change = images.resize(picture - content, pair.content.shape[:2], clip=False)
        picture = pair.content + change
    elif content.shape != pair.content.shape:
        picture = lift(content, picture, pair.content)
    shown: Float32[np.ndarray, "h w 3"] = blended(pair, picture, descent.settings).clip(0, 1)
    return shown


def blended(
    pair: Pair, picture: Float[np.ndarray, "_ _ 3"], settings: Settings
) -> Float32[np.ndarray, "h w 3"]:
    """The content photo blended with a picture by `style_strength`.

    Args:
      pair: whose content photo is blended.
      picture: the size of the content photo, or in a larger padded array.
      settings: `style_strength` is read here.
    """
    height, width, _ = pair.content.shape
    # Affine fits are linear, so this blends the map of every window with the identity.
    strength = np.float32(settings.style_strength)
    return (1 - strength) * pair.content + strength * picture[:height, :width]
