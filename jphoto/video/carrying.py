"""Carrying the affine maps of key frames to the frames between them.

Between two key frames, each place takes its map from both: from where that place is in each, by
how much of the same is seen there, and more from the one nearer in time. The exposure of a frame
is taken out of the choice of the map and put back into its result.

Source: Bonneel, Sunkavalli, Paris, Pfister 2013, "Example-Based Video Color Grading", for color
transforms that are found at some frames and interpolated in time.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float32

from jphoto.matting.bilateral_grid import Grid, exposed
from jphoto.video.following import Followed, Follower, interpolated
from jphoto.video.motion import FrameMotion

LEAST_WEIGHT = 1e-3
"""Of a key frame where nothing of it is seen: it counts where nothing of the other is seen, too."""
WEIGHT_SIGMA = 1.0
"""Standard deviation in cells of the smoothing of agreement."""
OWN_WEIGHT = 0.03
"""Of a key frame's own maps beside those that agree with them, see `reconciled`."""
RECONCILING_STEPS = 60
"""Of Jacobi's method."""
LEAST_GAIN = 1 / 32
"""Smallest gain by which lightness is divided: a frame darker than that is black."""


class Key(NamedTuple):
    """A solved key frame."""

    number: int
    """Of its frame."""
    grid: Grid
    motion: FrameMotion


class Link(NamedTuple):
    """Two consecutive key frames, each as seen from the other."""

    left: Followed
    """As seen from the right one."""
    right: Followed
    """As seen from the left one."""


class CarriedGrid(NamedTuple):
    """The maps of one frame, as `apply_grid` takes them."""

    grid: Grid
    gain: float
    offset: float


def carried_grids(
    frames: Sequence[FrameMotion], first: int, left: Key | None, right: Key | None
) -> Iterator[CarriedGrid]:
    """The grids of consecutive frames between two key frames.

    Args:
      frames: the motion of these frames and, if there is a right key frame, of all up to that.
      first: the number of the first of them. It follows the left key frame, or is that itself.
      left: the key frame before; None before the first of a shot.
      right: the key frame after; None after the last of a shot.

    Yields: the grid of each frame before the right key frame.
    """
    count = len(frames) if right is None else right.number - first
    backwards = [] if right is None else _followed_back(frames, first, right)
    follower = None if left is None else Follower(left.motion.colors)
    for index in range(count):
        frame, seen = frames[index], []
        if left is not None and follower is not None:
            same = first + index == left.number
            step = follower.start() if same else follower.step(frame.to_previous, frame.colors)
            seen.append((left, step))
        if right is not None:
            seen.append((right, backwards[index]))
        yield _mixed(first + index, seen)


def link_between(frames: Sequence[FrameMotion]) -> Link:
    """How two consecutive key frames see each other.

    Args:
      frames: the motion of both and of all frames between.
    """
    forwards, backwards = Follower(frames[0].colors), Follower(frames[-1].colors)
    left, right = forwards.start(), backwards.start()
    for frame in frames[1:]:
        left = forwards.step(frame.to_previous, frame.colors)
    for frame, before in itertools.pairwise(frames[::-1]):
        right = backwards.step(frame.from_previous, before.colors)
    return Link(left, right)


def reconciled(grids: Sequence[Grid], links: Sequence[Link]) -> list[Grid]:
    """The maps of a shot's key frames, made alike where two of them see the same.

    A descent paints the texture of the style anew in each key frame. Each place gets the mean of
    what it got in all key frames in which it is seen, by Jacobi's method.

    Args:
      grids: of the key frames, in order.
      links: between consecutive ones.
    """
    neighbors = [
        (target, source, seen, _smooth(seen.agreement)[..., None, None])
        for index, link in enumerate(links)
        for target, source, seen in (
            (index + 1, index, link.left),
            (index, index + 1, link.right),
        )
    ]
    weights = [np.full((*grid.shape[:2], 1, 1), OWN_WEIGHT, np.float32) for grid in grids]
    for target, _, _, weight in neighbors:
        weights[target] = weights[target] + weight
    mixed = list(grids)
    for _ in range(RECONCILING_STEPS):
        sums = [OWN_WEIGHT * grid for grid in grids]
        for target, source, seen, weight in neighbors:
            moved = exposed(_moved(mixed[source], seen), seen.gain, seen.offset)
            sums[target] = sums[target] + weight * moved
        means = [total / weight for total, weight in zip(sums, weights, strict=True)]
        # Halfway, since two key frames would only exchange their maps.
        mixed = [(old + new) / 2 for old, new in zip(mixed, means, strict=True)]
    return mixed


def _followed_back(frames: Sequence[FrameMotion], first: int, key: Key) -> list[Followed]:
    """A key frame as seen from each of the frames before it."""
    follower, seen = Follower(key.motion.colors), []
    for index in reversed(range(key.number - first)):
        seen.append(follower.step(frames[index + 1].from_previous, frames[index].colors))
    return seen[::-1]


def _mixed(number: int, seen: Sequence[tuple[Key, Followed]]) -> CarriedGrid:
    """The mix of key frames' grids, from the places where each is seen."""
    shares = _time_shares(number, [key.number for key, _ in seen])
    weights = np.stack(
        [
            share * (_smooth(followed.agreement) + LEAST_WEIGHT)
            for share, (_, followed) in zip(shares, seen, strict=True)
        ]
    )
    weights /= weights.sum(0)
    grids = [
        exposed(_moved(key.grid, followed), followed.gain, followed.offset)
        for key, followed in seen
    ]
    grid = sum(weight[..., None, None] * one for weight, one in zip(weights, grids, strict=True))
    gain, offset = (
        sum(share * value for share, value in zip(shares, values, strict=True))
        for values in zip(*((f.gain, f.offset) for _, f in seen), strict=True)
    )
    return CarriedGrid(np.asarray(grid, np.float32), max(gain, LEAST_GAIN), offset)


def _time_shares(number: int, keys: Sequence[int]) -> list[float]:
    """The share of each key frame by time, which changes slowly near key frames."""
    if len(keys) == 1:
        return [1.0]
    passed = (number - keys[0]) / (keys[1] - keys[0])
    later = passed * passed * (3 - 2 * passed)
    return [1 - later, later]


def _moved(grid: Grid, followed: Followed) -> Grid:
    """The maps of a key frame where its places are in another frame."""
    flat = grid.reshape(*grid.shape[:2], -1)
    return interpolated(flat, followed.places).reshape(grid.shape)


def _smooth(agreement: Float32[np.ndarray, "gy gx"]) -> Float32[np.ndarray, "gy gx"]:
    smooth: np.ndarray = scipy.ndimage.gaussian_filter(agreement, WEIGHT_SIGMA, mode="nearest")
    return smooth
